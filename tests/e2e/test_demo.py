"""The main job with the demo's mails: in through either endpoint, then anonymized, classified, stored and notified."""

from __future__ import annotations

from collections import Counter

from chalicelib.core.stages import stage
from infra.cloudformation.deploy import client, stack_resource
from infra.local.rehearsal import telegram
from infra.local.watch import lying
from tests.e2e.conftest import Rehearsal
from tests.e2e.world import World, reason


def test_every_sample_meets_the_end_that_it_must(rehearsal: Rehearsal) -> None:
    assert rehearsal.differences == []


def test_nothing_is_lost(rehearsal: Rehearsal) -> None:
    assert rehearsal.balance.lost == 0


def test_the_ledger_balances(rehearsal: Rehearsal) -> None:
    assert rehearsal.balance.balanced


def test_no_seeded_datum_is_seen_anywhere(rehearsal: Rehearsal) -> None:
    assert rehearsal.leaks == []


def test_there_were_enough_mails_and_seeds_to_tell(rehearsal: Rehearsal) -> None:
    assert rehearsal.balance.stored >= 40
    assert sum(len(sample.secrets) for sample in rehearsal.samples) >= 40


def test_a_mail_is_notified_within_thirty_seconds(rehearsal: Rehearsal) -> None:
    assert 0 < rehearsal.balance.percentile(0.5) <= rehearsal.balance.percentile(0.95) < 30


def test_each_stored_mail_is_notified_exactly_once(rehearsal: Rehearsal, world: World) -> None:
    stored = {fate.mail_id for fate in rehearsal.fates if fate.state == "stored"}
    expected = Counter(notice for owner, notice in world.notices().items() if owner in stored)
    reported = Counter(block for block in world.notice_texts() if block in expected)
    assert (reported, reported.total()) == (expected, len(stored))


def test_many_mails_share_a_message(rehearsal: Rehearsal, world: World) -> None:
    assert len(telegram(world.info)) < rehearsal.balance.stored


def test_a_stored_mail_has_a_receipt_of_every_stage(rehearsal: Rehearsal, world: World) -> None:
    stored = [fate.mail_id for fate in rehearsal.fates if fate.state == "stored"]
    receipts = world.rows(
        "SELECT mail_id::text, array_agg(DISTINCT module ORDER BY module) FROM core.action_receipts"
        " WHERE mail_id = ANY(%s::uuid[]) GROUP BY 1",
        stored,
    )
    every = ["anonymize", "classify", "ingress", "notify", "store"]
    assert dict(receipts) == dict.fromkeys(stored, every)


def test_the_quarantined_mail_lies_in_its_dead_letter_queue_with_its_reason(rehearsal: Rehearsal, world: World) -> None:
    gone = next(one.mail_id for one in rehearsal.sent if one.sample.name == "ee-gone")
    [message] = [held for held in lying(world.info, stage("anonymize").dead_letter_queue) if gone in held["Body"]]
    assert reason(message) == "message_gone"


def test_sealed_mail_is_encrypted_with_the_stacks_own_key(rehearsal: Rehearsal, world: World) -> None:
    spool = client("s3", world.info.aws)
    bucket, key = (stack_resource(world.info.aws, name) for name in ("Spool", "SpoolKey"))
    objects = spool.list_objects_v2(Bucket=bucket, Prefix="sealed/")["Contents"]
    heads = [spool.head_object(Bucket=bucket, Key=held["Key"]) for held in objects[:5]]
    assert [head["ServerSideEncryption"] for head in heads] == ["aws:kms"] * len(heads)
    assert all(key in head["SSEKMSKeyId"] for head in heads)
