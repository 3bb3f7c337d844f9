"""The operator's conditions: what a look sees, and what of it is reported when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.messages import encode
from chalicelib.core.stages import STAGES
from chalicelib.operations import condition_changes as module
from chalicelib.operations import conditions as kinds
from chalicelib.operations.audit import Findings
from chalicelib.operations.condition_changes import Mark, compare
from chalicelib.operations.condition_texts import message
from chalicelib.operations.conditions import Condition, Evaluation, Snapshot, Swept, evaluate
from chalicelib.ports import FailedMessage, QueueDepth
from chalicelib.ports.dead_letter_records import DeadLetterRecord, read
from tests.contract.mails import envelope, mail_id

NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
AT = NOW.timestamp()
EVERY = 300.0
WHOLE = Findings(0, 0, 0, 0, (), (), (), (), 0, proven=True)


def record(name: str = "a", stage: str = "store", reason: str = "spool_missing", days: float = 0) -> DeadLetterRecord:
    """The record of a failed message of that many days."""
    sent = NOW - timedelta(days=days)
    return read(FailedMessage(stage, f"record-{name}", encode(envelope(name)), {"reason": reason}, sent, False, "h"))


def findings(**changes: Any) -> Findings:
    values = {name: getattr(WHOLE, name) for name in WHOLE.__slots__}
    return Findings(**values | changes)


def seen(swept: Swept | None = None, held: dict[str, int] | None = None, **breakers: str) -> Evaluation:
    depths = [QueueDepth(stage.name, 1, 2, (held or {}).get(stage.name, 3) - 3, 0, None) for stage in STAGES]
    return evaluate(Snapshot(NOW, 100, timedelta(days=5), depths, breakers, swept or Swept(WHOLE), failed=()))


def repaired(*failed: tuple[str, str], whole: bool = True) -> Evaluation:
    return evaluate(Snapshot(NOW, 100, timedelta(days=5), failed=failed, whole=whole))


def keys(found: Evaluation) -> dict[str, int]:
    return {condition.key: condition.number for condition in found.conditions}


def swept(*records: DeadLetterRecord, **more: Any) -> Swept:
    return Swept(more.pop("findings", WHOLE), records=records, **more)


def test_where_all_is_well_there_is_no_condition() -> None:
    assert seen(emailengine="closed") == Evaluation()


def test_failed_messages_are_one_condition_for_each_stage_and_reason() -> None:
    records = [record("a"), record("b"), record("c", "notify"), record("d", reason="worker_died")]
    assert keys(seen(swept(*records))) == {
        "dead:store:spool_missing": 2,
        "dead:notify:spool_missing": 1,
        "dead:store:worker_died": 1,
    }


def test_a_thousand_failed_messages_of_one_cause_are_one_condition_that_names_three() -> None:
    [condition] = seen(swept(*(record(str(number)) for number in range(1_000)))).conditions
    assert (condition.number, len(condition.ids)) == (1_000, 3)


def test_a_failed_message_without_a_mail_is_named_by_its_own_id() -> None:
    broken = read(FailedMessage("alert", "record-1", "garbage", {"reason": "malformed_alarm"}, NOW, False, "h"))
    [condition] = seen(swept(broken)).conditions
    assert (condition.key, condition.ids) == ("dead:alert:malformed_alarm", ("record-1",))


@pytest.mark.parametrize("reason", ["ada@example.com", "call 079", "tel-0791234567", "x" * 65, "a\nb"])
def test_a_reason_that_is_no_code_is_not_repeated(reason: str) -> None:
    assert keys(seen(swept(record(reason=reason)))) == {"dead:store:other": 1}


@pytest.mark.parametrize(("held", "expected"), [(100, {}), (101, {"backlog:classify": 101})])
def test_a_backlog_counts_what_waits_is_in_work_and_is_postponed(held: int, expected: dict[str, int]) -> None:
    assert keys(seen(held={"classify": held})) == expected


@pytest.mark.parametrize("state", ["open", "half_open"])
def test_a_breaker_that_is_not_closed_is_a_condition(state: str) -> None:
    assert keys(seen(llm=state, telegram="closed")) == {"breaker:llm": 1}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"missing": ("m1", "m2")}, "swept:missing"),
        ({"orphaned": ("m1", "m2")}, "swept:orphaned"),
        ({"stalled": ("m1", "m2")}, "stalled"),
    ],
)
def test_what_the_sweep_finds_is_a_condition_with_its_ids(changes: dict[str, Any], key: str) -> None:
    assert seen(swept(findings=findings(**changes))).conditions == (Condition(key, 2, ("m1", "m2")),)


def test_repairs_that_failed_are_reported_by_their_code() -> None:
    failed = [("m1", "spool_missing"), ("m2", "queue_unavailable"), ("m3", "spool_missing")]
    assert keys(repaired(*failed)) == {"swept:failed:spool_missing": 2, "swept:failed:queue_unavailable": 1}


def test_what_is_not_proven_is_a_condition() -> None:
    assert keys(seen(swept(findings=findings(proven=False)))) == {"swept:unproven": 1}


@pytest.mark.parametrize(("days", "expires"), [(9.9, False), (10, True), (13, True)])
def test_a_failed_message_of_ten_days_expires(days: float, expires: bool) -> None:
    assert ("expiring:store" in keys(seen(swept(record(days=days))))) is expires


GONE = {mail_id("a"): NOW - timedelta(days=6), mail_id("b"): NOW - timedelta(days=4)}


def test_an_old_mail_in_quarantine_without_a_failed_message_is_reported() -> None:
    assert seen(swept(quarantined=GONE)).conditions == (Condition("record_gone", 1, (mail_id("a"),)),)


@pytest.mark.parametrize("more", [{"failed_mails": {mail_id("a")}}, {"unread": {"store"}}])
def test_a_failed_message_that_is_there_or_may_be_is_not_gone(more: dict[str, Any]) -> None:
    assert keys(seen(swept(quarantined=GONE, **more))) == {}


def test_of_a_queue_that_was_not_read_whole_the_number_is_the_least() -> None:
    [condition] = seen(swept(record(), unread={"store"})).conditions
    assert condition.more
    assert "≥ 1" in message(compare({}, Evaluation((condition,)), AT), "en")


def test_causes_without_end_leave_room_for_the_other_conditions() -> None:
    records = [record(str(n), reason=f"a{'bcdefghij'[n % 9]}{'klmnopqr'[n // 9 % 8]}{n // 72}") for n in range(500)]
    found = seen(swept(*records), telegram="open")
    assert (len(found.conditions) <= kinds.MOST, "breaker:telegram" in keys(found)) == (True, True)


# What is reported when.


class Operator:
    """Evaluations one after the other; `reports` are the lists of what began and ended in each message."""

    def __init__(self) -> None:
        self.memory: dict[str, Mark] = {}
        self.now = AT
        self.reports: list[tuple[list[str], list[str]]] = []

    def evaluate(self, *conditions: str, **doubt: tuple[str, ...]) -> None:
        self.now += EVERY
        news = compare(self.memory, Evaluation(tuple(map(Condition, conditions)), **doubt), self.now)
        self.memory = module.decode(module.encode(news.memory))
        if message(news, "en"):
            self.reports.append(([condition.key for condition in news.began], list(news.ended)))


def test_a_condition_is_reported_once_when_it_begins_and_once_when_it_ends() -> None:
    operator = Operator()
    for conditions in (["stalled"], ["stalled"], ["stalled"], [], []):
        operator.evaluate(*conditions)
    assert operator.reports == [(["stalled"], []), ([], ["stalled"])]


def test_several_changes_are_one_message() -> None:
    operator = Operator()
    operator.evaluate("stalled")
    operator.evaluate("breaker:llm", "dead:store:a")
    assert operator.reports[1:] == [(["breaker:llm", "dead:store:a"], ["stalled"])]


def test_what_comes_back_is_reported_again() -> None:
    operator = Operator()
    for conditions in (["stalled"], [], ["stalled"]):
        operator.evaluate(*conditions)
    assert len(operator.reports) == 3


@pytest.mark.parametrize("key", ["backlog:store", "swept:unproven"])
def test_what_a_minute_may_end_is_reported_when_the_next_sweep_sees_it_too(key: str) -> None:
    operator = Operator()
    operator.evaluate(key)
    assert operator.reports == []
    operator.evaluate(key)
    assert operator.reports == [([key], [])]


def test_a_burst_that_is_worked_off_is_never_reported() -> None:
    operator = Operator()
    for conditions in (["backlog:store"], [], ["backlog:store"], []):
        operator.evaluate(*conditions)
    assert operator.reports == []


def test_what_could_not_be_examined_has_not_ended() -> None:
    operator = Operator()
    operator.evaluate("dead:store:a", "backlog:store", "breaker:llm")
    operator.evaluate("breaker:llm", blind=("dead:", "backlog:"))
    assert operator.reports == [(["dead:store:a", "breaker:llm"], [])]


def test_of_what_was_examined_in_part_the_end_is_reported_after_an_hour() -> None:
    operator = Operator()
    operator.evaluate("dead:store:a", "dead:notify:a")
    for _ in range(11):
        operator.evaluate("dead:notify:a", partly=("dead:store:",))
    assert len(operator.reports) == 1
    operator.evaluate("dead:notify:a", partly=("dead:store:",))
    assert operator.reports[1:] == [([], ["dead:store:a"])]


def test_without_the_evidence_of_the_sweep_queues_and_breakers_are_still_evaluated() -> None:
    depths = [QueueDepth("store", 0, 0, 101, 0, None)]
    found = evaluate(Snapshot(NOW, 100, timedelta(days=5), depths, {"llm": "open"}))
    assert keys(found) == {"breaker:llm": 1, "backlog:store": 101}
    assert not [
        key for key in ("dead:x:y:", "stalled:", "swept:failed:z:", "record_gone:") if not key.startswith(found.blind)
    ]


def test_more_than_fits_is_reported_by_the_next_message() -> None:
    operator = Operator()
    many = [f"dead:store:r{number}" for number in range(2 * module.LINES)]
    for conditions in (many, many, many, [], [], []):
        operator.evaluate(*conditions)
    assert [(len(began), len(ended)) for began, ended in operator.reports] == [(8, 0), (8, 0), (0, 8), (0, 8)]


KEYS = ("stalled", "backlog:store", "breaker:llm", "swept:unproven", *(f"dead:store:r{n}" for n in range(10)))


@given(st.lists(st.sets(st.sampled_from(KEYS)), max_size=15))
def test_whatever_comes_and_goes_each_beginning_and_each_end_is_reported_once(course: Sequence[set[str]]) -> None:
    """Beginnings and ends of a key take turns, and in the end what holds was reported and what does not has ended."""
    operator = Operator()
    for conditions in (*course, *[course[-1] if course else set()] * 3):
        operator.evaluate(*sorted(conditions))
    standing: set[str] = set()
    for began, ended in operator.reports:
        assert not standing & set(began)
        assert standing >= set(ended)
        standing = (standing | set(began)) - set(ended)
        assert max(len(began), len(ended)) <= module.LINES
    assert standing == (course[-1] if course else set())


@given(st.binary(max_size=60) | st.sampled_from([b"[]", b'{"a":1}', b'{"a":[1,2]}', b'{"a":["x",1,true]}', b"null"]))
def test_a_memory_that_is_none_is_empty(held: bytes) -> None:
    assert isinstance(module.decode(held), dict)
