"""The batch runner: the only place that decides what happens to a queue message.

For each record: decode, work, and then forward, postpone or quarantine. Forwarding is batched and always
before the answer, so a message is acknowledged only after its successor is durable. Every path ends in
exactly one of: acknowledged, reported as failed (SQS delivers it again), or quarantined. What waits for a service that
is known to be down is acknowledged as well, after a copy for later is durable in the same queue.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, perf_counter, time
from typing import Any, Protocol

from chalicelib.core import stages
from chalicelib.core.errors import ConfigurationError, Permanent, Postponed, Retryable
from chalicelib.core.messages import Envelope, Exclusion, decode, encode, given_up
from chalicelib.pipeline.fan_out import next_messages
from chalicelib.pipeline.giving_up import notify_dead_lettered
from chalicelib.pipeline.record import Record, read_record
from chalicelib.ports import Queues, Telemetry
from chalicelib.resilience import retry

LEDGER = "store"
"""The stage that writes the ledger: notes go there from wherever a mail ends."""

FLUSH_SECONDS = 0.25
"""Finished mails are handed on after this at the latest, while the rest of the batch is still worked on."""


class BatchFailed(Exception):
    """Raised instead of an answer where the event source takes none (batch size 1, no `ReportBatchItemFailures`)."""


class Worker(Protocol):
    """A stage's own work, free of queues."""

    def begin(self, messages: Sequence[Any]) -> None:
        """Called once a batch, before the messages; failures are raised from `process`."""

    def process(self, message: Any) -> Envelope | Exclusion | None:
        """The message for the next stage, a note for the ledger, or None when the mail ends here."""


