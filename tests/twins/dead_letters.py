"""The dead-letter queues in memory: a view on those of `MemoryQueues`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from chalicelib.core.clock import TimeLeft, unlimited
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import FailedMessage, Inspection
from tests.twins.queues import MemoryQueues, Queued


class MemoryDeadLetterQueues:
    """`native` holds the ids of messages that SQS moved by itself; `movable` says whether the server moves natively;
    `moving` names the stages where a move is in progress (SQS takes one move a queue).
    """

    def __init__(self, queues: MemoryQueues, clock: Callable[[], float] = time.time, movable: bool = True) -> None:
        self.queues = queues
        self.native: set[str] = set()
        self.movable = movable
        self.moving: set[str] = set()
        self._clock = clock

    def take(self, stage: str, limit: int, seconds: int, time_left: TimeLeft = unlimited) -> Inspection:
        self._answer()
        now = self._clock()
        held = self.queues.dead[stage]
        taken: list[Queued] = []
        for message in held:
            if len(taken) == limit or time_left() <= 0:
                break
            if message.visible_at <= now:
                message.receives += 1
                message.handle = f"{message.id}-{message.receives}"
                message.visible_at = now + seconds
                taken.append(message)
        return Inspection(tuple(self._received(stage, message) for message in taken), len(taken) >= len(held))

    def give_back(self, messages: Iterable[FailedMessage], time_left: TimeLeft = unlimited) -> None:
        if self.queues.down:
            return
        held = {message.handle: message for queue in self.queues.dead.values() for message in queue}
        for message in messages:
            if time_left() <= 0:
                return
            if message.handle in held:
                held[message.handle].visible_at = 0.0

    def remove(self, message: FailedMessage) -> None:
        self._answer()
        held = self.queues.dead[message.stage]
        self.queues.dead[message.stage] = [one for one in held if one.handle != message.handle]

    def move(self, stage: str) -> None:
        self._answer()
        if not self.movable:
            raise Permanent("move_unsupported")
        if stage in self.moving:
            raise Permanent("move_refused")
        for message in self.queues.dead[stage]:
            self.queues.send(stage, [message.body], message.group)
        self.queues.dead[stage] = []

    def _received(self, stage: str, message: Queued) -> FailedMessage:
        sent = datetime.fromtimestamp(message.sent_at, UTC)
        native = message.id in self.native
        return FailedMessage(stage, message.id, message.body, dict(message.attributes), sent, native, message.handle)

    def _answer(self) -> None:
        if self.queues.down:
            raise Retryable("queue_unavailable")
