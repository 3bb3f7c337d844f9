"""Sends lost mail to the first stage again, and the notes that are missing from the ledger to the store stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.core.clock import TimeLeft, unlimited
from chalicelib.core.errors import MailroomError, Permanent
from chalicelib.core.messages import Envelope, Message, Receipt, send_grouped
from chalicelib.core.spool_keys import sealed_mail
from chalicelib.core.stages import LEDGER, PIPELINE
from chalicelib.mail import sealed
from chalicelib.operations.auditor import Auditor, Examination
from chalicelib.ports import SpoolEntry

BATCH = 10
"""Messages that one call to SQS takes."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """Mail ids: requeued at the first stage, noted for the ledger, and those that failed, each with its code.

    `left` is the number of mails that were not tried for lack of time, or because the spool or the queue failed;
    `last_key` is the spool key of the last mail that was tried, empty when none was.
    """

    requeued: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    left: int = 0
    last_key: str = ""


def repair(
    auditor: Auditor,
    examination: Examination,
    limit: int | None = None,
    stalled: bool = False,
    time_left: TimeLeft = unlimited,
    on_batch: Callable[[str], None] = lambda _key: None,
) -> Repaired:
    """Requeue what is missing or orphaned, in the order of the spool keys, and note what is unrecorded.

    At most `limit` mails of each. With `stalled` also those that are in flight for over an hour: a mail that is in the
    pipeline twice is stored once. `on_batch` is called with the last key of each batch before the batch is tried, so
    that a caller who dies in it can go on behind it. Raises no `MailroomError`: what failed is in the answer.
    """
    run = _Run(auditor, examination, time_left)
    findings = examination.findings
    run.note(findings.unrecorded[:limit])
    wanted = {*findings.missing, *findings.orphaned, *(findings.stalled if stalled else ())}
    run.failed += [(mail_id, "spool_missing") for mail_id in sorted(wanted - examination.sealed.keys())]
    run.requeue([mail_id for mail_id in examination.sealed if mail_id in wanted][:limit], on_batch)
    left = len(findings.unrecorded) + len(wanted) - run.tried
    return Repaired(tuple(run.requeued), tuple(run.noted), tuple(run.failed), left, run.last_key)


class _Run:
    """One repair and what became of it so far."""

    def __init__(self, auditor: Auditor, examination: Examination, time_left: TimeLeft) -> None:
        self.requeued: list[str] = []
        self.noted: list[str] = []
        self.failed: list[tuple[str, str]] = []
        self.last_key = ""
        self._auditor, self._examination, self._time_left = auditor, examination, time_left
        self._now = auditor.now()

    @property
    def tried(self) -> int:
        return len(self.requeued) + len(self.noted) + len(self.failed)

    def note(self, mail_ids: Sequence[str]) -> None:
        """Send the notes that were lost."""
        records = self._examination.records
        for start in range(0, len(mail_ids), BATCH):
            if self._time_left() <= 0:
                return
            notes = [records[mail_id].note(self._now) for mail_id in mail_ids[start : start + BATCH]]
            if not self._send(LEDGER, [note for note in notes if note], self.noted):
                return

    def requeue(self, mail_ids: Sequence[str], on_batch: Callable[[str], None]) -> None:
        """Send the pointers that were lost, made from the seals."""
        entries = self._examination.sealed
        for start in range(0, len(mail_ids), BATCH):
            if self._time_left() <= 0:
                return
            batch = mail_ids[start : start + BATCH]
            on_batch(entries[batch[-1]].key)
            pointers, whole = self._pointers({mail_id: entries[mail_id] for mail_id in batch})
            if not self._send(PIPELINE[0].name, pointers, self.requeued) or not whole:
                return

    def _pointers(self, entries: dict[str, SpoolEntry]) -> tuple[list[Envelope], bool]:
        """The pointers of a batch; False when the spool failed or the time was over before its end."""
        made: list[Envelope] = []
        for mail_id, entry in entries.items():
            if self.last_key and self._time_left() <= 0:
                return made, False
            self.last_key = entry.key
            try:
                made.append(self._pointer(mail_id, entry))
            except MailroomError as error:
                self.failed.append((mail_id, error.code))
                if not isinstance(error, Permanent):  # the spool is unavailable for the others too
                    return made, False
        return made, True

    def _pointer(self, mail_id: str, entry: SpoolEntry) -> Envelope:
        """The endpoint's message, made again from the seal. The first stage reports a seal that cannot be read."""
        receipt = Receipt("sweep", "email.recover", self._now.isoformat(timespec="milliseconds"), 0.0, "requeued")
        account = sealed_mail(entry.key).account
        try:
            header, _ = sealed.unseal(self._auditor.spool.head(entry.key, sealed.HEADER_BYTES))
        except Permanent as error:
            if error.code != "sealed_unreadable":
                raise
            return Envelope(mail_id, account, "unknown", entry.key, entry.modified.isoformat(), mail_id, (receipt,))
        source = header.source or ("emailengine" if header.kind == sealed.EMAILENGINE else "gmail")
        return Envelope(mail_id, account, source, entry.key, header.received_at, header.trace_id, (receipt,))

    def _send(self, stage: str, messages: Sequence[Message], sent: list[str]) -> bool:
        """Send a batch; False when the queue took none of it: the next call would only wait for it again."""
        lost = send_grouped(self._auditor.queues, [(stage, message) for message in messages])
        sent += [message.mail_id for index, message in enumerate(messages) if index not in lost]
        self.failed += [(messages[index].mail_id, "queue_unavailable") for index in sorted(lost)]
        return not messages or len(lost) < len(messages)
