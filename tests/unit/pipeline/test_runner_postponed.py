"""The batch runner: what waits for a service that is known to be down never counts towards the dead-letter queue."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import Postponed, Retryable
from chalicelib.pipeline import record as carried
from chalicelib.pipeline.record import read_record
from chalicelib.resilience import retry
from tests.unit.bootstrap.logs import captured
from tests.unit.pipeline.batches import Bench, mail

ONE, TWO = mail(1), mail(2)
NOW = 1_800_000_000.0
RESTING = Postponed("emailengine_resting")
FAILED = Postponed("emailengine_unavailable", attempted=True)


@pytest.fixture
def bench() -> Bench:
    return Bench(clock=lambda: NOW)


def attributes(bench: Bench) -> dict[str, str]:
    """Of the newest message in the stage's queue."""
    return bench.queues.queues["classify"][-1].attributes


def carrying(attempts: int, counted_at: float = 0.0, times: int = 1, first_at: float = NOW - 60) -> dict[str, Any]:
    """Message attributes as Lambda gives those of a postponed copy."""
    kept = {
        carried.ATTEMPTS: str(attempts),
        carried.COUNTED_AT: str(int(counted_at * 1000)),
        carried.TIMES: str(times),
        carried.FIRST_AT: str(int(first_at * 1000)),
    }
    return {name: {"stringValue": value, "dataType": "String"} for name, value in kept.items()}


def run(bench: Bench, outcome: Exception, receives: int = 1, own: dict[str, Any] | None = None) -> list[str]:
    """One invocation over one mail with this outcome; the ids that are reported."""
    bench.worker.outcomes[ONE.mail_id] = outcome
    bench.put(ONE)
    records = bench.records(receives)
    records[0]["messageAttributes"] = own or {}
    answer = bench.runner().run({"Records": records})
    assert answer is not None
    return [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]


def test_a_postponed_mail_is_acknowledged(bench: Bench) -> None:
    assert run(bench, RESTING) == []


def test_its_copy_waits_in_the_same_queue(bench: Bench) -> None:
    run(bench, RESTING)
    copies = [message for message in bench.queues.queues["classify"] if not message.receives]
    assert [(copy.body, copy.group) for copy in copies] == [(bench.queues.queues["classify"][0].body, "praxis")]


def test_a_copy_that_is_not_durable_keeps_the_mail_in_the_queue(bench: Bench) -> None:
    bench.queues.fails = lambda call: call == "repeat"
    assert run(bench, RESTING) == ["m1"]


def test_a_copy_that_is_not_durable_is_no_reason_for_quarantine(bench: Bench) -> None:
    bench.queues.fails = lambda call: call == "repeat"
    run(bench, RESTING, receives=retry.MAX_RECEIVES)
    assert bench.queues.dead["classify"] == []


def test_a_mail_without_a_group_is_copied_without_one(bench: Bench) -> None:
    """An alarm comes from SNS, which names no group."""
    bench.worker.outcomes[ONE.mail_id] = RESTING
    bench.put(ONE)
    records = bench.records()
    del records[0]["attributes"]["MessageGroupId"]
    bench.runner().run({"Records": records})
    assert bench.queues.queues["classify"][-1].group == ""


def test_the_neighbour_of_a_postponed_mail_is_handed_on(bench: Bench) -> None:
    bench.put(TWO)
    run(bench, RESTING)
    assert bench.ids("store") == [TWO.mail_id]


def test_a_batch_that_may_not_begin_is_postponed_whole(bench: Bench) -> None:
    bench.worker.begin_error = RESTING
    bench.put(ONE, TWO)
    assert bench.failed() == []
    assert bench.ids("classify") == [ONE.mail_id, TWO.mail_id] * 2


def test_without_reports_a_postponed_mail_is_no_failed_batch(bench: Bench) -> None:
    bench.report = False
    bench.worker.outcomes[ONE.mail_id] = RESTING
    bench.put(ONE)
    assert bench.run() is None


def test_the_try_does_not_count(bench: Bench) -> None:
    run(bench, RESTING, receives=3)
    assert attributes(bench)[carried.ATTEMPTS] == "2"


def test_a_postponement_long_after_the_last_try_of_the_schedule_is_no_quarantine(bench: Bench) -> None:
    run(bench, RESTING, receives=1, own=carrying(retry.MAX_RECEIVES + 5))
    assert bench.queues.dead["classify"] == []


