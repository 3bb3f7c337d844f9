"""The batch runner: the only place that decides what happens to a queue message.

For each record: decode, work, and then forward, postpone or quarantine. Forwarding is batched and always
before the answer, so a message is acknowledged only after its successor is durable. Every path ends in
exactly one of: acknowledged, reported as failed (SQS delivers it again), or quarantined. A message that waits for an
unavailable service is acknowledged as well, after a delayed copy is durable in the same queue.
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
from chalicelib.core.messages import Envelope, Exclusion, Message, Quarantine, decode, send_grouped
from chalicelib.pipeline.fan_out import next_messages
from chalicelib.pipeline.record import Record, read_record
from chalicelib.ports import Queues, Telemetry
from chalicelib.resilience import retry

FLUSH_SECONDS = 0.25
"""Finished mails are forwarded after this at the latest, while the rest of the batch is still in progress."""


class BatchFailed(Exception):
    """Raised instead of an answer where the event source takes none (batch size 1, no `ReportBatchItemFailures`)."""


class Worker(Protocol):
    """The work of one stage, without queues."""

    def begin(self, messages: Sequence[Any]) -> None:
        """Called once for each batch, before the messages. An error postpones the whole batch."""

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
        """The answer for Lambda: `{"batchItemFailures": [...]}`, or None where it is ignored."""
        records = [read_record(raw) for raw in event["Records"]]
        for record in records:
            self._guarded(record, self._read)
        readable = [record for record in records if record.message is not None]
        not_begun = self._begin(readable)
        ready: list[Record] = []
        flushed = monotonic()
        for record in sorted(readable, key=self._suspects_last):
            if record.native > 1:
                self._ack_finished(records, ready)
                ready = []
            if not_begun or self.remaining_ms() < 1000 * self.stage.reserve:
                self._postpone(record, not_begun or Retryable("out_of_time", after=1))
                continue
            self._guarded(record, self._process)
            record.done = True
            ready += [record] if record.forward else []
            if monotonic() - flushed > FLUSH_SECONDS:  # a slow mail must not delay the others of its batch
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
        """Make the worker ready; why no record can be processed, or None."""
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
        """Sort key: a record that was received before may have killed its worker, so it comes after the others."""
        return record.native, self.chance() if record.native > 1 else 0.0

    def _ack_finished(self, records: Sequence[Record], ready: Sequence[Record]) -> None:
        """Forward and acknowledge what is finished before a message that may kill this worker is processed.

        Otherwise the others of its batch would be received again with it and end in quarantine with it.
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
        """Run a step; an error decides about this one record."""
        try:
            step(record)
        except ConfigurationError:
            raise
        except Permanent as error:
            self._quarantine(record, error.code, error)
        except Retryable as error:
            self._postpone(record, error)
        except Exception as error:  # noqa: BLE001 - a bug: the mail waits in the queue until it is fixed
            self.telemetry.failure("unexpected", error, **self._ids(record), receives=record.receives)
            self._postpone(record, Retryable("unexpected"))

    def _postpone(self, record: Record, error: Retryable) -> None:
        if isinstance(error, Postponed):
            self._requeue_copy(record, error)
        else:
            self._retry(record, error)

    def _requeue_copy(self, record: Record, error: Postponed) -> None:
        """Send a delayed copy and acknowledge this one: SQS counts the receives and the age of the copy from zero."""
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
        """Report the record as failed; SQS delivers it again after `seconds`."""
        record.failed = True
        try:
            self.queues.postpone(self.stage.name, record.receipt_handle, seconds)
        except Retryable as inner:  # then the queue's own visibility time-out is the wait
            self.telemetry.failure("postpone_failed", inner, **self._ids(record))

    def _quarantine(self, record: Record, code: str, error: Exception) -> None:
        """Send to the dead-letter queue, then the note to the ledger; only then is the message acknowledged."""
        now = datetime.now(UTC).isoformat()
        first = datetime.fromtimestamp(record.first_at, UTC).isoformat()
        kind = type(error).__name__
        why = {"stage": self.stage.name, "reason": code, "error": kind, "first_at": first, "last_at": now}
        message = record.message
        self._notify_worker(message, code)
        try:
            self.queues.send_dead(self.stage.name, record.body, why | {"attempts": str(record.receives)})
            # At a side stage the mail is stored already, whatever happens to its files and webhooks.
            if isinstance(message, Envelope | Exclusion) and self.stage in stages.PIPELINE:
                note = Quarantine(*message.pointer(), self.stage.name, code, kind, record.receives, first, now)
                if send_grouped(self.queues, [(stages.LEDGER, note)]):
                    raise Retryable("queue_unavailable")
        except Retryable as inner:
            record.failed = True
            self.telemetry.failure("quarantine_failed", inner, **self._ids(record))
            return
        self.telemetry.count("Quarantined", stage=self.stage.name, code=code)
        self.telemetry.warn("quarantined", **self._ids(record), code=code, receives=record.receives)

    def _notify_worker(self, message: object, code: str) -> None:
        """Let a worker that keeps a record of its own know that its message goes to the dead-letter queue.

        Best effort: where the record fails, the message does not wait for it.
        """
        given_up = getattr(getattr(self, "worker", None), "given_up", None)
        if given_up is None or not isinstance(message, Envelope):
            return
        try:
            given_up(message, code)
        except Retryable as error:
            self.telemetry.failure("give_up_not_recorded", error, mail_id=message.mail_id)

    def _forward(self, records: Sequence[Record]) -> None:
        """Send mail to every stage that follows, and notes to the ledger."""
        sources: list[Record] = []
        addressed: list[tuple[str, Message]] = []
        for record in records:
            message = record.forward
            if isinstance(message, Envelope):
                following: list[tuple[str, Message]] = [*next_messages(self.stage.name, message)]
            else:
                following = [(stages.LEDGER, message)] if message else []
            addressed += following
            sources += [record] * len(following)
        lost = {sources[index].message_id: sources[index] for index in sorted(send_grouped(self.queues, addressed))}
        for record in lost.values():  # once, however many of its copies were lost: all are sent again
            self._postpone(record, Retryable("queue_unavailable"))

    def _ids(self, record: Record) -> dict[str, Any]:
        known = {name: getattr(record.message, name, None) for name in ("mail_id", "account", "trace_id")}
        return {"stage": self.stage.name} | {name: value for name, value in known.items() if value}
