"""The dead-letter queues when SQS misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.adapters.aws.sqs_dead_letters import SqsDeadLetterQueues
from chalicelib.core.errors import Permanent, Retryable
from infra.local.standins.control import Reply, Request
from tests.aws_at import aws_at
from tests.unit.adapters.broken import MISBEHAVIOURS, Anything

MESSAGE = {"MessageId": "1", "Body": "body", "ReceiptHandle": "handle", "Attributes": {"SentTimestamp": "1000"}}


class Sqs(Anything):
    """Says that the queue holds `held` records, gives `given` at each receive and ends a move as `move` says."""

    def __init__(self) -> None:
        super().__init__()
        self.held = 1
        self.given: list[dict[str, Any]] = []
        self.move = Reply.of({"TaskHandle": "task"})

    def answer(self, request: Request) -> Reply:
        action = request.headers.get("x-amz-target", "").rpartition(".")[2]
        if action == "GetQueueAttributes":
            return Reply.of({"Attributes": {"ApproximateNumberOfMessages": str(self.held), "QueueArn": "arn:queue"}})
        if action == "ReceiveMessage":
            return Reply.of({"Messages": self.given})
        return self.move if action == "StartMessageMoveTask" else Reply.of({})


@pytest.fixture(scope="module")
def server() -> Iterator[Sqs]:
    with Sqs() as server:
        yield server


@pytest.fixture(scope="module")
def _dead(server: Sqs) -> Iterator[SqsDeadLetterQueues]:
    with aws_at(server.url, ["sqs"], timeout=(0.5, 0.3)) as aws:
        url = f"{server.url}/000000000000/queue"
        yield SqsDeadLetterQueues(aws.client, {"store": url}, {"store": url})


@pytest.fixture
def dead(_dead: SqsDeadLetterQueues, server: Sqs) -> SqsDeadLetterQueues:
    server.control.clear(requests=True)
    server.held, server.given, server.move = 1, [], Reply.of({"TaskHandle": "task"})
    return _dead


def actions(server: Sqs) -> list[str]:
    return [one["headers"]["x-amz-target"].rpartition(".")[2] for one in server.control.requests]


@pytest.mark.parametrize("fields", MISBEHAVIOURS.values(), ids=list(MISBEHAVIOURS))
def test_a_queue_that_cannot_be_asked_is_a_passing_failure(
    dead: SqsDeadLetterQueues, server: Sqs, fields: dict[str, Any]
) -> None:
    server.fail(times=None, **fields)
    with pytest.raises(Retryable, match="queue_unavailable"):
        dead.take("store", 10, 30)


def test_an_empty_queue_is_not_received_from(dead: SqsDeadLetterQueues, server: Sqs) -> None:
    server.held = 0
    assert dead.take("store", 10, 30).complete
    assert actions(server) == ["GetQueueAttributes"]


def test_a_queue_that_holds_messages_and_gives_none_is_asked_twice(dead: SqsDeadLetterQueues, server: Sqs) -> None:
    assert not dead.take("store", 10, 30).complete
    assert actions(server).count("ReceiveMessage") == 2


def test_a_failed_message_that_comes_twice_is_one(dead: SqsDeadLetterQueues, server: Sqs) -> None:
    server.given = [MESSAGE, MESSAGE]
    assert len(dead.take("store", 10, 30).messages) == 1


@pytest.mark.parametrize("lacking", ["MessageId", "Body", "ReceiptHandle"])
def test_a_failed_message_without_what_every_message_has_is_a_passing_failure(
    dead: SqsDeadLetterQueues, server: Sqs, lacking: str
) -> None:
    server.given = [{name: value for name, value in MESSAGE.items() if name != lacking}]
    with pytest.raises(Retryable, match="queue_unavailable"):
        dead.take("store", 10, 30)


def test_a_move_names_its_destination(dead: SqsDeadLetterQueues, server: Sqs) -> None:
    dead.move("store")
    assert json.loads(server.control.requests[-1]["body"]) == {"SourceArn": "arn:queue", "DestinationArn": "arn:queue"}


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InvalidAction", "move_unsupported"),
        ("com.amazonaws.sqs#UnsupportedOperation", "move_refused"),
        ("AWS.SimpleQueueService.UnsupportedOperation", "move_refused"),
    ],
)
def test_a_move_that_is_not_possible_is_reported(dead: SqsDeadLetterQueues, server: Sqs, code: str, error: str) -> None:
    body = json.dumps({"__type": code, "message": "no"}).encode()
    server.move = Reply(400, body, "application/x-amz-json-1.0")
    with pytest.raises(Permanent, match=error):
        dead.move("store")


def test_a_move_that_was_throttled_is_a_passing_failure(dead: SqsDeadLetterQueues, server: Sqs) -> None:
    body = json.dumps({"__type": "RequestThrottled", "message": "no"}).encode()
    server.move = Reply(400, body, "application/x-amz-json-1.0")
    with pytest.raises(Retryable, match="queue_unavailable"):
        dead.move("store")


def test_giving_back_ends_at_the_first_batch_that_fails(dead: SqsDeadLetterQueues, server: Sqs) -> None:
    """Each further one would only wait for a queue that does not answer."""
    server.held, server.given = 30, [MESSAGE | {"MessageId": str(number)} for number in range(30)]
    taken = dead.take("store", 30, 30).messages
    server.control.clear(requests=True)
    server.fail(times=None, status=500)
    dead.give_back(taken)
    assert actions(server).count("ChangeMessageVisibilityBatch") == 1
