"""Webhooks whose message was lost are found and sent again, once; what may be in a queue is left there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.messages import Envelope, Routing, decode, encode
from chalicelib.operations.overdue_webhooks import BY_HAND, PATIENCE, RESTS, WAITS, OverdueWebhooks
from chalicelib.resilience import retry
from tests.contract.mails import envelope, mail_id
from tests.twins.delivery import Source
from tests.twins.overdue import MemoryOpenDeliveries
from tests.twins.queues import MemoryQueues
from tests.unit.delivery.side import ORIGINAL, URL, Side


class World(Side):
    """Stored mails whose webhooks wait, and the queues; `hours` from now."""

    def __init__(self) -> None:
        super().__init__()
        self.queues, self.sending, self.hours = MemoryQueues(), True, 1.0
        self.lost = OverdueWebhooks(
            MemoryOpenDeliveries(self.store), self.queues, lambda: self.sending, lambda: self.now
        )

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(hours=self.hours)

    def stored(self, *names: str, mail: str = "b", offload: bool = False) -> None:
        """A mail with webhooks to these, of which no queue knows."""
        routing = Routing(3, ("files",), webhooks=names, offload=offload)
        self.store.store(envelope(mail, routing=routing), "Dear <PERSON_1>", ORIGINAL, [])

    def sent(self, stage: str) -> list[Envelope]:
        """Messages in a queue, without what is not asked about."""
        found = [decode(message.body) for message in self.queues.queues[stage]]
        return [message for message in found if isinstance(message, Envelope)]

    def asked(self, stage: str) -> list[tuple[str, ...]]:
        """Destinations that the messages of a queue name."""
        return [message.routing.webhooks for message in self.sent(stage) if message.routing]

    def queue(self, stage: str, times: int) -> None:
        """Messages of whatever webhook."""
        assert not self.queues.send(stage, [encode(self.mail)] * times, "practice")


@pytest.fixture
def world() -> World:
    return World()


def test_a_webhook_that_no_queue_holds_is_overdue_after_its_time(world: World) -> None:
    world.stored("desk", "shop")
    world.hours = 0
    assert world.lost.find() == 0
    world.hours = PATIENCE / retry.HOUR + 0.01
    assert world.lost.find() == 2


def test_what_a_queue_may_hold_is_not_overdue(world: World) -> None:
    world.stored("desk", "shop")
    world.queue("deliver", 1)
    assert world.lost.find() == 2
    world.queue("offload", 1)
    assert world.lost.find() == 0


def test_switched_off_webhooks_are_not_overdue(world: World) -> None:
    world.stored("desk")
    world.sending = False
    assert world.lost.find() == 0


def test_each_is_sent_as_a_message_of_its_own(world: World) -> None:
    world.stored("desk", "shop")
    assert world.lost.resend().sent == ((mail_id("b"), "desk"), (mail_id("b"), "shop"))
    assert world.asked("deliver") == [("desk",), ("shop",)]


def test_the_accounts_keep_their_turns(world: World) -> None:
    for account in ("practice", "faculty"):
        routed = envelope(account, account=account, routing=Routing(1, webhooks=("desk",)))
        world.store.store(routed, "text", ORIGINAL, [])
    world.lost.resend()
    assert sorted(message.group for message in world.queues.queues["deliver"]) == ["faculty", "practice"]


def test_what_was_sent_again_is_not_sent_twice_in_an_hour(world: World) -> None:
    world.stored("desk")
    assert len(world.lost.resend(rests=BY_HAND).sent) == 1
    world.hours += 0.9
    assert world.lost.resend(rests=BY_HAND).sent == ()
    world.hours += 0.2
    assert len(world.lost.resend(rests=BY_HAND).sent) == 1


def test_the_sweep_tries_ever_less_often_and_then_leaves_it_to_the_operator(world: World) -> None:
    world.stored("desk")
    sent = 0
    for _ in range(24 * 30):
        sent += len(world.lost.resend().sent)
        world.hours += 1
    assert (sent, len(world.lost.resend(rests=BY_HAND).sent)) == (len(RESTS) + 1, 1)


def test_no_more_than_asked_for_are_sent_at_a_time(world: World) -> None:
    for number in range(5):
        world.stored("desk", mail=str(number))
    assert [len(world.lost.resend(2).sent) for _ in range(4)] == [2, 2, 1, 0]


def test_what_the_queue_did_not_take_is_reported_and_taken_next_time(world: World) -> None:
    world.stored("desk")
    world.queues.refuse.add(mail_id("b"))
    assert world.lost.resend().failed == ((mail_id("b"), "desk"),)
    world.queues.refuse.clear()
    assert len(world.lost.resend().sent) == 1


def test_a_lost_webhook_reaches_its_receiver_once_however_often_it_is_sent(world: World) -> None:
    world.stored("desk")
    world.lost.resend()
    [message] = world.sent("deliver")
    for _ in range(3):
        world.deliverer.process(message)
    assert (len(world.receiver.got), world.lost.find()) == (1, 0)


def test_a_mail_whose_files_nobody_fetched_yet_goes_to_fetch_them_as_one_message(world: World) -> None:
    world.stored("desk", "shop", offload=True)
    assert len(world.lost.resend().sent) == 2
    assert (world.asked("offload"), world.asked("deliver")) == ([("desk", "shop")], [])


def test_a_lost_off_load_ends_with_its_file_and_its_webhook(world: World) -> None:
    world.stored("desk", mail="a-with-files", offload=True)
    world.mail = envelope("a-with-files")
    world.share(Source(b"content", "a.zip"))
    world.lost.resend()
    [message] = world.sent("offload")
    world.deliverer.process(world.offloader.process(message))
    [(_, _, body)] = world.receiver.got
    assert (world.file, URL.encode() in body, b'"status":"stored"' in body) == (b"content", True, True)


def test_a_webhook_that_was_tried_has_its_files_already(world: World) -> None:
    world.stored("desk", offload=True)
    world.store.deliveries[mail_id("b"), "desk"].attempts = 1
    world.hours = 24
    world.lost.resend()
    assert (world.asked("deliver"), world.asked("offload")) == ([("desk",)], [])


@pytest.mark.parametrize("attempts", range(retry.MAX_RECEIVES))
def test_a_message_that_waits_for_its_next_try_is_never_overdue(attempts: int) -> None:
    longest = max(retry.wait(attempts, None, 0.999), 3600.0) if attempts else retry.MAX_POSTPONEMENT
    assert WAITS[attempts] >= longest + 15 * retry.MINUTE


def test_what_no_time_is_left_for_is_due_the_next_time(world: World) -> None:
    for number in range(25):
        world.stored("desk", mail=str(number))
    left = iter([1.0, 1.0, 0.0])
    assert len(world.lost.resend(time_left=lambda: next(left)).sent) == 20
    assert len(world.lost.resend().sent) == 5


def test_a_run_that_is_killed_has_recorded_what_it_sent(world: World) -> None:
    for number in range(25):
        world.stored("desk", mail=str(number))

    class Dying(MemoryQueues):
        """The process dies with the third batch."""

        def send(self, stage: str, bodies: Sequence[str], group: str) -> frozenset[int]:
            if len(self.queues[stage]) == 20:
                raise KeyboardInterrupt
            return super().send(stage, bodies, group)

    whole, world.lost.queues = world.queues, Dying()
    with pytest.raises(KeyboardInterrupt):
        world.lost.resend()
    world.lost.queues = whole
    assert len(world.lost.resend().sent) == 5
