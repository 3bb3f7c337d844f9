"""The intake: accepted means durable."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.core.messages import Envelope, decode
from chalicelib.core.spool_keys import sealed_key
from chalicelib.intake.intake import Arrival, Intake, Status
from chalicelib.mail.sealed import EMAILENGINE, FIELDS, RAW, unseal
from tests.twins.cache import MemoryCache
from tests.twins.queues import MemoryQueues
from tests.twins.spool import MemorySpool
from tests.twins.telemetry import Telemetry

NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
ONE = Arrival("praxis", "gmail", RAW, b"Subject: one\r\n\r\nIBAN", "provider:1", "1")
TWO = Arrival("praxis", "gmail", FIELDS, b'{"body":"two"}', "provider:2", "2")
REFERENCE = Arrival("praxis", "emailengine", EMAILENGINE, b'{"id":"AAAB"}', "provider:1", "1")
OTHER = Arrival("faculty", "gmail", RAW, b"Subject: other\r\n\r\n", "provider:1", "1")


class World:
    """An intake over twins."""

    def __init__(self) -> None:
        self.spool, self.queues, self.cache = MemorySpool(), MemoryQueues(), MemoryCache()
        self.intake = Intake(self.spool, self.queues, self.cache, Telemetry(), lambda: NOW)

    def take(self, *arrivals: Arrival) -> list[str]:
        return [str(verdict.status) for verdict in self.intake.take(arrivals, "trace-1")]

    def waiting(self) -> list[Envelope]:
        messages = [decode(queued.body) for queued in self.queues.queues["anonymize"]]
        assert all(isinstance(message, Envelope) for message in messages)
        return [message for message in messages if isinstance(message, Envelope)]


@pytest.fixture
def world() -> World:
    return World()


def test_a_mail_that_is_sealed_and_queued_is_accepted(world: World) -> None:
    assert world.take(ONE) == [Status.ACCEPTED]


def test_an_accepted_mail_lies_in_the_spool_as_it_came(world: World) -> None:
    world.take(ONE)
    [(_, data)] = world.spool.objects.items()
    assert unseal(data)[1] == ONE.payload


def test_the_seal_says_what_is_in_it(world: World) -> None:
    world.take(ONE)
    header, _ = unseal(next(iter(world.spool.objects.values())))
    found = (header.kind, header.account, header.trace_id, header.provider_id, header.received_at)
    assert found == (RAW, "praxis", "trace-1", "1", "2025-03-03T09:00:00.000+00:00")


def test_an_accepted_mail_s_pointer_waits_in_the_first_queue(world: World) -> None:
    [verdict] = world.intake.take([ONE], "trace-1")
    [envelope] = world.waiting()
    assert (envelope.mail_id, envelope.trace_id) == (verdict.mail_id, "trace-1")


def test_the_pointer_names_the_sealed_object(world: World) -> None:
    world.take(ONE)
    assert world.waiting()[0].spool_key in world.spool.objects


def test_the_pointer_has_the_door_s_receipt(world: World) -> None:
    world.take(ONE)
    [receipt] = world.waiting()[0].receipts
    assert (receipt.module, receipt.action, receipt.outcome) == ("ingress", "email.receive", "accepted")


def test_the_pointer_carries_nothing_of_the_mail(world: World) -> None:
    world.take(ONE)
    assert "IBAN" not in world.queues.queues["anonymize"][0].body


def test_the_key_is_account_and_mail_id(world: World) -> None:
    [verdict] = world.intake.take([ONE], "t")
    assert list(world.spool.objects) == [sealed_key("praxis", verdict.mail_id)]


def test_the_key_holds_nothing_of_the_identity(world: World) -> None:
    world.take(Arrival("praxis", "gmail", RAW, b"x", "jean@example.com"))
    assert "jean" not in "".join(world.spool.objects)


def test_the_hint_in_redis_holds_nothing_of_the_identity(world: World) -> None:
    world.take(Arrival("praxis", "gmail", RAW, b"x", "jean@example.com"))
    assert "jean" not in "".join(world.cache.values)


def test_a_failed_put_is_try_again(world: World) -> None:
    world.spool.down = True
    assert world.take(ONE) == [Status.TRY_AGAIN]


def test_after_a_failed_put_nothing_is_sent(world: World) -> None:
    world.spool.down = True
    world.take(ONE)
    assert world.waiting() == []


def test_a_failed_send_is_try_again(world: World) -> None:
    world.queues.down = True
    assert world.take(ONE) == [Status.TRY_AGAIN]


def test_after_a_failed_send_the_repeat_is_accepted(world: World) -> None:
    world.queues.down = True
    world.take(ONE)
    world.queues.down = False
    assert world.take(ONE) == [Status.ACCEPTED]


def test_after_a_failed_put_the_repeat_is_accepted(world: World) -> None:
    world.spool.down = True
    world.take(ONE)
    world.spool.down = False
    assert world.take(ONE) == [Status.ACCEPTED]


def test_a_repeat_is_already_processed(world: World) -> None:
    world.take(ONE)
    assert world.take(ONE) == [Status.ALREADY_PROCESSED]


def test_a_repeat_is_not_sent_again(world: World) -> None:
    world.take(ONE)
    world.take(ONE)
    assert len(world.waiting()) == 1


def test_a_repeat_has_the_same_mail_id(world: World) -> None:
    assert world.intake.take([ONE], "t")[0].mail_id == world.intake.take([ONE], "t")[0].mail_id


def test_the_same_mail_twice_in_a_push_is_accepted_once(world: World) -> None:
    assert world.take(ONE, ONE) == [Status.ACCEPTED, Status.ALREADY_PROCESSED]
    assert len(world.waiting()) == 1


def test_the_same_mail_twice_in_a_push_that_fails_is_try_again_for_both(world: World) -> None:
    world.queues.down = True
    assert world.take(ONE, ONE) == [Status.TRY_AGAIN, Status.TRY_AGAIN]


def test_the_same_identity_in_another_account_is_another_mail(world: World) -> None:
    assert world.take(ONE, OTHER) == [Status.ACCEPTED, Status.ACCEPTED]


def test_without_redis_a_repeat_goes_through_again(world: World) -> None:
    world.cache.down = True
    assert world.take(ONE) + world.take(ONE) == [Status.ACCEPTED, Status.ACCEPTED]


def test_without_redis_a_repeat_overwrites_itself(world: World) -> None:
    world.cache.down = True
    world.take(ONE)
    world.take(ONE)
    assert len(world.spool.objects) == 1
    assert len({envelope.mail_id for envelope in world.waiting()}) == 1


def test_verdicts_are_in_the_order_of_the_arrivals(world: World) -> None:
    world.take(TWO)
    world.queues.refuse = {'"account":"faculty"'}
    assert world.take(OTHER, TWO, ONE) == [Status.TRY_AGAIN, Status.ALREADY_PROCESSED, Status.ACCEPTED]


def test_each_account_is_a_group_of_its_own(world: World) -> None:
    world.take(ONE, OTHER)
    assert [queued.group for queued in world.queues.queues["anonymize"]] == ["faculty", "praxis"]


def test_one_lost_pointer_leaves_the_others_accepted(world: World) -> None:
    lost = world.intake.take([TWO], "t")[0].mail_id
    world = World()
    world.queues.refuse = {lost}
    assert world.take(ONE, TWO) == [Status.ACCEPTED, Status.TRY_AGAIN]


def test_nothing_is_taken_from_nothing(world: World) -> None:
    assert world.take() == []


def kinds(world: World) -> list[str]:
    return [unseal(data)[0].kind for data in world.spool.objects.values()]


def test_a_reference_never_takes_the_place_of_the_mail_itself(world: World) -> None:
    world.take(ONE)
    world.cache.values.clear()  # Redis forgot that the mail was seen
    assert world.take(REFERENCE) == [Status.ACCEPTED]
    assert kinds(world) == [RAW]
    assert len(world.waiting()) == 2


def test_the_mail_itself_takes_the_place_of_a_reference(world: World) -> None:
    world.take(REFERENCE)
    world.cache.values.clear()
    world.take(ONE)
    assert kinds(world) == [RAW]
