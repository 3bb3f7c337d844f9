"""The dead-letter queues in memory: a view on those of `MemoryQueues`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import DeadLetter, Inspection
from tests.twins.queues import MemoryQueues, Queued


class MemoryDeadLetters:
    """`native` holds the ids of messages that SQS moved by itself; `movable` says whether the server moves natively,
    `moving` names the stages where it is at that already (SQS takes one move a queue).
    """

    def __init__(self, queues: MemoryQueues, clock: Callable[[], float] = time.time, movable: bool = True) -> None:
        self.queues = queues
        self.native: set[str] = set()
        self.movable = movable
        self.moving: set[str] = set()
        self._clock = clock

    def take(self, stage: str, limit: int, seconds: int) -> Inspection:
        self._answer()
        now = self._clock()
        held = self.queues.dead[stage]
        taken = [message for message in held if message.visible_at <= now][:limit]
        for message in taken:
            message.receives += 1
            message.handle = f"{message.id}-{message.receives}"
            message.visible_at = now + seconds
        return Inspection(tuple(self._letter(stage, message) for message in taken), len(taken) >= len(held))

    def give_back(self, letters: Iterable[DeadLetter]) -> None:
        if self.queues.down:
            return
        handles = {letter.handle for letter in letters}
        for message in (message for held in self.queues.dead.values() for message in held):
            if message.handle in handles:
                message.visible_at = 0.0

    def remove(self, letter: DeadLetter) -> None:
        self._answer()
        held = self.queues.dead[letter.stage]
        self.queues.dead[letter.stage] = [message for message in held if message.handle != letter.handle]

    def move(self, stage: str) -> None:
        self._answer()
        if not self.movable:
            raise Permanent("move_unsupported")
        if stage in self.moving:
            raise Permanent("move_refused")
        for message in self.queues.dead[stage]:
            self.queues.send(stage, [message.body], message.group)
        self.queues.dead[stage] = []

    def _letter(self, stage: str, message: Queued) -> DeadLetter:
        sent = datetime.fromtimestamp(message.sent_at, UTC)
        native = message.id in self.native
        return DeadLetter(stage, message.id, message.body, dict(message.attributes), sent, native, message.handle)

    def _answer(self) -> None:
        if self.queues.down:
            raise Retryable("queue_unavailable")
