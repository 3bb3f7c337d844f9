"""The sweep tells Telegram "System" what began and what ended; over twins, through the function of the app."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.messages import encode
from chalicelib.resilience.circuit import OPEN, State
from tests.app.test_dlq import Nobody, lose, run_sweep
from tests.app.world import World, installed
from tests.contract.mails import envelope, mail_id, note
from tests.unit.bootstrap.logs import captured

WHY = {"reason": "spool_missing", "error": "Permanent", "attempts": "2"}


class Watched(World):
    """A world with nothing to notify; `look` is the sweep's every fifth minute, `notified` what the operator read."""

    def __init__(self, **environment: str) -> None:
        super().__init__(**environment)
        self.container.flags.switch("notifications_enabled", False, "ann")
        self.container.__dict__["notifier"] = Nobody()

    def look(self) -> dict[str, int]:
        return run_sweep("2026-01-01T00:05:00Z")

    def bury(self, name: str = "a", stage: str = "store") -> None:
        self.queues.send_dead(stage, encode(envelope(name)), WHY)
        self.store.quarantine(note(name))

    def rest(self, name: str) -> None:
        """A breaker opens."""
        self.cache.set(f"breaker:{name}", State(OPEN, until=0, since=1).encode(), 60)

    @property
    def notified(self) -> list[str]:
        return [text for topic, text in self.messenger.sent if topic == "system"]


@pytest.fixture
def world() -> Iterator[Watched]:
    with installed(Watched()) as world:
        yield world


def test_a_failed_message_is_reported_with_its_cause_and_its_mail(world: Watched) -> None:
    world.bury()
    assert world.look()["conditions"] == 1
    [text] = world.notified
    assert "(spool_missing): 1" in text
    assert mail_id("a") in text


def test_more_failed_messages_of_the_same_cause_are_reported_once(world: Watched) -> None:
    for name in "abc":
        world.bury(name)
        world.look()
    assert len(world.notified) == 1


def test_a_thousand_failed_messages_are_one_message(world: Watched) -> None:
    for number in range(1_000):
        world.bury(str(number))
    world.look()
    assert ["(spool_missing): 1,000" in text for text in world.notified] == [True]


def test_its_end_is_reported(world: Watched) -> None:
    world.bury()
    world.look()
    world.container.desk.discard([mail_id("a")], "spam", "ann")
    world.look()
    assert [text.splitlines()[0] for text in world.notified] == ["🔴 Problem", "🟢 Resolved"]


@pytest.mark.parametrize("stage", ["offload", "deliver", "alert"])
def test_failed_messages_of_the_side_stages_are_reported_too_and_given_back(world: Watched, stage: str) -> None:
    world.queues.send_dead(stage, encode(envelope("a")), WHY)
    world.look()
    assert [f"stage {stage}, sealed mail" in text for text in world.notified] == [True]
    assert world.dead.take(stage, 10, 30).complete


def test_a_queue_with_another_reader_ends_nothing(world: Watched) -> None:
    world.bury()
    world.look()
    world.dead.take("store", 10, 3600)
    world.look()
    assert len(world.notified) == 1


def test_mail_that_was_sent_again_is_reported_and_its_end(world: Watched) -> None:
    lost = lose(world)
    world.look()
    world.look()
    assert [text.splitlines()[0] for text in world.notified] == ["🔴 Problem", "🟢 Resolved"]
    assert f"requeued: 1\n{lost}" in world.notified[0]


def test_an_open_breaker_is_reported(world: Watched) -> None:
    world.rest("llm")
    world.look()
    assert ["Language model" in text for text in world.notified] == [True]


def test_a_backlog_is_reported_when_it_stays(world: Watched) -> None:
    with installed(Watched(backlog_messages="2")) as small:
        small.queues.send("deliver", ["x", "y", "z"], "praxis")
        small.look()
        assert small.notified == []
        age(small, timedelta(minutes=5))
        small.look()
        assert ["deliver" in text for text in small.notified] == [True]


def age(world: World, by: timedelta) -> None:
    """As if what is remembered had been seen so long ago."""
    marks = json.loads(world.cache.get("conditions:reported") or b"{}")
    older = {key: [first - by.total_seconds(), last, notified] for key, (first, last, notified) in marks.items()}
    world.cache.set("conditions:reported", json.dumps(older).encode(), 60)


def test_in_the_operator_s_language(world: Watched) -> None:
    with installed(Watched(language="fr")) as french:
        french.bury()
        french.look()
        assert [text.splitlines()[0] for text in french.notified] == ["🔴 Problème"]


@pytest.mark.parametrize("error", [Retryable("telegram_unavailable"), Permanent("telegram_refused")])
def test_what_telegram_does_not_take_is_reported_by_the_next_sweep(world: Watched, error: Exception) -> None:
    world.bury()
    world.messenger.failures.append(error)
    world.look()
    assert world.notified == []
    world.look()
    assert len(world.notified) == 1


def test_without_redis_nothing_is_reported_and_the_log_says_why(world: Watched) -> None:
    world.bury()
    world.cache.down = True
    with captured() as lines:
        assert world.look()["conditions"] == 1
    [line] = [line for line in lines.records if line["message"] == "conditions_unreported"]
    assert (world.notified, line["code"]) == ([], "cache_unavailable")


def test_every_condition_is_counted_with_or_without_telegram(
    world: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    world.bury("a")
    world.bury("b")
    world.rest("llm")
    world.cache.down = True
    capsys.readouterr()
    world.look()
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counted = {
        (line["kind"], line.get("stage"), line["code"]): line["Condition"] for line in metrics if "Condition" in line
    }
    assert counted == {("dead", "store", "spool_missing"): [2.0]}


def test_without_a_database_queues_and_breakers_are_evaluated_and_nothing_is_declared_over(world: Watched) -> None:
    world.bury()
    world.look()
    world.store.down = True
    world.rest("llm")
    with pytest.raises(Retryable):
        world.look()
    assert [text.splitlines()[0] for text in world.notified] == ["🔴 Problem", "🔴 Problem"]
    assert "Language model" in world.notified[1]


class Away:
    """A notify stage whose database does not answer."""

    def enabled(self) -> bool:
        raise Retryable("database_unavailable")


def test_an_outbox_that_is_unavailable_does_not_blind_the_sweep_and_fails_it(world: Watched) -> None:
    world.container.__dict__["notifier"] = Away()
    world.rest("llm")
    with pytest.raises(Retryable):
        world.look()
    assert ["Language model" in text for text in world.notified] == [True]


def test_between_the_sweeps_nothing_is_evaluated(world: Watched) -> None:
    world.container.__dict__["notifier"] = Away()
    world.rest("llm")
    with pytest.raises(Retryable):
        run_sweep("2026-01-01T00:04:00Z")
    assert world.notified == []


def test_a_mail_in_quarantine_whose_failed_message_sqs_deleted_is_reported(world: Watched) -> None:
    world.store.quarantine(note("a"))
    world.ledger.changed[mail_id("a")] = datetime.now(UTC) - timedelta(days=15)
    world.look()
    assert [f"no longer in the DLQ: 1\n{mail_id('a')}" in text for text in world.notified] == [True]


def test_nothing_of_a_mail_is_reported_or_remembered(world: Watched) -> None:
    world.bury()
    lose(world)
    with captured() as lines:
        world.look()
    everything = " ".join([*world.notified, lines.getvalue(), str(world.cache.values.get("conditions:reported"))])
    assert not [word for word in ("PERSON", "Results", "example", "ada") if word in everything]
