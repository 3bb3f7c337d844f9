"""What every messenger does, in memory and over Telegram's stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest

from chalicelib.adapters.telegram.messenger import Telegram
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import Messenger
from infra.local.standins.telegram import TelegramStandIn
from tests.twins.messenger import MemoryMessenger

TOPICS = {"email": 2, "system": 3}


class Bench(Protocol):
    """A messenger, what arrived, and ways to make it fail once."""

    @property
    def messenger(self) -> Messenger: ...

    def arrived(self) -> list[tuple[str, str]]:
        """(topic, text) in order."""

    def limit_rate(self, seconds: int) -> None: ...

    def refuse(self) -> None: ...

    def refuse_text(self, part: str) -> None: ...

    def break_down(self) -> None: ...


@dataclass
class MemoryBench:
    messenger: MemoryMessenger

    def arrived(self) -> list[tuple[str, str]]:
        return self.messenger.sent

    def limit_rate(self, seconds: int) -> None:
        self.messenger.failures.append(Retryable("telegram_rate_limited", after=seconds))

    def refuse(self) -> None:
        self.messenger.failures.append(Permanent("telegram_refused"))

    def refuse_text(self, part: str) -> None:
        self.messenger.refuses = lambda text: part in text

    def break_down(self) -> None:
        self.messenger.failures.append(Retryable("telegram_unavailable"))


@dataclass
class TelegramBench:
    messenger: Telegram
    stand_in: TelegramStandIn

    def arrived(self) -> list[tuple[str, str]]:
        names = {thread: name for name, thread in TOPICS.items()}
        return [(names[message["message_thread_id"]], message["text"]) for message in self.stand_in.messages]

    def limit_rate(self, seconds: int) -> None:
        body = f'{{"ok":false,"error_code":429,"description":"slow","parameters":{{"retry_after":{seconds}}}}}'
        self.stand_in.fail(status=429, body=body)

    def refuse(self) -> None:
        self.stand_in.fail(status=403)

    def refuse_text(self, part: str) -> None:
        self.stand_in.refuses = part

    def break_down(self) -> None:
        self.stand_in.fail(status=502, body="html")


@pytest.fixture(params=["memory", "telegram"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield MemoryBench(MemoryMessenger(TOPICS))
        return
    with TelegramStandIn(token="1:secret", chats=frozenset({"-100"}), limits=False) as stand_in:
        messenger = Telegram(stand_in.url, "1:secret", "-100", TOPICS)
        yield TelegramBench(messenger, stand_in)
        messenger.close()


def test_texts_arrive_under_their_topics_in_order(bench: Bench) -> None:
    bench.messenger.send("email", "New mail <b>&amp; _no_ markup*")
    bench.messenger.send("system", "Alarm")
    assert bench.arrived() == [("email", "New mail <b>&amp; _no_ markup*"), ("system", "Alarm")]


def test_a_text_of_the_largest_size_arrives_whole(bench: Bench) -> None:
    bench.messenger.send("email", "\U0001f4e8" * 2048)
    assert bench.arrived() == [("email", "\U0001f4e8" * 2048)]


def test_a_longer_text_is_cut_and_marked(bench: Bench) -> None:
    bench.messenger.send("email", "x" * 5000)
    assert bench.arrived() == [("email", "x" * 4095 + "…")]


def test_no_character_is_cut_in_half(bench: Bench) -> None:
    bench.messenger.send("email", "\U0001f4e8" * 2049)
    assert bench.arrived() == [("email", "\U0001f4e8" * 2047 + "…")]


def test_a_lone_surrogate_does_not_stop_a_text(bench: Bench) -> None:
    bench.messenger.send("email", "odd \ud83d text")
    assert bench.arrived() == [("email", "odd ? text")]


def test_a_rate_limit_is_passing_and_says_how_long(bench: Bench) -> None:
    bench.limit_rate(17)
    with pytest.raises(Retryable, match="telegram_rate_limited") as caught:
        bench.messenger.send("email", "text")
    assert caught.value.after == 17


def test_a_refusal_is_permanent(bench: Bench) -> None:
    bench.refuse()
    with pytest.raises(Permanent, match="telegram_refused"):
        bench.messenger.send("email", "text")


def test_a_text_that_is_refused_is_refused_each_time(bench: Bench) -> None:
    bench.refuse_text("poison")
    for _ in range(2):
        with pytest.raises(Permanent, match="telegram_refused"):
            bench.messenger.send("email", "some poison here")


def test_a_refused_text_stops_no_other(bench: Bench) -> None:
    bench.refuse_text("poison")
    bench.messenger.send("email", "harmless")
    assert bench.arrived() == [("email", "harmless")]


def test_a_break_down_is_passing(bench: Bench) -> None:
    bench.break_down()
    with pytest.raises(Retryable, match="telegram_unavailable"):
        bench.messenger.send("email", "text")


def test_after_a_failure_the_next_text_arrives(bench: Bench) -> None:
    bench.break_down()
    with pytest.raises(Retryable):
        bench.messenger.send("email", "first")
    bench.messenger.send("email", "second")
    assert bench.arrived() == [("email", "second")]


def test_a_topic_that_only_a_rule_knows_is_told_with_the_mail(bench: Bench) -> None:
    bench.messenger.send("receipts", "text")
    assert bench.arrived() == [("email", "text")]
