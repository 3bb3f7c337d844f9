"""Small makers of records and a worker that does what a test wants, for the tests of the batch runner."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.adapters import observability
from chalicelib.core import stages
from chalicelib.core.errors import Retryable
from chalicelib.core.messages import Envelope, Exclusion, Quarantine, decode, encode
from chalicelib.pipeline.runner import Runner
from chalicelib.ports import Telemetry
from tests.twins.queues import MemoryQueues


def mail(number: int, account: str = "praxis") -> Envelope:
    """An envelope of its own."""
    identifier = str(uuid.UUID(int=number))
    at = "2025-03-03T09:00:00.000+00:00"
    return Envelope(identifier, account, "gmail", f"sealed/{account}/{identifier}", at, f"trace-{number}")


def excluded(message: Envelope) -> Exclusion:
    """The note that a rule keeps this mail out."""
    return Exclusion(
        message.mail_id,
        message.account,
        message.source,
        message.spool_key,
        message.received_at,
        message.trace_id,
        reason="sender_not_allowed",
        rule="",
        rules_version=1,
        sender_key="",
        domain_key="",
    )


class FlakyQueues(MemoryQueues):
    """The twin, each of its calls failing when `fails` says so."""

    def __init__(self, fails: Callable[[str], bool] = lambda _: False) -> None:
        super().__init__()
        self.fails = fails

    def send(self, stage: str, bodies: Sequence[str], group: str) -> frozenset[int]:
        """Lose single messages."""
        lost = frozenset(index for index in range(len(bodies)) if self.fails(f"send {stage}"))
        kept = [index for index in range(len(bodies)) if index not in lost]
        refused = super().send(stage, [bodies[index] for index in kept], group)
        return lost | {kept[index] for index in refused}

    def send_dead(self, stage: str, body: str, attributes: Any) -> None:
        """Fail, or do it."""
        if self.fails("send_dead"):
            raise Retryable("queue_unavailable")
        super().send_dead(stage, body, attributes)

    def repeat(self, stage: str, body: str, group: str, seconds: float, attributes: Any) -> None:
        """Fail, or do it."""
        if self.fails("repeat"):
            raise Retryable("queue_unavailable")
        super().repeat(stage, body, group, seconds, attributes)

    def remove(self, stage: str, receipt_handles: Sequence[str]) -> None:
        """Fail, or do it."""
        if self.fails("remove"):
            raise Retryable("queue_unavailable")
        super().remove(stage, receipt_handles)

    def postpone(self, stage: str, receipt_handle: str, seconds: float) -> None:
        """Fail, or do it."""
        if self.fails("postpone"):
            raise Retryable("queue_unavailable")
        super().postpone(stage, receipt_handle, seconds)


@dataclass
class FakeWorker:
    """`outcomes` says what happens to a mail id: raise it, end it (None), note it; without one it is forwarded."""

    outcomes: dict[str, Exception | Exclusion | None] = field(default_factory=dict)
    begin_error: Exception | None = None
    worked: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None

    def begin(self, messages: Sequence[Any]) -> None:
        """Fail where the test wants it."""
        if self.begin_error is not None:
            raise self.begin_error

    def process(self, message: Envelope | Quarantine) -> Envelope | Exclusion | None:
        """Do what the test wants."""
        assert isinstance(message, Envelope)
        self.before(message.mail_id)
        self.worked.append(message.mail_id)
        if message.mail_id not in self.outcomes:
            return message
        outcome = self.outcomes[message.mail_id]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@dataclass
class Bench:
    """A stage's runner over the queue twin: put messages in, run one batch, look what became of them."""

    stage: str = "classify"
    report: bool = True
    queues: FlakyQueues = field(default_factory=FlakyQueues)
    telemetry: Telemetry = observability
    worker: FakeWorker = field(default_factory=FakeWorker)
    remaining_ms: Callable[[], float] = lambda: float("inf")
    make_worker: Callable[[], Any] | None = None
    clock: Callable[[], float] = time.time

    def put(self, *messages: Envelope | str) -> None:
        """Into the stage's queue."""
        bodies = [message if isinstance(message, str) else encode(message) for message in messages]
        before = self.queues.fails
        self.queues.fails = lambda _: False
        assert not self.queues.send(self.stage, bodies, "praxis")
        self.queues.fails = before

    def runner(self) -> Runner:
        """A runner without chance."""
        return Runner(
            stage=stages.stage(self.stage),
            make_worker=self.make_worker or (lambda: self.worker),
            queues=self.queues,
            telemetry=self.telemetry,
            report=self.report,
            read=decode,
            remaining_ms=self.remaining_ms,
            chance=lambda: 0.0,
            clock=self.clock,
        )

    def records(self, receives: int = 1) -> list[dict[str, Any]]:
        """What Lambda is given, as if it were the n-th receive."""
        records = self.queues.receive(self.stage)
        for record in records:
            record["attributes"]["ApproximateReceiveCount"] = str(receives)
        return records

    def run(self, receives: int = 1) -> dict[str, Any] | None:
        """One invocation over what is in the queue."""
        return self.runner().run({"Records": self.records(receives)})

    def failed(self, receives: int = 1) -> list[str]:
        """The ids that one invocation reports."""
        answer = self.run(receives)
        assert answer is not None
        return [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]

    def bodies(self, stage: str) -> list[str]:
        """What waits in a queue."""
        return [message.body for message in self.queues.queues[stage]]

    def ids(self, stage: str) -> list[str]:
        """Mail ids in a queue."""
        return [decode(body).mail_id for body in self.bodies(stage)]


def clock_of(*values: float) -> Callable[[], float]:
    """The given values in turn, the last one for ever."""
    steps = itertools.chain(values, itertools.repeat(values[-1]))
    return lambda: next(steps)
