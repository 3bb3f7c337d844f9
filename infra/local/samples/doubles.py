"""The same mail again, within a door and across doors; and a Message-ID used again for another mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from infra.local.samples.model import STORED, Expect, MailDraft, Sample, build, raw_push

REPEATED = Expect(200, "already_processed", "stored")
"""The door knows the id: the mail that it repeats is there, nothing new enters the pipeline."""

DUPLICATE = Expect(202, "accepted", "excluded", "duplicate")
"""Only the parsed content tells: accepted under an id of its own, then excluded by the store stage."""


def samples(regular: tuple[Sample, ...], now: datetime) -> tuple[Sample, ...]:
    """Doubles of mails of the regular set, each naming its original in `of`."""
    by_name = {sample.name: sample for sample in regular}
    fields, raw = by_name["fr-appointment"], by_name["fr-invoice"]
    engine, legal = by_name["fr-lab-results"], by_name["en-legal"]
    student, peer = by_name["it-student"], by_name["en-peer-review"]
    return (
        replace(fields, name="double-fields-again", expect=REPEATED, of=fields.name),
        replace(raw, name="double-raw-again", expect=REPEATED, of=raw.name),
        _again(raw, "double-raw-other-transport", _relayed(raw.raw), REPEATED),
        _reference(legal, "double-gmail-then-emailengine", legal.gmail_id, REPEATED),
        _reference(student, "double-fields-then-source", "", DUPLICATE),
        _raw_without_id(engine, "double-emailengine-then-raw"),
        _without_id(peer, "double-fields-without-id"),
        _reused("reuse-first", "Votre colis arrive aujourd'hui", "Votre colis 111 arrive aujourd'hui.", now),
        _reused("reuse-second", "Votre colis est livré", "Votre colis 111 a été livré à Philibert Soubeyran.", now),
    )


def _again(original: Sample, name: str, raw: bytes, expect: Expect) -> Sample:
    push = raw_push(original.account, raw, original.gmail_id)
    return replace(original, name=name, raw=raw, push=push, expect=expect, of=original.name)


def _relayed(raw: bytes) -> bytes:
    """The mail after one more hop: transport headers are not content."""
    return b"Received: from mx.example by mx2.example; Mon, 3 Mar 2025 10:00:00 +0000\r\nX-Relay: yes\r\n" + raw


def _reference(original: Sample, name: str, gmail_id: str, expect: Expect) -> Sample:
    return replace(
        original, name=name, door="emailengine", form="reference", push=None, gmail_id=gmail_id, expect=expect,
        of=original.name,
    )  # fmt: skip


def _raw_without_id(original: Sample, name: str) -> Sample:
    push = raw_push(original.account, original.raw)
    return replace(
        original, name=name, door="gmail", form="raw", push=push, gmail_id="", expect=DUPLICATE, of=original.name
    )


def _without_id(original: Sample, name: str) -> Sample:
    push: dict[str, Any] = {key: value for key, value in (original.push or {}).items() if key != "id"}
    return replace(original, name=name, push=push, gmail_id="", expect=DUPLICATE, of=original.name)


def _reused(name: str, subject: str, text: str, now: datetime) -> Sample:
    """A carrier that uses one Message-ID for all its notices: two mails, both to be kept."""
    secrets = ("Philibert Soubeyran",) if "Philibert" in text else ()
    draft = MailDraft(name, "gmail raw", "personal", "fr", "Transporteur <suivi@colis.example>", subject, text, secrets)
    raw = build(draft, now - timedelta(hours=2)).replace(draft.message_id.encode(), b"<suivi@colis.example>")
    return Sample(name, "gmail", "raw", "personal", raw, raw_push("personal", raw), "", STORED, secrets, "fr")
