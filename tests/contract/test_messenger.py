"""What every messenger does, in memory and over Telegram's stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest

from chalicelib.adapters.telegram.messenger import Telegram
from chalicelib.adapters.telegram.places import MemoryChatBook
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.message_text import MessageText
from chalicelib.ports import Messenger, Sent
from chalicelib.resilience.refusals import CHAT_REFUSED, OUTCOME_UNKNOWN
from infra.local.standins.telegram import TelegramStandIn
from tests.twins.messenger import MemoryMessenger

TOPICS = {"email": 2, "system": 3}


def send(bench: Bench, topic: str, text: str) -> Sent:
    return bench.messenger.send(topic, MessageText.inert(text))


class Bench(Protocol):
    """A messenger, what arrived, and ways to make it fail once."""

    @property
    def messenger(self) -> Messenger: ...

    def arrived(self) -> list[tuple[str, str]]:
        """(topic, text) in order."""

    def limit_rate(self, seconds: int) -> None: ...

    def refuse_chat(self) -> None: ...

    def lose_answer(self) -> None: ...

    def refuse_text(self, part: str) -> None: ...

    def break_down(self) -> None: ...


@dataclass
class MemoryBench:
    messenger: MemoryMessenger

    def arrived(self) -> list[tuple[str, str]]:
        return self.messenger.sent

    def limit_rate(self, seconds: int) -> None:
        self.messenger.failures.append(Retryable("telegram_rate_limited", after=seconds))

    def refuse_chat(self) -> None:
        self.messenger.failures.append(Retryable(CHAT_REFUSED))

    def lose_answer(self) -> None:
        self.messenger.failures.append(Retryable(OUTCOME_UNKNOWN))

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

    def refuse_chat(self) -> None:
        self.stand_in.fail(status=403)

    def lose_answer(self) -> None:
        self.stand_in.fail(reset=True, after=True)

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
        messenger = Telegram(stand_in.url, "1:secret", "-100", TOPICS, MemoryChatBook())
        yield TelegramBench(messenger, stand_in)
        messenger.close()


def test_texts_arrive_under_their_topics_in_order(bench: Bench) -> None:
    send(bench, "email", "New mail <b>&amp; _no_ markup*")
    send(bench, "system", "Alarm")
    assert bench.arrived() == [("email", "New mail <b>&amp; _no_ markup*"), ("system", "Alarm")]


def test_a_text_of_the_largest_size_arrives_whole(bench: Bench) -> None:
    send(bench, "email", "\U0001f4e8" * 4096)
    assert bench.arrived() == [("email", "\U0001f4e8" * 4096)]


def test_a_longer_text_is_cut_and_marked(bench: Bench) -> None:
    send(bench, "email", "x" * 5000)
    assert bench.arrived() == [("email", "x" * 4095 + "…")]


def test_no_character_is_cut_in_half(bench: Bench) -> None:
    send(bench, "email", "\U0001f4e8" * 4097)
    assert bench.arrived() == [("email", "\U0001f4e8" * 4095 + "…")]


def test_what_arrived_is_known_by_its_message(bench: Bench) -> None:
    first, second = send(bench, "email", "one"), send(bench, "email", "two")
    assert (second.message_id, second.chat) == (first.message_id + 1, "-100")


def test_a_lone_surrogate_does_not_stop_a_text(bench: Bench) -> None:
    send(bench, "email", "odd \ud83d text")
    assert bench.arrived() == [("email", "odd ? text")]


def test_a_rate_limit_is_passing_and_says_how_long(bench: Bench) -> None:
    bench.limit_rate(17)
    with pytest.raises(Retryable, match="telegram_rate_limited") as caught:
        send(bench, "email", "text")
    assert caught.value.after == 17


def test_a_wait_of_hours_is_named_to_its_end(bench: Bench) -> None:
    bench.limit_rate(7200)
    with pytest.raises(Retryable, match="telegram_rate_limited") as caught:
        send(bench, "email", "text")
    assert caught.value.after == 7200


def test_a_chat_that_refuses_is_no_fault_of_the_text(bench: Bench) -> None:
    bench.refuse_chat()
    with pytest.raises(Retryable, match=CHAT_REFUSED):
        send(bench, "email", "text")


def test_an_answer_that_was_lost_leaves_the_outcome_unknown(bench: Bench) -> None:
    bench.lose_answer()
    with pytest.raises(Retryable, match=OUTCOME_UNKNOWN):
        send(bench, "email", "text")


def test_a_text_that_is_refused_is_refused_each_time(bench: Bench) -> None:
    bench.refuse_text("poison")
    for _ in range(2):
        with pytest.raises(Permanent, match="telegram_refused"):
            send(bench, "email", "some poison here")


def test_a_refused_text_stops_no_other(bench: Bench) -> None:
    bench.refuse_text("poison")
    send(bench, "email", "harmless")
    assert bench.arrived() == [("email", "harmless")]


def test_a_break_down_is_passing(bench: Bench) -> None:
    bench.break_down()
    with pytest.raises(Retryable, match="telegram_unavailable"):
        send(bench, "email", "text")


def test_after_a_failure_the_next_text_arrives(bench: Bench) -> None:
    bench.break_down()
    with pytest.raises(Retryable):
        send(bench, "email", "first")
    send(bench, "email", "second")
    assert bench.arrived() == [("email", "second")]


def test_a_topic_that_only_a_rule_knows_is_sent_to_the_topic_of_mail(bench: Bench) -> None:
    send(bench, "receipts", "text")
    assert bench.arrived() == [("email", "text")]