def test_the_tries_before_it_are_carried_over(bench: Bench) -> None:
    run(bench, RESTING, receives=2, own=carrying(4))
    assert attributes(bench)[carried.ATTEMPTS] == "5"


def test_the_first_time_is_carried_over(bench: Bench) -> None:
    run(bench, RESTING, own=carrying(4, first_at=NOW - 7200))
    assert attributes(bench)[carried.FIRST_AT] == str(int((NOW - 7200) * 1000))


def test_each_postponement_of_a_message_waits_longer_than_the_one_before(bench: Bench) -> None:
    run(bench, RESTING, own=carrying(0, times=3))
    queued = bench.queues.queues["classify"][-1]
    assert queued.visible_at - queued.sent_at == pytest.approx(retry.FIRST_POSTPONEMENT * 8)
    assert attributes(bench)[carried.TIMES] == "4"


def test_a_rest_that_is_known_is_waited_for(bench: Bench) -> None:
    run(bench, Postponed("emailengine_resting", after=200))
    queued = bench.queues.queues["classify"][-1]
    assert queued.visible_at - queued.sent_at == pytest.approx(200)


def test_carried_tries_count_for_the_schedule(bench: Bench) -> None:
    run(bench, Retryable("llm_unavailable"), receives=2, own=carrying(5))
    assert bench.queues.postponed == [("classify", "m1-1", retry.SCHEDULE[6])]


def test_carried_tries_count_for_the_quarantine(bench: Bench) -> None:
    run(bench, Retryable("llm_unavailable"), receives=1, own=carrying(retry.MAX_RECEIVES - 1, first_at=NOW - 7200))
    [dead] = bench.queues.dead["classify"]
    assert dead.attributes["attempts"] == str(retry.MAX_RECEIVES)
    assert dead.attributes["first_at"].startswith("2027-01-15T06:00:00")


def test_a_failed_try_at_a_service_that_is_down_counts(bench: Bench) -> None:
    run(bench, FAILED, receives=3)
    kept = attributes(bench)
    assert (kept[carried.ATTEMPTS], kept[carried.COUNTED_AT]) == ("3", str(int(NOW * 1000)))


def test_a_failed_try_sooner_than_the_schedule_s_does_not_count(bench: Bench) -> None:
    run(bench, FAILED, own=carrying(11, counted_at=NOW - 60))
    kept = attributes(bench)
    assert (kept[carried.ATTEMPTS], kept[carried.COUNTED_AT]) == ("11", str(int((NOW - 60) * 1000)))


def test_a_failed_try_after_the_schedule_s_pause_counts(bench: Bench) -> None:
    run(bench, FAILED, own=carrying(11, counted_at=NOW - retry.SCHEDULE[10]))
    assert attributes(bench)[carried.ATTEMPTS] == "12"


def test_a_mail_that_breaks_the_service_each_time_is_given_up_when_the_schedule_ends(bench: Bench) -> None:
    last = retry.MAX_RECEIVES - 1
    assert run(bench, FAILED, own=carrying(last, counted_at=NOW - retry.SCHEDULE[last - 1])) == []
    [dead] = bench.queues.dead["classify"]
    assert dead.attributes["reason"] == "retries_exhausted:emailengine_unavailable"


@pytest.mark.parametrize("value", ["", "-1", "1e3", "٣", "9" * 40, None])
def test_an_attribute_that_is_not_ours_counts_as_absent(bench: Bench, value: str | None) -> None:
    bench.put(ONE)
    [raw] = bench.records(2)
    raw["messageAttributes"] = {carried.ATTEMPTS: {"stringValue": value}, carried.TIMES: "text"}
    assert read_record(raw).receives == 2


def test_the_attributes_of_a_dead_letter_are_not_taken_for_a_copy_s(bench: Bench) -> None:
    """StartMessageMoveTask keeps them: a redriven mail starts again."""
    bench.put(ONE)
    [raw] = bench.records(1)
    raw["messageAttributes"] = {"attempts": {"stringValue": "19"}, "first_at": {"stringValue": "2026"}}
    assert read_record(raw).receives == 1


def test_a_postponement_is_logged_with_its_code(bench: Bench) -> None:
    with captured() as lines:
        run(bench, RESTING)
    assert '"event":"postponed"' in lines.getvalue().replace('"message":"postponed"', '"event":"postponed"')
    assert '"code":"emailengine_resting"' in lines.getvalue()
