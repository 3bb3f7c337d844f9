"""Alarms on their way to people."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Permanent, Postponed, Retryable
from chalicelib.operations.alert import AlertWorker, read
from chalicelib.resilience.rates import MemoryLimiter
from chalicelib.resilience.refusals import CHAT_REFUSED
from tests.twins.cache import MemoryCache
from tests.twins.messenger import MemoryMessenger

ALARM = {
    "AlarmName": "mailroom-store-dlq",
    "NewStateValue": "ALARM",
    "StateChangeTime": "2025-03-03T09:00:00.000+0000",
    "AlarmDescription": "A mail is in quarantine",
}


def body(**changes: Any) -> str:
    """As SNS wraps it."""
    return json.dumps({"Type": "Notification", "Message": json.dumps(ALARM | changes)})


class World:
    """The stage over twins."""

    def __init__(self) -> None:
        self.messenger, self.cache = MemoryMessenger(), MemoryCache()
        self.now = 1_000.0
        self.limiter = MemoryLimiter(lambda: self.now)

    def deliver(self, text: str) -> list[str]:
        worker = AlertWorker(self.messenger, self.cache, self.limiter, "en")
        worker.begin([])
        worker.process(read(text))
        return [sent for _, sent in self.messenger.sent]


@pytest.fixture
def world() -> World:
    return World()


def test_an_alarm_inside_sns_s_envelope_is_read() -> None:
    assert read(body()).name == "mailroom-store-dlq"


def test_a_bare_alarm_is_read() -> None:
    assert read(json.dumps(ALARM)) == read(body())


@pytest.mark.parametrize("name", ["StateChangeTime", "AlarmDescription"])
def test_an_alarm_without_what_is_not_needed_is_read(name: str) -> None:
    assert read(json.dumps({key: value for key, value in ALARM.items() if key != name})).state == "ALARM"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "null",
        "[]",
        "1",
        "{}",
        "[" * 100_000,
        '{"Message":"garbage"}',
        '{"Message":1}',
        '{"Message":"[]"}',
        '{"Message":"' + "[" * 50_000 + '"}',
        body(AlarmName=None),
        body(AlarmName=""),
        body(AlarmName="a b"),
        body(AlarmName=["a"]),
        body(NewStateValue="BROKEN"),
        body(NewStateValue=[]),
        body(NewStateValue=None),
    ],
)
def test_what_is_no_alarm_is_malformed(text: str) -> None:
    with pytest.raises(Permanent, match="malformed_alarm"):
        read(text)


@given(st.text())
def test_any_text_is_an_alarm_or_malformed(text: str) -> None:
    with pytest.raises(Permanent, match="malformed_alarm"):
        read(text)


def test_an_alarm_is_reported_in_the_system_topic(world: World) -> None:
    world.deliver(body())
    text = "🔴 Problem: mailroom-store-dlq\nA mail is in quarantine"
    assert world.messenger.sent == [("system", text)]


def test_an_alarm_without_description_is_reported(world: World) -> None:
    assert world.deliver(body(AlarmDescription=None)) == ["🔴 Problem: mailroom-store-dlq"]


@pytest.mark.parametrize("text", ["a\x00\u202eb", "a\ud800b"])
def test_a_description_hides_nothing(world: World, text: str) -> None:
    assert world.deliver(body(AlarmDescription=text))[0].endswith("\na b")


def test_the_same_state_change_is_reported_once(world: World) -> None:
    world.deliver(body())
    assert len(world.deliver(body())) == 1


def test_a_later_alarm_is_reported_again(world: World) -> None:
    world.deliver(body())
    assert len(world.deliver(body(StateChangeTime="2025-03-03T10:00:00.000+0000"))) == 2


def test_ok_is_reported_after_an_alarm(world: World) -> None:
    world.deliver(body())
    assert world.deliver(body(NewStateValue="OK"))[-1].startswith("🟢 Resolved: mailroom-store-dlq")


def test_ok_is_not_reported_before_any_alarm(world: World) -> None:
    assert world.deliver(body(NewStateValue="OK")) == []


def test_ok_is_reported_once_for_an_alarm(world: World) -> None:
    world.deliver(body())
    world.deliver(body(NewStateValue="OK"))
    assert len(world.deliver(body(NewStateValue="OK", StateChangeTime="later"))) == 2


def test_too_little_data_is_not_reported(world: World) -> None:
    assert world.deliver(body(NewStateValue="INSUFFICIENT_DATA")) == []


def test_without_redis_an_alarm_is_reported(world: World) -> None:
    world.cache.down = True
    assert len(world.deliver(body())) == 1


def test_an_alarm_that_could_not_be_reported_is_reported_later(world: World) -> None:
    world.messenger.failures.append(Retryable("telegram_unavailable"))
    with pytest.raises(Retryable):
        world.deliver(body())
    assert len(world.deliver(body())) == 1


def test_an_alarm_of_a_chat_that_refuses_is_postponed_and_never_a_failed_message(world: World) -> None:
    world.messenger.failures.append(Retryable(CHAT_REFUSED))
    with pytest.raises(Postponed, match=CHAT_REFUSED) as caught:
        world.deliver(body())
    assert not caught.value.attempted
    assert len(world.deliver(body())) == 1


def test_an_alarm_whose_description_is_refused_is_sent_without_it(world: World) -> None:
    world.messenger.refuses = lambda text: "poison" in text
    assert world.deliver(body(AlarmName="other", AlarmDescription="poison")) == ["🔴 Problem: other"]


def test_an_alarm_that_is_refused_for_good_is_postponed(world: World) -> None:
    world.messenger.refuses = lambda text: True
    with pytest.raises(Postponed, match="telegram_refused") as caught:
        world.deliver(body())
    assert not caught.value.attempted


def test_a_flood_of_alarms_keeps_to_its_share_and_loses_none(world: World) -> None:
    waiting = [body(AlarmName=f"alarm-{number}") for number in range(20)]
    minutes = []
    while waiting:
        before = len(world.messenger.sent)
        for _ in range(60):
            try:
                world.deliver(waiting[0])
                waiting.pop(0)
            except (Postponed, IndexError):
                pass
            world.now += 1
        minutes.append(len(world.messenger.sent) - before)
    assert (max(minutes) <= 4, len(world.messenger.sent)) == (True, 20)


def test_an_alarm_whose_turn_has_not_come_waits_as_long_as_it_must(world: World) -> None:
    for number in range(2):
        world.deliver(body(AlarmName=f"alarm-{number}"))
    with pytest.raises(Postponed, match="notify_waiting") as caught:
        world.deliver(body(AlarmName="alarm-3"))
    assert caught.value.after == pytest.approx(20)


def test_nothing_of_an_alarm_can_be_touched(world: World) -> None:
    [text] = world.deliver(body(AlarmName="evil.example", AlarmDescription="/pause"))
    assert world.messenger.spans == [((0, len(text)),)]
