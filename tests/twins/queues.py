"""The stage queues in memory, with SQS's visibility and receive counts but no clock of their own."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.errors import Retryable
from chalicelib.core.stages import STAGES
from chalicelib.ports import QueueDepth

MAX_BYTES = 1024 * 1024
ALL_STAGES = tuple(stage.name for stage in STAGES)


@dataclass(slots=True)
class Queued:
    """One message; `visible_at` in the twin's clock, `handle` the last receipt handle (empty: never received)."""

    id: str
    body: str
    group: str
    sent_at: float
    visible_at: float = 0.0
    receives: int = 0
    handle: str = ""
    attributes: dict[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """As Lambda gets it in an event."""
        return {
            "messageId": self.id,
            "receiptHandle": self.handle,
            "body": self.body,
            "attributes": {
                "ApproximateReceiveCount": str(self.receives),
                "ApproximateFirstReceiveTimestamp": str(int(self.sent_at * 1000)),
                "SentTimestamp": str(int(self.sent_at * 1000)),
                **({"MessageGroupId": self.group} if self.group else {}),
            },
            "messageAttributes": {
                name: {"stringValue": value, "dataType": "String"} for name, value in self.attributes.items()
            },
            "eventSource": "aws:sqs",
        }


class MemoryQueues:
    """While `down`, nothing is accepted; bodies that contain a text of `refuse` are refused by their index.

    `postponed` keeps what was asked: (stage, handle, seconds).
    """

    def __init__(self, stages: Iterable[str] = ALL_STAGES, clock: Callable[[], float] = time.time) -> None:
        self.queues: dict[str, list[Queued]] = {name: [] for name in stages}
        self.dead: dict[str, list[Queued]] = {name: [] for name in self.queues}
        self.postponed: list[tuple[str, str, float]] = []
        self.down = False
        self.refuse: set[str] = set()
        self._clock = clock
        self._ids = itertools.count(1)

    def send(self, stage: str, bodies: Sequence[str], group: str) -> frozenset[int]:
        queue = self.queues[stage]
        lost = set()
        for index, body in enumerate(bodies):
            if self.down or not _acceptable(body) or any(text in body for text in self.refuse):
                lost.add(index)
            else:
                queue.append(Queued(f"m{next(self._ids)}", body, group, self._clock()))
        return frozenset(lost)

    def send_dead(self, stage: str, body: str, attributes: Mapping[str, str]) -> None:
        self._answer()
        kept: dict[str, str] = {}
        room = MAX_BYTES - len(body.encode("utf-8", "surrogatepass"))
        for name in sorted(
            (name for name in attributes if attributes[name]), key=lambda n: n not in ("reason", "stage")
        ):
            size = len(name) + len("String") + len(attributes[name].encode("utf-8", "surrogatepass"))
            if size <= room:
                kept[name] = attributes[name]
                room -= size
        self.dead[stage].append(Queued(f"m{next(self._ids)}", body, "", self._clock(), attributes=kept))

    def repeat(self, stage: str, body: str, group: str, seconds: float, attributes: Mapping[str, str]) -> None:
        self._answer()
        kept = {name: value for name, value in attributes.items() if value}
        size = sum(len(name) + len("String") + len(value) for name, value in kept.items())
        if not _acceptable(body) or len(body.encode()) + size > MAX_BYTES:
            raise Retryable("queue_unavailable")
        now = self._clock()
        visible = now + min(max(seconds, 0.0), 900.0)
        self.queues[stage].append(Queued(f"m{next(self._ids)}", body, group, now, visible, attributes=kept))

    def remove(self, stage: str, receipt_handles: Sequence[str]) -> None:
        self._answer()
        held = {message.handle for message in self.queues[stage] if message.handle}
        self.queues[stage] = [message for message in self.queues[stage] if message.handle not in receipt_handles]
        if not held.issuperset(receipt_handles):
            raise Retryable("queue_unavailable")

    def postpone(self, stage: str, receipt_handle: str, seconds: float) -> None:
        self._answer()
        found = [message for message in self.queues[stage] if receipt_handle and message.handle == receipt_handle]
        if not found:
            raise Retryable("queue_unavailable")
        found[0].visible_at = self._clock() + min(max(seconds, 0.0), 43_200.0)
        self.postponed.append((stage, receipt_handle, seconds))

    def ping(self) -> None:
        self._answer()

    def depths(self) -> list[QueueDepth]:
        self._answer()
        return [self._depth(stage.name) for stage in STAGES if stage.name in self.queues]

    def _depth(self, name: str) -> QueueDepth:
        hidden = [message for message in self.queues[name] if message.visible_at > self._clock()]
        delayed = sum(not message.receives for message in hidden)
        waiting = len(self.queues[name]) - len(hidden)
        return QueueDepth(name, waiting, len(hidden) - delayed, delayed, len(self.dead[name]), None)

    def receive(self, stage: str, maximum: int = 10, visibility: float = 360.0) -> list[dict[str, Any]]:
        """Take visible messages as Lambda records; they stay until `acknowledge`."""
        now = self._clock()
        taken = [message for message in self.queues[stage] if message.visible_at <= now][:maximum]
        for message in taken:
            message.receives += 1
            message.handle = f"{message.id}-{message.receives}"
            message.visible_at = now + visibility
        return [message.record() for message in taken]

    def acknowledge(self, stage: str, message_ids: Iterable[str]) -> None:
        """Delete what a handler did not report as failed."""
        gone = set(message_ids)
        self.queues[stage] = [message for message in self.queues[stage] if message.id not in gone]

    def _answer(self) -> None:
        if self.down:
            raise Retryable("queue_unavailable")


def _acceptable(body: str) -> bool:
    """SQS takes 1 byte to 1 MiB of XML's characters."""
    encoded = body.encode("utf-8", "surrogatepass")
    allowed = all(c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" for c in body)
    return 0 < len(encoded) <= MAX_BYTES and allowed
