"""The batch runner: giving a mail up is as durable as handing it on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.messages import Envelope, Quarantine, decode, encode
from chalicelib.resilience import retry
from tests.unit.pipeline.batches import Bench, FakeWorker, mail

ONE = mail(1)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.worker.outcomes[ONE.mail_id] = Permanent("message_gone")
    return bench


def test_the_dead_letter_is_the_message_itself(bench: Bench) -> None:
    bench.put(ONE)
    bench.run()
    assert [dead.body for dead in bench.queues.dead["classify"]] == [encode(ONE)]


def test_the_dead_letter_says_why(bench: Bench) -> None:
    bench.put(ONE)
    bench.run(receives=4)
    [dead] = bench.queues.dead["classify"]
    noted = {name: dead.attributes[name] for name in ("reason", "error", "stage", "attempts")}
    assert noted == {"reason": "message_gone", "error": "Permanent", "stage": "classify", "attempts": "4"}


class Witness(FakeWorker):
    """A worker that keeps a record of what it gave up."""

    noted: list[tuple[str, str]]
    away = False

    def given_up(self, message: Envelope, code: str) -> None:
        if self.away:
            raise Retryable("database_unavailable")
        self.noted.append((message.mail_id, code))


@pytest.mark.parametrize("away", [False, True])
def test_a_worker_with_its_own_record_is_notified_and_not_waited_for(bench: Bench, away: bool) -> None:
    bench.worker = witness = Witness(bench.worker.outcomes)
    witness.noted, witness.away = [], away
    bench.put(ONE)
    assert bench.failed() == []
    assert (witness.noted, len(bench.queues.dead["classify"])) == ([] if away else [(ONE.mail_id, "message_gone")], 1)


def test_the_dead_letter_says_when(bench: Bench) -> None:
    bench.put(ONE)
    bench.run()
    [dead] = bench.queues.dead["classify"]
    first, last = (datetime.fromisoformat(dead.attributes[name]) for name in ("first_at", "last_at"))
    assert first <= last <= datetime.now(UTC)


def test_the_ledger_is_notified(bench: Bench) -> None:
    bench.put(ONE)
    bench.run(receives=4)
    [body] = bench.bodies("store")
    note = decode(body)
    assert isinstance(note, Quarantine)
    assert (note.mail_id, note.stage, note.reason, note.attempts) == (ONE.mail_id, "classify", "message_gone", 4)


def test_the_note_goes_to_the_account_s_group(bench: Bench) -> None:
    bench.put(ONE)
    bench.run()
    assert [message.group for message in bench.queues.queues["store"]] == ["praxis"]


@pytest.mark.parametrize("broken", ["send_dead", "send store"])
def test_a_mail_that_could_not_be_given_up_is_handed_back(bench: Bench, broken: str) -> None:
    bench.queues.fails = lambda call: call == broken
    bench.put(ONE)
    assert bench.failed() == ["m1"]


def test_the_ledger_is_not_told_of_a_dead_letter_that_is_not_there(bench: Bench) -> None:
    bench.queues.fails = lambda call: call == "send_dead"
    bench.put(ONE)
    bench.run()
    assert bench.bodies("store") == []


def test_the_last_receive_quarantines_with_the_cause(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = Retryable("emailengine_unavailable")
    bench.put(ONE)
    bench.run(receives=retry.MAX_RECEIVES)
    [dead] = bench.queues.dead["classify"]
    assert dead.attributes["reason"] == "retries_exhausted:emailengine_unavailable"


def test_the_last_receive_is_acknowledged(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = Retryable("emailengine_unavailable")
    bench.put(ONE)
    assert bench.failed(receives=retry.MAX_RECEIVES) == []


def test_the_receive_before_the_last_is_still_tried_again(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = Retryable("emailengine_unavailable")
    bench.put(ONE)
    assert bench.failed(receives=retry.MAX_RECEIVES - 1) == ["m1"]


def test_a_bug_s_quarantine_names_no_text(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = KeyError("jean@example.com")
    bench.put(ONE)
    bench.run(receives=retry.MAX_RECEIVES)
    [dead] = bench.queues.dead["classify"]
    assert dead.attributes["reason"] == "retries_exhausted:unexpected"


GARBAGE = {
    "garbage": "garbage",
    "an empty object": "{}",
    "a list": "[]",
    "a NUL": '{"mail_id":"\\u0000"}',
    "a lone surrogate": encode(ONE).replace("praxis", "\\ud800"),
    "half a pair": encode(ONE).replace(ONE.mail_id, "\\udc00"),
    "deep JSON": "[" * 100_000,
    "no UTF-8 in a former life": "\ufffd\ufffd\x85",
    "a huge number": '{"v":' + "9" * 5_000 + "}",
    "a wrong type": encode(ONE).replace('"gmail"', "1"),
    "an id that is none": encode(ONE).replace(ONE.mail_id, "../../other"),
    "a note that is none": '{"quarantine":true}',
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_message_of_ours_becomes_a_dead_letter(bench: Bench, body: str) -> None:
    bench.put(body)
    assert bench.failed() == []
    [dead] = bench.queues.dead["classify"]
    assert (dead.body, dead.attributes["reason"]) == (body, "malformed_message")


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_message_of_ours_has_no_note(bench: Bench, body: str) -> None:
    bench.put(body)
    bench.run()
    assert bench.bodies("store") == []


def test_a_message_of_another_version_becomes_a_dead_letter(bench: Bench) -> None:
    bench.put(encode(ONE).replace('"v":1', '"v":2'))
    bench.run()
    [dead] = bench.queues.dead["classify"]
    assert dead.attributes["reason"] == "unknown_version"


def test_garbage_does_not_hold_up_its_neighbours(bench: Bench) -> None:
    bench.put("garbage", mail(2))
    bench.run()
    assert bench.ids("store") == [mail(2).mail_id]


def test_garbage_that_cannot_be_put_away_is_handed_back(bench: Bench) -> None:
    bench.queues.fails = lambda call: call == "send_dead"
    bench.put("garbage")
    assert bench.failed() == ["m1"]
