"""The stage queues as Lambda reads them on AWS: messages carry their lineage, and recursive invocations are dropped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.resilience.retry import MAX_RECEIVE_COUNT
from tests.twins.queues import MemoryQueues

DROPPED = 16
"""Lambda drops about this invocation of one function in one chain of requests, unless the function allows loops."""


class LineageQueues(MemoryQueues):
    """The memory twin with the recursive loop detection of Lambda. `allows` are the stages whose function allows loops.

    botocore adds `Lineage` to the trace header of what a function sends, and SQS keeps it (`AWSTraceHeader`): here a
    message's lineage is the number of invocations of each stage that led to it. A batch has the lineage of its most
    travelled message. A dropped batch is not handed out: its messages are hidden for the queue's visibility time-out,
    and go to the dead-letter queue, without a reason, after `MAX_RECEIVE_COUNT` receives. `dropped` counts batches.
    """

    def __init__(self, allows: frozenset[str] = frozenset(), clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock=clock)
        self.allows = allows
        self.dropped = 0
        self._lineage: dict[str, dict[str, int]] = {}
        self._current: dict[str, int] = {}

    def outside(self) -> None:
        """What is sent from now on starts a chain of its own: nothing is being invoked."""
        self._current = {}

    def send(self, stage: str, bodies: Sequence[str], group: str) -> frozenset[int]:
        before = len(self.queues[stage])
        lost = super().send(stage, bodies, group)
        self._stamp(stage, before)
        return lost

    def repeat(self, stage: str, body: str, group: str, seconds: float, attributes: Mapping[str, str]) -> None:
        before = len(self.queues[stage])
        super().repeat(stage, body, group, seconds, attributes)
        self._stamp(stage, before)

    def receive(self, stage: str, maximum: int = 10, visibility: float = 360.0) -> list[dict[str, Any]]:
        """As the twin's; an empty list, too, where Lambda drops the invocation."""
        records = super().receive(stage, maximum, visibility)
        counts = [self._lineage.get(record["messageId"], {}) for record in records]
        chain = {name: max(count.get(name, 0) for count in counts) for count in counts for name in count}
        if records and chain.get(stage, 0) + 1 >= DROPPED and stage not in self.allows:
            self.dropped += 1
            self._give_up(stage)
            return []
        self._current = chain | {stage: chain.get(stage, 0) + 1}
        return records

    def _stamp(self, stage: str, before: int) -> None:
        self._lineage |= {message.id: self._current for message in self.queues[stage][before:]}

    def _give_up(self, stage: str) -> None:
        self.dead[stage] += [message for message in self.queues[stage] if message.receives >= MAX_RECEIVE_COUNT]
        self.queues[stage] = [message for message in self.queues[stage] if message.receives < MAX_RECEIVE_COUNT]
