"""The stage queues in SQS: standard queues with fair groups, and their dead-letter queues."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalicelib.adapters.aws.queue_ages import QueueAges
from chalicelib.adapters.aws.session import AwsFailure, ClientFactory, ask
from chalicelib.core.errors import Retryable
from chalicelib.core.stages import STAGES
from chalicelib.ports import QueueDepth

UNAVAILABLE = "queue_unavailable"
MAX_ENTRIES = 10
MAX_BYTES = 1024 * 1024
"""SQS: 1 MiB for one message with its attributes, and for all entries of a batch together."""

MAX_ATTRIBUTES = 10
TOLD_FIRST = ("reason", "stage")
"""Attributes of a failed message that are kept before all others: without a reason it would count as `worker_died`."""

MAX_DELAY = 900
MAX_POSTPONE = 43_200 - 900
"""SQS counts its 12 hours from the receive, and the longest Lambda has used 15 minutes of them."""

COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsQueues:
    """The `Queues`. `urls` and `dead_urls` map a stage's name to the URL of its queue and dead-letter queue."""

    def __init__(
        self,
        client_factory: ClientFactory,
        urls: Mapping[str, str],
        dead_urls: Mapping[str, str],
        ages: QueueAges | None = None,
    ) -> None:
        self._client_factory = client_factory
        self._urls = dict(urls)
        self._dead_urls = dict(dead_urls)
        self._ages = ages

    @property
    def _client(self) -> Any:
        return self._client_factory("sqs")

    def send(self, stage: str, bodies: Sequence[str], group: str) -> frozenset[int]:
        """Send in batches; the answer names the indexes that SQS did not confirm.

        A batch answers 200 with its refused entries in `Failed`, so only `Successful` counts. A body
        above 1 MiB is never confirmed. Raises KeyError for an unknown stage.
        """
        url = self._urls[stage]
        lost = set(range(len(bodies)))
        for indexes in _batches(bodies):
            entries = [{"Id": str(i), "MessageBody": bodies[i], "MessageGroupId": group} for i in indexes]
            lost -= self._send_batch(url, entries)
        return frozenset(lost)

    def _send_batch(self, url: str, entries: list[dict[str, str]]) -> set[int]:
        try:
            answer = ask(lambda: self._client.send_message_batch(QueueUrl=url, Entries=entries))
        except AwsFailure:
            return set()
        return {int(entry["Id"]) for entry in answer.get("Successful", [])}

    def send_dead(self, stage: str, body: str, attributes: Mapping[str, str]) -> None:
        """Put a message with its attributes into the dead-letter queue. `Retryable("queue_unavailable")`.

        The message itself comes first, then `TOLD_FIRST`, then the others: what would pass the size limit is left out.
        """
        described: dict[str, dict[str, str]] = {}
        room = MAX_BYTES - _size(body)
        for name in sorted(attributes, key=lambda name: name not in TOLD_FIRST):
            one = _described({name: attributes[name]})
            if len(described) < MAX_ATTRIBUTES and _described_size(one) <= room:
                described |= one
                room -= _described_size(one)
        self._send_one(QueueUrl=self._dead_urls[stage], MessageBody=body, MessageAttributes=described)

    def repeat(self, stage: str, body: str, group: str, seconds: float, attributes: Mapping[str, str]) -> None:
        """One message with a delay of its own, which standard queues know. `Retryable("queue_unavailable")`."""
        described = _described(attributes)
        if _size(body) + _described_size(described) > MAX_BYTES:
            raise Retryable(UNAVAILABLE)
        self._send_one(
            QueueUrl=self._urls[stage],
            MessageBody=body,
            MessageAttributes=described,
            DelaySeconds=min(max(math.ceil(seconds), 0), MAX_DELAY),
            **({"MessageGroupId": group} if group else {}),
        )

    def _send_one(self, **arguments: Any) -> None:
        try:
            answer = ask(lambda: self._client.send_message(**arguments))
        except AwsFailure:
            raise Retryable(UNAVAILABLE) from None
        if not answer.get("MessageId"):  # a 200 that is not SQS's
            raise Retryable(UNAVAILABLE)

    def remove(self, stage: str, receipt_handles: Sequence[str]) -> None:
        """Delete in batches. `Retryable("queue_unavailable")`."""
        url = self._urls[stage]
        for start in range(0, len(receipt_handles), MAX_ENTRIES):
            handles = receipt_handles[start : start + MAX_ENTRIES]
            entries = [{"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate(handles)]
            try:
                answer = ask(lambda: self._client.delete_message_batch(QueueUrl=url, Entries=entries))  # noqa: B023
            except AwsFailure:
                raise Retryable(UNAVAILABLE) from None
            if len(answer.get("Successful", [])) < len(entries):
                raise Retryable(UNAVAILABLE)

    def postpone(self, stage: str, receipt_handle: str, seconds: float) -> None:
        """Make a received message visible again after `seconds`, at most `MAX_POSTPONE`. `Retryable`."""
        url = self._urls[stage]
        timeout = min(max(math.ceil(seconds), 0), MAX_POSTPONE)
        try:
            ask(
                lambda: self._client.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=receipt_handle, VisibilityTimeout=timeout
                )
            )
        except AwsFailure:
            raise Retryable(UNAVAILABLE) from None

    def ping(self) -> None:
        """Prove that the first stage's queue answers. `Retryable("queue_unavailable")`."""
        self._counts(self._urls[STAGES[0].name])

    def depths(self) -> list[QueueDepth]:
        """The queues in pipeline order, with the ages that CloudWatch knows. `Retryable`."""
        found = []
        names = {stage: url.rsplit("/", 1)[-1] for stage, url in self._urls.items()}
        ages = self._ages.oldest(names.values()) if self._ages else {}
        for stage in (stage.name for stage in STAGES if stage.name in self._urls):
            waiting, in_flight, delayed = self._counts(self._urls[stage])
            dead = sum(self._counts(self._dead_urls[stage]))
            found.append(QueueDepth(stage, waiting, in_flight, delayed, dead, ages.get(names[stage])))
        return found

    def _counts(self, url: str) -> tuple[int, int, int]:
        try:
            answer = ask(lambda: self._client.get_queue_attributes(QueueUrl=url, AttributeNames=list(COUNTS)))
        except AwsFailure:
            raise Retryable(UNAVAILABLE) from None
        found = answer.get("Attributes")
        if not found:  # a 200 that is not SQS's
            raise Retryable(UNAVAILABLE)
        waiting, in_flight, delayed = (int(found.get(name, 0)) for name in COUNTS)
        return waiting, in_flight, delayed


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _described(attributes: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """As SQS takes them; empty values it refuses."""
    values = [(name, value) for name, value in attributes.items() if value][:MAX_ATTRIBUTES]
    return {name: {"DataType": "String", "StringValue": value} for name, value in values}


def _described_size(described: Mapping[str, Mapping[str, str]]) -> int:
    return sum(_size(name) + sum(map(_size, held.values())) for name, held in described.items())


def _batches(bodies: Sequence[str]) -> Iterator[list[int]]:
    """Indexes in order, at most 10 and 1 MiB together; a body that fits into no batch is left out."""
    batch: list[int] = []
    total = 0
    for index, body in enumerate(bodies):
        size = _size(body)
        if size > MAX_BYTES:
            continue
        if batch and (len(batch) == MAX_ENTRIES or total + size > MAX_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(index)
        total += size
    if batch:
        yield batch
