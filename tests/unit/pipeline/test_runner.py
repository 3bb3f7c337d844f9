"""The batch runner: every record is forwarded, handed back or quarantined, and nothing else."""

from __future__ import annotations

import inspect
import time

import pytest

from chalicelib.adapters.llm.anthropic import AnthropicModel
from chalicelib.core.errors import ConfigurationError, Permanent, Retryable
from chalicelib.core.messages import decode
from chalicelib.core.stages import STAGES, Stage
from chalicelib.pipeline.runner import BatchFailed
from chalicelib.resilience import retry
from tests.unit.bootstrap.logs import captured
from tests.unit.pipeline.batches import Bench, FakeWorker, clock_of, excluded, mail

ONE, TWO, THREE = mail(1), mail(2), mail(3)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_finished_mails_are_handed_on_and_none_is_reported(bench: Bench) -> None:
    bench.put(ONE, TWO)
    assert bench.failed() == []
    assert bench.ids("store") == [ONE.mail_id, TWO.mail_id]


def test_a_mail_that_ends_here_is_not_handed_on(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = None
    bench.put(ONE)
    assert bench.failed() == []
    assert bench.ids("store") == []


def test_the_note_of_an_excluded_mail_goes_to_the_ledger_s_stage(bench: Bench) -> None:
    bench.stage = "anonymize"
    bench.worker.outcomes[ONE.mail_id] = excluded(ONE)
    bench.put(ONE, TWO)
    assert bench.failed() == []
    assert bench.ids("store") == [ONE.mail_id]
    assert bench.ids("classify") == [TWO.mail_id]


def test_a_note_that_is_not_durable_keeps_its_mail_in_the_queue(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = excluded(ONE)
    bench.put(ONE, TWO)
    bench.queues.refuse = {ONE.mail_id}
    assert bench.failed() == ["m1"]


def test_the_last_stage_hands_nothing_on(bench: Bench) -> None:
    bench.stage = "notify"
    bench.put(ONE)
    assert bench.failed() == []
    assert sum(len(queue) for queue in bench.queues.queues.values()) == 1


def test_a_mail_whose_successor_is_not_durable_is_reported(bench: Bench) -> None:
    bench.put(ONE, TWO)
    bench.queues.refuse = {TWO.mail_id}
    assert bench.failed() == ["m2"]


def test_a_mail_whose_successor_is_not_durable_is_postponed_by_the_schedule(bench: Bench) -> None:
    bench.put(ONE)
    bench.queues.refuse = {ONE.mail_id}
    bench.run(receives=3)
    assert bench.queues.postponed == [("classify", "m1-1", retry.SCHEDULE[2])]


def test_a_passing_failure_is_reported(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = Retryable("llm_unavailable")
    bench.put(ONE, TWO)
    assert bench.failed() == ["m1"]


def test_a_neighbour_of_a_failure_is_handed_on(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = Retryable("llm_unavailable")
    bench.put(ONE, TWO)
    bench.run()
    assert bench.ids("store") == [TWO.mail_id]


def test_a_wait_that_was_asked_for_is_obeyed(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = Retryable("llm_unavailable", after=17)
    bench.put(ONE)
    bench.run()
    assert bench.queues.postponed == [("classify", "m1-1", 17)]


def test_a_failed_postponement_leaves_the_record_reported(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = Retryable("llm_unavailable")
    bench.queues.fails = lambda call: call == "postpone"
    bench.put(ONE)
    assert bench.failed() == ["m1"]


def test_an_unexpected_exception_is_a_passing_failure(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = ZeroDivisionError("jean@example.com")
    bench.put(ONE)
    assert bench.failed() == ["m1"]


def test_an_unexpected_exception_is_logged_by_class_and_place(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = ZeroDivisionError("jean@example.com")
    bench.put(ONE)
    with captured() as lines:
        bench.run()
    assert '"error":"ZeroDivisionError","place":"runner.py:' in lines.getvalue()


def test_an_unexpected_exception_is_logged_without_its_text(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = ZeroDivisionError("jean@example.com")
    bench.put(ONE)
    with captured() as lines:
        bench.run()
    assert "jean" not in lines.getvalue()


def test_a_broken_set_up_is_raised(bench: Bench) -> None:
    bench.worker.outcomes[TWO.mail_id] = ConfigurationError("MAILROOM_X", "is broken", "Fix it")
    bench.put(ONE, TWO)
    with pytest.raises(ConfigurationError):
        bench.run()


def test_a_broken_set_up_while_the_worker_is_made_is_raised(bench: Bench) -> None:
    bench.worker.begin_error = ConfigurationError("MAILROOM_X", "is broken", "Fix it")
    bench.put(ONE)
    with pytest.raises(ConfigurationError):
        bench.run()


def test_what_cannot_be_begun_in_time_is_handed_back(bench: Bench) -> None:
    bench.remaining_ms = clock_of(20_000, 2_999)
    bench.put(ONE, TWO, THREE)
    assert bench.failed() == ["m2", "m3"]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_mail_is_not_begun_when_its_stage_may_not_finish_it(stage: Stage) -> None:
    bench = Bench(stage=stage.name)
    bench.remaining_ms = clock_of(1000 * stage.reserve, 1000 * stage.reserve - 1)
    bench.put(ONE, TWO)
    bench.run()
    assert bench.worker.worked == [ONE.mail_id]


def test_there_is_time_for_a_whole_answer_of_an_llm_and_for_a_whole_mail() -> None:
    longest = inspect.signature(AnthropicModel).parameters["timeout"].default
    assert STAGES[1].reserve > longest
    assert STAGES[0].reserve > 25


def test_what_was_done_in_time_is_handed_on(bench: Bench) -> None:
    bench.remaining_ms = clock_of(20_000, 2_999)
    bench.put(ONE, TWO)
    bench.run()
    assert bench.ids("store") == [ONE.mail_id]


def test_a_worker_that_cannot_be_made_hands_all_back(bench: Bench) -> None:
    def broken() -> FakeWorker:
        raise OSError

    bench.make_worker = broken
    bench.put(ONE, TWO)
    assert bench.failed() == ["m1", "m2"]


def test_a_batch_that_cannot_begin_waits_by_the_schedule(bench: Bench) -> None:
    """An hour's outage of the database must not use the receives up within seconds."""
    bench.worker.begin_error = Retryable("database_unavailable")
    bench.put(ONE)
    bench.run(receives=8)
    assert bench.queues.postponed == [("classify", "m1-1", retry.SCHEDULE[7])]


def test_a_batch_that_cannot_begin_forever_names_the_cause(bench: Bench) -> None:
    bench.worker.begin_error = Retryable("database_unavailable")
    bench.put(ONE)
    bench.run(receives=retry.MAX_RECEIVES)
    [dead] = bench.queues.dead["classify"]
    assert dead.attributes["reason"] == "retries_exhausted:database_unavailable"


def test_no_record_is_worked_on_when_the_batch_cannot_begin(bench: Bench) -> None:
    bench.worker.begin_error = OSError()
    bench.put(ONE)
    bench.run()
    assert bench.worker.worked == []


def test_one_failed_record_without_reports_is_raised(bench: Bench) -> None:
    bench.report = False
    bench.worker.outcomes[ONE.mail_id] = Retryable("llm_unavailable")
    bench.put(ONE)
    with pytest.raises(BatchFailed):
        bench.run()


def test_one_failed_record_with_reports_is_answered(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = Retryable("llm_unavailable")
    bench.put(ONE)
    assert bench.failed() == ["m1"]


def test_a_batch_without_reports_is_raised(bench: Bench) -> None:
    """Lambda ignores an answer that it was not configured to read, and deletes the failed messages."""
    bench.report = False
    bench.worker.outcomes[ONE.mail_id] = Retryable("llm_unavailable")
    bench.put(ONE, TWO)
    with pytest.raises(BatchFailed):
        bench.run()


def test_success_without_reports_has_no_answer(bench: Bench) -> None:
    bench.report = False
    bench.put(ONE)
    assert bench.run() is None


def test_the_answer_has_lambda_s_form(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = Retryable("llm_unavailable")
    bench.put(ONE, TWO)
    assert bench.run() == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_an_id_is_reported_once(bench: Bench) -> None:
    bench.remaining_ms = clock_of(0)
    bench.put(*(mail(number) for number in range(1, 11)))
    failed = bench.failed()
    assert len(failed) == len(set(failed)) == 10


def test_a_slow_mail_does_not_hold_up_its_finished_neighbour(bench: Bench) -> None:
    seen: list[list[str]] = []

    def before(mail_id: str) -> None:
        if mail_id == TWO.mail_id:
            time.sleep(0.26)
        if mail_id == THREE.mail_id:
            seen.append(bench.ids("store"))

    bench.worker.before = before
    bench.put(ONE, TWO, THREE)
    bench.run()
    assert seen == [[ONE.mail_id, TWO.mail_id]]


def test_what_was_handed_on_early_is_not_handed_on_again(bench: Bench) -> None:
    bench.worker.before = lambda mail_id: time.sleep(0.26 if mail_id == ONE.mail_id else 0)
    bench.put(ONE, TWO)
    bench.run()
    assert bench.ids("store") == [ONE.mail_id, TWO.mail_id]


def test_each_account_is_a_group_of_its_own(bench: Bench) -> None:
    bench.put(ONE, mail(4, "faculty"), TWO)
    bench.run()
    groups = {decode(message.body).mail_id: message.group for message in bench.queues.queues["store"]}
    assert groups == {ONE.mail_id: "praxis", TWO.mail_id: "praxis", mail(4).mail_id: "faculty"}


def test_a_lost_message_of_the_second_account_is_the_one_reported(bench: Bench) -> None:
    other = mail(4, "faculty")
    bench.put(other, ONE, TWO)
    bench.queues.refuse = {TWO.mail_id}
    assert bench.failed() == ["m3"]


def test_the_same_batch_again_changes_nothing(bench: Bench) -> None:
    bench.put(ONE, TWO)
    event = {"Records": bench.records()}
    first, second = bench.runner().run(event), bench.runner().run(event)
    assert first == second
    assert set(bench.ids("store")) == {ONE.mail_id, TWO.mail_id}


def test_a_permanent_failure_is_acknowledged(bench: Bench) -> None:
    bench.worker.outcomes[ONE.mail_id] = Permanent("message_gone")
    bench.put(ONE)
    assert bench.failed() == []
