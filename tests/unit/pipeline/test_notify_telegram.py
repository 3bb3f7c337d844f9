"""The notify stage over Telegram's stand-in: what a group goes through, and what its people read in the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.adapters.telegram.messenger import Telegram
from chalicelib.adapters.telegram.places import MemoryChatBook
from chalicelib.pipeline.notify import NotifyWorker
from chalicelib.resilience.pacing import GROUP_LIMIT, LIMIT
from chalicelib.telegram.notice import NoticeRenderer
from infra.local.standins.telegram import TelegramStandIn
from tests.twins.outbox import MemoryOutbox
from tests.twins.store import MemoryMailStore
from tests.twins.telemetry import Telemetry
from tests.unit.pipeline.batches import mail

MINUTE = 60.0


class World:
    """A group with a topic for mail; the outbox and the stand-in share one clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.stand_in = TelegramStandIn(token="1:t", chats=frozenset({"-100"}), clock=lambda: self.now)
        self.stand_in.start()
        self.messenger = Telegram(self.stand_in.url, "1:t", "-100", {"email": 2, "system": 3}, MemoryChatBook())
        self.outbox = MemoryOutbox(lambda: self.now)
        self.telemetry = Telemetry()
        store = MemoryMailStore(self.outbox)
        self.worker = NotifyWorker(
            self.outbox, store, self.messenger, lambda: True, NoticeRenderer("en"), self.telemetry
        )
        self.added = 0
        self.sends: list[float] = []

    def add(self, count: int, subject: str = "mail {n}") -> None:
        for _ in range(count):
            self.added += 1
            envelope = mail(self.added)
            fields = {"account": "praxis", "category": "other", "subject": subject.format(n=self.added)}
            self.outbox.add(envelope.mail_id, "email", envelope.mail_id, 1, fields | {"sender": "<PERSON_1>"})

    def run(self, seconds: float, every: float = MINUTE) -> None:
        """The sweep, so often."""
        end = self.now + seconds
        while self.now < end:
            self.now += every
            if self.worker.drain():
                self.sends.append(self.now)

    def settle(self, **settings: Any) -> None:
        self.stand_in.chats.settle(settings)

    def read(self) -> list[str]:
        """The subjects that arrived, in order."""
        blocks = (block for message in self.stand_in.messages for block in message["text"].split("\n\n")[1:])
        return [block.splitlines()[1] for block in blocks]

    def close(self) -> None:
        self.messenger.close()
        self.stand_in.stop()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def expected(count: int) -> list[str]:
    return [f"mail {number}" for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("fault", "healed"), [({"kicked": True}, {"kicked": False}), ({"may_write": False}, {"may_write": True})]
)
@pytest.mark.parametrize("hours", [2, 3])
def test_hours_without_the_right_to_write_cost_no_notice_its_text(
    world: World, fault: dict[str, bool], healed: dict[str, bool], hours: int
) -> None:
    world.settle(**fault)
    world.add(100)
    world.run(hours * 60 * MINUTE)
    assert len(world.stand_in.control.requests) < 10
    world.settle(**healed)
    world.run(65 * MINUTE)
    assert world.read() == expected(100)


def test_a_group_that_moves_between_two_messages_loses_none(world: World) -> None:
    world.add(40)
    world.run(6, every=6)
    world.settle(moved={"-100": -1009})
    world.add(40)
    world.run(10 * MINUTE)
    assert world.read() == expected(80)
    assert [message["chat_id"] for message in world.stand_in.messages] == ["-100", "-1009"]


def test_a_dead_topic_holds_up_no_notice_and_is_an_operator_s_matter(world: World) -> None:
    world.settle(deleted=[2])
    world.add(60)
    world.run(5 * MINUTE)
    assert world.read() == expected(60)
    assert ("NotifyStuck", 1, {"stage": "notify"}) in world.telemetry.counts


def test_a_command_in_any_subject_cannot_be_touched(world: World) -> None:
    world.add(40, "\U0001f600 /pause please, Devis (/vip) facture.zip bit.ly/x {n}")
    world.run(5 * MINUTE)
    assert [message["active"] for message in world.stand_in.messages] == [[]]


def test_a_burst_of_notices_never_meets_the_group_s_limit_and_leaves_room(world: World) -> None:
    world.add(40 * 40)
    world.run(5 * MINUTE, every=0.5)
    assert world.read()[:600] == expected(600)
    assert all(name != "notify_failed" for name, _ in world.telemetry.lines)
    busiest = max(len([at for at in world.sends if start <= at < start + MINUTE]) for start in world.sends)
    assert 10 <= busiest <= LIMIT < GROUP_LIMIT


def test_a_wait_of_two_hours_is_kept_and_nothing_asked_meanwhile(world: World) -> None:
    body = '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7200}}'
    world.stand_in.fail(status=429, body=body)
    world.add(3)
    world.run(119 * MINUTE)
    assert (len(world.stand_in.control.requests), world.read()) == (1, [])
    world.run(3 * MINUTE)
    assert world.read() == expected(3)


def test_an_answer_that_was_lost_leads_to_one_marked_repeat(world: World) -> None:
    world.stand_in.fail(reset=True, after=True)
    world.add(3)
    world.run(3 * MINUTE)
    heads = [message["text"].splitlines()[0] for message in world.stand_in.messages]
    assert heads == ["3 new mails", "3 new mails · may be a repeat"]
