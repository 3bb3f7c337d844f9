"""What the dead-letter queues do, in memory and in SQS."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.adapters.aws.session import Aws
from chalicelib.adapters.aws.sqs_dead_letters import SqsDeadLetterQueues
from chalicelib.adapters.aws.sqs_queues import SqsQueues
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import DeadLetterQueues, Queues
from infra.local.servers import Emulator
from tests.aws_at import aws_at, closed_port
from tests.twins.dead_letters import MemoryDeadLetterQueues
from tests.twins.queues import MemoryQueues

STAGE_NAMES = ("anonymize", "store")
_names = itertools.count(1)


@dataclass
class Side:
    """Dead-letter queues with the queues they belong to."""

    queues: Queues
    dead: DeadLetterQueues

    def bodies(self, stage: str = "store") -> list[str]:
        """What is visible, hidden for half a minute from now on."""
        return sorted(message.body for message in self.dead.take(stage, 100, 30).messages)


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Iterator[Aws]:
    with aws_at(emulator.url, ["sqs"], secret=emulator.secret) as aws:
        yield aws


@pytest.fixture(params=["memory", "sqs"])
def side(request: pytest.FixtureRequest) -> Side:
    if request.param == "memory":
        twin = MemoryQueues(STAGE_NAMES)
        return Side(twin, MemoryDeadLetterQueues(twin))
    aws: Aws = request.getfixturevalue("aws")
    sqs, run = aws.client("sqs"), next(_names)
    urls, dead = (
        {name: sqs.create_queue(QueueName=f"messages-{run}-{name}{end}")["QueueUrl"] for name in STAGE_NAMES}
        for end in ("", "-dlq")
    )
    return Side(SqsQueues(aws.client, urls, dead), SqsDeadLetterQueues(aws.client, urls, dead))


@pytest.fixture(params=["memory", "sqs"])
def unreachable(request: pytest.FixtureRequest) -> Iterator[DeadLetterQueues]:
    if request.param == "memory":
        twin = MemoryQueues(STAGE_NAMES)
        twin.down = True
        yield MemoryDeadLetterQueues(twin)
    else:
        url = f"http://127.0.0.1:{closed_port()}"
        with aws_at(url, ["sqs"]) as aws:
            urls = {name: f"{url}/000000000000/{name}" for name in STAGE_NAMES}
            yield SqsDeadLetterQueues(aws.client, urls, urls)


def test_a_failed_message_comes_with_its_attributes_and_its_time(side: Side) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    side.queues.send_dead("store", "body", {"reason": "spool_missing", "attempts": "3"})
    [message] = side.dead.take("store", 10, 30).messages
    assert (message.stage, message.body, message.native) == ("store", "body", False)
    assert message.attributes == {"reason": "spool_missing", "attempts": "3"}
    assert before <= message.sent_at <= datetime.now(UTC) + timedelta(seconds=1)


def test_an_empty_queue_is_taken_whole(side: Side) -> None:
    inspection = side.dead.take("store", 10, 30)
    assert (inspection.messages, inspection.complete) == ((), True)


def test_more_failed_messages_than_a_receive_gives_are_all_taken(side: Side) -> None:
    for number in range(23):
        side.queues.send_dead("store", f"body {number}", {})
    inspection = side.dead.take("store", 100, 30)
    assert (len({message.id for message in inspection.messages}), inspection.complete) == (23, True)


def test_a_limit_is_kept_and_reported(side: Side) -> None:
    for number in range(13):
        side.queues.send_dead("store", f"body {number}", {})
    inspection = side.dead.take("store", 12, 30)
    assert (len(inspection.messages), inspection.complete) == (12, False)


def test_failed_messages_that_another_reader_has_make_it_incomplete(side: Side) -> None:
    side.queues.send_dead("store", "body", {})
    side.dead.take("store", 10, 30)
    inspection = side.dead.take("store", 10, 30)
    assert (inspection.messages, inspection.complete) == ((), False)


def test_failed_messages_that_were_given_back_can_be_taken_again(side: Side) -> None:
    for number in range(12):
        side.queues.send_dead("store", f"body {number}", {})
    side.dead.give_back(side.dead.take("store", 100, 30).messages)
    assert len(side.bodies()) == 12


def test_a_removed_failed_message_is_gone_and_no_other(side: Side) -> None:
    for body in ("one", "two"):
        side.queues.send_dead("store", body, {})
    messages = side.dead.take("store", 10, 30).messages
    side.dead.remove(next(message for message in messages if message.body == "one"))
    side.dead.give_back(messages)
    assert side.bodies() == ["two"]


def test_stages_have_failed_messages_of_their_own(side: Side) -> None:
    side.queues.send_dead("store", "body", {})
    assert side.bodies("anonymize") == []


@pytest.mark.parametrize("call", ["take", "move"])
def test_unreachable_failed_messages_are_a_passing_failure(unreachable: DeadLetterQueues, call: str) -> None:
    arguments: dict[str, tuple[object, ...]] = {"take": ("store", 10, 30), "move": ("store",)}
    with pytest.raises(Retryable, match="queue_unavailable"):
        getattr(unreachable, call)(*arguments[call])


def test_giving_back_to_an_unreachable_queue_is_no_error(side: Side, unreachable: DeadLetterQueues) -> None:
    side.queues.send_dead("store", "body", {})
    unreachable.give_back(side.dead.take("store", 10, 30).messages)


def test_a_removal_that_was_not_confirmed_is_a_passing_failure(side: Side, unreachable: DeadLetterQueues) -> None:
    side.queues.send_dead("store", "body", {})
    [message] = side.dead.take("store", 10, 30).messages
    with pytest.raises(Retryable, match="queue_unavailable"):
        unreachable.remove(message)


def test_a_move_takes_everything_back_into_the_stage_s_queue() -> None:
    twin = MemoryQueues(STAGE_NAMES)
    twin.send_dead("store", "body", {"reason": "spool_missing"})
    MemoryDeadLetterQueues(twin).move("store")
    assert [message.body for message in twin.queues["store"]] == ["body"]
    assert twin.dead["store"] == []


def test_a_server_that_cannot_move_says_so(side: Side) -> None:
    if isinstance(side.dead, MemoryDeadLetterQueues):
        side.dead.movable = False
    with pytest.raises(Permanent, match="move_unsupported"):  # the emulator has no StartMessageMoveTask
        side.dead.move("store")


def test_a_failed_message_that_sqs_moved_by_itself_is_native(aws: Aws) -> None:
    sqs, run = aws.client("sqs"), next(_names)
    dead = sqs.create_queue(QueueName=f"native-{run}-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    url = sqs.create_queue(QueueName=f"native-{run}", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="died")
    for _ in range(2):
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
    [message] = SqsDeadLetterQueues(aws.client, {"store": url}, {"store": dead}).take("store", 10, 30).messages
    assert (message.body, message.native, message.attributes) == ("died", True, {})


def test_without_time_nothing_is_received_and_the_queue_counts_as_unread(side: Side) -> None:
    side.queues.send_dead("store", "body", {})
    inspection = side.dead.take("store", 10, 30, lambda: 0.0)
    assert (inspection.messages, inspection.complete) == ((), False)
    assert side.bodies() == ["body"]


def test_a_queue_is_read_until_the_time_is_over(side: Side) -> None:
    for number in range(40):
        side.queues.send_dead("store", f"body {number}", {})
    left = itertools.chain([3.0, 2.0, 1.0], itertools.repeat(0.0))
    inspection = side.dead.take("store", 100, 30, lambda: next(left))
    assert (0 < len(inspection.messages) < 40, inspection.complete) == (True, False)


def test_what_no_time_is_left_to_give_back_stays_hidden_for_a_while(side: Side) -> None:
    side.queues.send_dead("store", "body", {})
    taken = side.dead.take("store", 10, 30).messages
    side.dead.give_back(taken, lambda: 0.0)
    assert side.bodies() == []
    side.dead.give_back(taken)
    assert side.bodies() == ["body"]
