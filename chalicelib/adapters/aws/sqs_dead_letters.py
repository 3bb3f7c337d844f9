"""The dead-letter queues in SQS: read by receiving, given back, removed from, moved back natively."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from chalicelib.adapters.aws.session import AwsFailure, ClientFactory, ask
from chalicelib.adapters.aws.sqs_queues import COUNTS, MAX_ENTRIES, UNAVAILABLE
from chalicelib.core.clock import TimeLeft, unlimited
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import FailedMessage, Inspection

WAIT_SECONDS = 1
"""Long polling: a short poll asks only some of SQS's servers and may find nothing in a queue that holds messages."""

EMPTY_ANSWERS = 2
"""Empty answers in a row after which the rest is taken to be hidden by another reader."""

SYSTEM = ["SentTimestamp", "DeadLetterQueueSourceArn"]
MISSING_ACTION = ("InvalidAction", "UnknownOperationException", "NotImplemented")

T = TypeVar("T")


class SqsDeadLetterQueues:
    """`ports.DeadLetterQueues`. `urls` and `dead_urls` map a stage's name to its queue and dead-letter queue."""

    def __init__(self, client_factory: ClientFactory, urls: Mapping[str, str], dead_urls: Mapping[str, str]) -> None:
        self._client_factory = client_factory
        self._urls = dict(urls)
        self._dead_urls = dict(dead_urls)

    def take(self, stage: str, limit: int, seconds: int, time_left: TimeLeft = unlimited) -> Inspection:
        """Receive until the queue's number of messages or `limit` is reached, nothing more comes or time is over."""
        if time_left() <= 0:
            return Inspection((), False)
        url = self._dead_urls[stage]
        held = self._held(url)
        messages: dict[str, FailedMessage] = {}
        empty = 0
        while len(messages) < min(held, limit) and empty < EMPTY_ANSWERS and time_left() > 0:
            number = min(limit - len(messages), MAX_ENTRIES)
            answer = self._ask(
                lambda number=number: self._client.receive_message(  # type: ignore[misc]
                    QueueUrl=url,
                    MaxNumberOfMessages=number,
                    VisibilityTimeout=seconds,
                    WaitTimeSeconds=WAIT_SECONDS,
                    MessageSystemAttributeNames=SYSTEM,
                    MessageAttributeNames=["All"],
                )
            )
            found = [_failed(stage, message) for message in answer.get("Messages", [])]
            messages |= {message.id: message for message in found}
            empty = 0 if found else empty + 1
        return Inspection(tuple(messages.values()), len(messages) >= held)

    def give_back(self, messages: Iterable[FailedMessage], time_left: TimeLeft = unlimited) -> None:
        """In batches, until one fails or the time is over; the rest reappears when its visibility time-out ends."""
        by_stage: dict[str, list[FailedMessage]] = {}
        for message in messages:
            by_stage.setdefault(message.stage, []).append(message)
        for stage, group in by_stage.items():
            for start in range(0, len(group), MAX_ENTRIES):
                entries = [
                    {"Id": str(index), "ReceiptHandle": message.handle, "VisibilityTimeout": 0}
                    for index, message in enumerate(group[start : start + MAX_ENTRIES])
                ]
                if time_left() <= 0 or not self._make_visible(self._dead_urls[stage], entries):
                    return

    def _make_visible(self, url: str, entries: list[dict[str, Any]]) -> bool:
        try:
            ask(lambda: self._client.change_message_visibility_batch(QueueUrl=url, Entries=entries))
        except AwsFailure:
            return False
        return True

    def remove(self, message: FailedMessage) -> None:
        """Delete by the receipt handle. `Retryable("queue_unavailable")`."""
        url = self._dead_urls[message.stage]
        self._ask(lambda: self._client.delete_message(QueueUrl=url, ReceiptHandle=message.handle))

    def move(self, stage: str) -> None:
        """StartMessageMoveTask with a destination.

        Without one SQS moves a message back to the queue it came from. Those that the batch runner sent have none: the
        task would fail with CouldNotDetermineMessageSource.
        """
        source, target = self._arn(self._dead_urls[stage]), self._arn(self._urls[stage])
        try:
            ask(lambda: self._client.start_message_move_task(SourceArn=source, DestinationArn=target))
        except AwsFailure as failure:
            code = failure.code.rpartition(".")[2]
            if code in MISSING_ACTION:
                raise Permanent("move_unsupported") from None
            if code == "UnsupportedOperation":
                raise Permanent("move_refused") from None
            raise Retryable(UNAVAILABLE) from None

    @property
    def _client(self) -> Any:
        return self._client_factory("sqs")

    def _ask(self, call: Callable[[], T]) -> T:
        try:
            return ask(call)
        except AwsFailure:
            raise Retryable(UNAVAILABLE) from None

    def _attributes(self, url: str, names: list[str]) -> dict[str, str]:
        answer = self._ask(lambda: self._client.get_queue_attributes(QueueUrl=url, AttributeNames=names))
        found: dict[str, str] = answer.get("Attributes") or {}
        if not found:  # a 200 that is not SQS's
            raise Retryable(UNAVAILABLE)
        return found

    def _held(self, url: str) -> int:
        """Messages in the queue, including those that another reader hides."""
        found = self._attributes(url, list(COUNTS))
        return sum(int(found.get(name, 0)) for name in COUNTS)

    def _arn(self, url: str) -> str:
        return self._attributes(url, ["QueueArn"])["QueueArn"]


def _failed(stage: str, message: Mapping[str, Any]) -> FailedMessage:
    try:
        system = message.get("Attributes") or {}
        described = message.get("MessageAttributes") or {}
        return FailedMessage(
            stage=stage,
            id=message["MessageId"],
            body=message["Body"],
            attributes={name: str(value.get("StringValue", "")) for name, value in described.items()},
            sent_at=datetime.fromtimestamp(int(system.get("SentTimestamp", "0")) / 1000, UTC),
            native="DeadLetterQueueSourceArn" in system,
            handle=message["ReceiptHandle"],
        )
    except (KeyError, ValueError, AttributeError):
        raise Retryable(UNAVAILABLE) from None