@dataclass
class Runner:
    """Runs one stage over the records of an invocation.

    `report` as in `Settings.report_failures`; `read` turns a body into the worker's message or raises `Permanent`.
    """

    stage: stages.Stage
    make_worker: Callable[[], Worker]
    queues: Queues
    telemetry: Telemetry
    report: bool
    read: Callable[[str], Any] = decode
    remaining_ms: Callable[[], float] = lambda: float("inf")
    chance: Callable[[], float] = field(default=random.random)
    clock: Callable[[], float] = time
    worker: Worker = field(init=False)

    def run(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Answer for Lambda: `{"batchItemFailures": [...]}`, or None where the answer is ignored."""
        records = [read_record(raw) for raw in event["Records"]]
        for record in records:
            self._guarded(record, self._read)
        readable = [record for record in records if record.message is not None]
        not_begun = self._begin(readable)
        ready: list[Record] = []
        flushed = monotonic()
        for record in sorted(readable, key=self._suspects_last):
            if record.native > 1:
                ready = self._ack_finished(records, ready)
            if not_begun or self.remaining_ms() < 1000 * self.stage.reserve:
                self._postpone(record, not_begun or Retryable("out_of_time", after=1))
                continue
            self._guarded(record, self._process)
            record.done = True
            ready += [record] if record.forward else []
            if monotonic() - flushed > FLUSH_SECONDS:  # a slow mail must not hold up its neighbours
                self._forward(ready)
                ready, flushed = [], monotonic()
        self._forward(ready)
        failures = [record.message_id for record in records if record.failed]
        self.telemetry.count("Batch", len(records), stage=self.stage.name)
        if not failures:
            return {"batchItemFailures": []} if self.report else None
        if self.report:
            return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}
        raise BatchFailed(self.stage.name)

    def _begin(self, records: Sequence[Record]) -> Retryable | None:
        """Make the worker ready. The answer is why no record can be worked on, or None."""
        try:
            self.worker = self.make_worker()
            self.worker.begin([record.message for record in records if record.message])
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001 - every record is then reported as failed, none is lost
            self.telemetry.failure("batch_not_begun", error, stage=self.stage.name)
            return error if isinstance(error, Retryable) else Retryable("batch_not_begun")
        return None

    def _suspects_last(self, record: Record) -> tuple[int, float]:
        """Order of the work: what comes back may have killed its worker, so that it comes after what never did."""
        return record.native, self.chance() if record.native > 1 else 0.0

    def _ack_finished(self, records: Sequence[Record], ready: Sequence[Record]) -> list[Record]:
        """Before a message that may kill this worker: what is finished is handed on, and out of its reach.

        Else its neighbours would come back with it, again and again, and end in quarantine with it.
        """
        self._forward(ready)
        worked = [record for record in records if record.done or record.message is None]
        finished = [record for record in worked if not record.failed and not record.gone]
        if self.report and finished:
            try:
                self.queues.remove(self.stage.name, [record.receipt_handle for record in finished])
            except Retryable as inner:  # then Lambda acknowledges them after the batch
                self.telemetry.failure("remove_failed", inner, stage=self.stage.name)
            for record in finished:
                record.gone = True
        return []

    def _read(self, record: Record) -> None:
        record.message = self.read(record.body)

    def _process(self, record: Record) -> None:
        assert record.message is not None
        started = perf_counter()
        record.forward = self.worker.process(record.message)
        seconds = perf_counter() - started
        self.telemetry.duration("Seconds", seconds, stage=self.stage.name)
        self.telemetry.log("stage_done", **self._ids(record), seconds=round(seconds, 4), receives=record.receives)

    def _guarded(self, record: Record, step: Callable[[Record], None]) -> None:
        """Run a step; whatever it raises becomes a decision about this one record."""
        try:
            step(record)
        except ConfigurationError:
            raise
        except Permanent as error:
            self._quarantine(record, error.code, error)
        except Retryable as error:
            self._postpone(record, error)
        except Exception as error:  # noqa: BLE001 - a bug: the mail waits in the queue until it is mended
            self.telemetry.failure("unexpected", error, **self._ids(record), receives=record.receives)
            self._postpone(record, Retryable("unexpected"))

    def _postpone(self, record: Record, error: Retryable) -> None:
        if isinstance(error, Postponed):
            self._requeue_copy(record, error)
        else:
            self._retry(record, error)

    def _requeue_copy(self, record: Record, error: Postponed) -> None:
        """A copy for later, then this one is let go: SQS counts the copy's receives, and its age, from nothing."""
        attempts, counted_at = record.receives - 1, record.counted_at
        if error.attempted and retry.counts(attempts, counted_at, self.clock()):
            attempts, counted_at = record.receives, self.clock()
            if attempts >= retry.MAX_RECEIVES:
                self._quarantine(record, f"retries_exhausted:{error.code}", error)
                return
        seconds = retry.postponement(record.times, error.after, self.chance())
        self.telemetry.count("Postponed", stage=self.stage.name, code=error.code)
        self.telemetry.log("postponed", **self._ids(record), code=error.code, attempts=attempts, wait=round(seconds, 1))
        carried = record.carried(attempts, counted_at)
        try:
            self.queues.repeat(self.stage.name, record.body, record.group, seconds, carried)
        except Retryable as inner:
            self.telemetry.failure("repeat_failed", inner, **self._ids(record))
            self._nack(record, seconds)

    def _retry(self, record: Record, error: Retryable) -> None:
        if record.receives >= retry.MAX_RECEIVES:
            self._quarantine(record, f"retries_exhausted:{error.code}", error)
            return
        seconds = retry.wait(record.receives, error.after, self.chance())
        self.telemetry.count("Retry", stage=self.stage.name, code=error.code)
        self.telemetry.log(
            "retry", **self._ids(record), code=error.code, receives=record.receives, wait=round(seconds, 1)
        )
        self._nack(record, seconds)

    def _nack(self, record: Record, seconds: float) -> None:
        """Report the record as failed; SQS delivers it again after so long."""
        record.failed = True
        try:
            self.queues.postpone(self.stage.name, record.receipt_handle, seconds)
        except Retryable as inner:  # then the queue's own visibility time-out is the wait
            self.telemetry.failure("postpone_failed", inner, **self._ids(record))

    def _quarantine(self, record: Record, code: str, error: Exception) -> None:
        """Dead-letter queue first, then the note for the ledger, and only then is the message let go."""
        now = datetime.now(UTC).isoformat()
        first = datetime.fromtimestamp(record.first_at, UTC).isoformat()
        attributes = {
            "reason": code,
            "error": type(error).__name__,
            "stage": self.stage.name,
            "attempts": str(record.receives),
            "first_at": first,
            "last_at": now,
        }
        message = record.message
        notify_dead_lettered(getattr(self, "worker", None), message, code, self.telemetry)
        try:
            self.queues.send_dead(self.stage.name, record.body, attributes)
            # Beside the pipeline a mail is stored already, whatever becomes of its files and webhooks.
            if isinstance(message, Envelope | Exclusion) and self.stage in stages.PIPELINE:
                told = {"reason": code, "error": type(error).__name__, "first_at": first, "last_at": now}
                note = given_up(message, self.stage.name, attempts=record.receives, **told)
                if self.queues.send(LEDGER, [encode(note)], message.account):
                    raise Retryable("queue_unavailable")
        except Retryable as inner:
            record.failed = True
            self.telemetry.failure("quarantine_failed", inner, **self._ids(record))
            return
        self.telemetry.count("Quarantined", stage=self.stage.name, code=code)
        self.telemetry.warn("quarantined", **self._ids(record), code=code, receives=record.receives)

    def _forward(self, records: Sequence[Record]) -> None:
        """Hand on, mail to all that follow and notes to the ledger: one send an account (the fair-queue group)."""
        groups: dict[tuple[str, str], list[tuple[Record, str]]] = {}
        for record in records:
            message = record.forward
            if isinstance(message, Envelope):
                for target, copy in next_messages(self.stage.name, message):
                    groups.setdefault((target, message.account), []).append((record, encode(copy)))
            elif message is not None:
                groups.setdefault((LEDGER, message.account), []).append((record, encode(message)))
        lost: dict[str, Record] = {}
        for (target, account), group in sorted(groups.items(), key=lambda item: item[0]):
            for index in self.queues.send(target, [body for _, body in group], account):
                lost[group[index][0].message_id] = group[index][0]
        for record in lost.values():  # once, however many of its copies were lost: all are sent again
            self._postpone(record, Retryable("queue_unavailable"))

    def _ids(self, record: Record) -> dict[str, Any]:
        known = {name: getattr(record.message, name, None) for name in ("mail_id", "account", "trace_id")}
        return {"stage": self.stage.name} | {name: value for name, value in known.items() if value}
