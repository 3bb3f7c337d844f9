"""The demo's sample mails keep what they promise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.mail.fields import from_push
from chalicelib.mail.identity import claims
from chalicelib.mail.language import detect
from chalicelib.mail.model import Mail
from chalicelib.mail.parse import parse
from infra.local.samples import ACCOUNTS, Sample, samples

NOW = datetime(2025, 3, 4, 12, tzinfo=UTC)
ALL = samples(NOW)
BY_NAME = {sample.name: sample for sample in ALL}
TAKEN = [sample for sample in ALL if sample.expect.http < 300]


def mail_of(sample: Sample) -> Mail:
    """As the pipeline will read it."""
    return from_push(sample.push) if sample.form == "fields" and sample.push else parse(sample.raw)


def test_the_set_is_large_enough() -> None:
    assert len(TAKEN) >= 48


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(ALL)


def test_the_set_is_the_same_every_time() -> None:
    assert samples(NOW) == ALL


def test_every_account_and_both_doors_have_mail() -> None:
    assert {(sample.account, sample.door) for sample in TAKEN} == {
        (account, door) for account in ACCOUNTS for door in ("gmail", "emailengine")
    }


@pytest.mark.parametrize("sample", TAKEN, ids=lambda sample: sample.name)
def test_a_secret_is_really_in_its_mail(sample: Sample) -> None:
    mail = mail_of(sample)
    sender = f"{mail.sender.name} {mail.sender.address}" if mail.sender else ""
    shown = " ".join((mail.subject, sender, mail.full_text, *(item.filename for item in mail.attachments)))
    assert [secret for secret in sample.secrets if secret not in shown] == []


@pytest.mark.parametrize("sample", [s for s in TAKEN if s.language != "und"], ids=lambda sample: sample.name)
def test_the_language_of_a_sample_is_detected(sample: Sample) -> None:
    assert detect(mail_of(sample).text) == sample.language


@pytest.mark.parametrize("sample", [s for s in TAKEN if s.expect.reason == "duplicate"], ids=lambda sample: sample.name)
def test_a_double_is_found_by_its_claims(sample: Sample) -> None:
    original = BY_NAME[sample.of]
    identities, _ = claims(mail_of(original), original.gmail_id, "fields" if original.form == "fields" else "raw")
    _, matches = claims(mail_of(sample), sample.gmail_id, "fields" if sample.form == "fields" else "raw")
    assert set(identities) & set(matches)


def test_mails_that_are_no_doubles_have_no_common_claim() -> None:
    owners: dict[tuple[str, str], str] = {}
    for sample in TAKEN:
        if not sample.of:
            identities, _ = claims(mail_of(sample), sample.gmail_id, "fields" if sample.form == "fields" else "raw")
            for identity in identities:
                assert owners.setdefault((sample.account, identity), sample.name) == sample.name
