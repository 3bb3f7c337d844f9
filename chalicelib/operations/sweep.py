"""The sweep: audits the mail, reports what is wrong, and repairs lost mail and webhooks, all within its time.

The order is deliberate. What was seen is reported before anything is repaired, and the place in the spool is written
before the step that might die, so that the next run goes on behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from chalicelib.core.clock import TimeLeft, before, fraction, unlimited
from chalicelib.core.errors import ConfigurationError, MailroomError, Retryable
from chalicelib.core.stages import ALERT, SIDE
from chalicelib.operations.auditor import Auditor, Examination, Scope
from chalicelib.operations.conditions import Swept
from chalicelib.operations.overdue_webhooks import OverdueWebhooks, Resent
from chalicelib.operations.repair_lost_mail import repair
from chalicelib.operations.report_conditions import ConditionReporter
from chalicelib.ports import Cache, Telemetry

EVERY = 5
"""Minutes between two sweeps."""

KEYS = 50_000
"""Sealed mails that one sweep examines: 50 list calls. A larger spool is examined slice by slice."""

WITHIN = timedelta(days=5)
"""Longer than a queue keeps a message. Older mail was examined before; `mailroom verify` examines all."""

MAILS = 1_000
"""Lost mails that one sweep requeues, time permitting."""

SIDE_RECORDS = 200
"""Messages read from the dead-letter queue of each side stage."""

RESERVE = 15.0
"""Seconds left at which nothing more is begun: longer than any single call takes to time out (Telegram: 13)."""

CURSOR, CURSOR_SECONDS = "sweep:after", 3600
SIDE_STAGES = frozenset(stage.name for stage in (*SIDE, ALERT))


@dataclass
class Sweep:
    """Kept for the life of its container: without Redis, `_after` is what remembers the place in the spool."""

    auditor: Auditor
    webhooks: OverdueWebhooks
    cache: Cache
    reporter: ConditionReporter
    telemetry: Telemetry
    _after: str = field(default="", init=False)

    def run(self, time_left: TimeLeft = unlimited) -> dict[str, int]:
        """Make one sweep and return its numbers by kind, which are logged and counted too.

        Each step is bounded by a part of the time that is left, and a step that fails stops no other. Raises the first
        `MailroomError` or `ConfigurationError` at the end.
        """
        working = before(time_left, RESERVE)
        after = self._cursor()
        failure: MailroomError | ConfigurationError | None = None
        examination: Examination | None = None
        try:
            examination = self.auditor.examine(Scope(KEYS, after, WITHIN), fraction(working, 0.6))
            self._go_on_after(examination.last_key)
        except (MailroomError, ConfigurationError) as error:
            failure = error
        numbers = self._report(examination, not after, working)
        try:
            numbers |= self._resend_webhooks(fraction(working, 1 / 3))
        except (MailroomError, ConfigurationError) as error:
            failure = failure or error
        if examination:
            numbers |= self._repair(examination, not after, working)
        if failure:
            raise failure
        return numbers

    def _cursor(self) -> str:
        try:
            return (self.cache.read(CURSOR) or b"").decode("ascii", "replace")
        except Retryable:
            return self._after

    def _go_on_after(self, key: str) -> None:
        """Remember where the next sweep begins; at the front of the spool when `key` is empty."""
        self._after = key
        if key:
            self.cache.set(CURSOR, key.encode(), CURSOR_SECONDS)
        else:
            self.cache.delete(CURSOR)

    def _report(self, examination: Examination | None, from_start: bool, working: TimeLeft) -> dict[str, int]:
        if examination is None:
            return {"conditions": self.reporter.report(WITHIN)}
        findings = examination.findings
        numbers = {
            "missing": len(findings.missing),
            "orphaned": len(findings.orphaned),
            "unrecorded": len(findings.unrecorded),
            "unnotified": len(findings.unnotified),
            "waiting": findings.waiting,
            "unproven": int(not findings.proven),
        }
        self._count(numbers)
        whole = from_start and not examination.last_key
        swept = self._with_side_stages(examination, fraction(working, 1 / 4))
        return numbers | {"conditions": self.reporter.report(WITHIN, swept, examination.depths, whole)}

    def _with_side_stages(self, examination: Examination, time_left: TimeLeft) -> Swept:
        """What was seen, with the failed messages of the side stages, which the audit does not need."""
        stages = [depth.name for depth in examination.depths if depth.name in SIDE_STAGES and depth.dead]
        try:
            records, unread = self.auditor.read(stages, SIDE_RECORDS, time_left)
        except Retryable:
            records, unread = [], frozenset(stages)
        return Swept(
            findings=examination.findings,
            records=(*examination.found, *records),
            unread=examination.unread | unread,
            quarantined=examination.quarantined,
            failed_mails=examination.records,
        )

    def _repair(self, examination: Examination, from_start: bool, working: TimeLeft) -> dict[str, int]:
        done = repair(self.auditor, examination, MAILS, time_left=working, on_batch=self._go_on_after)
        rest = done.last_key if done.left else ""
        self._go_on_after(rest or examination.last_key)
        numbers = {
            "requeued": len(done.requeued),
            "noted": len(done.noted),
            "failed": len(done.failed),
            "left": done.left,
        }
        self._count(numbers)
        self._log("repaired", "requeued", done.requeued)
        self._log("repaired", "noted", done.noted)
        for mail_id, code in done.failed:
            self.telemetry.log("not_repaired", mail_id=mail_id, code=code)
        whole = from_start and not examination.last_key and not done.left
        if working() > 0:  # else the next sweep reports it
            self.reporter.report_repair(WITHIN, done.failed, whole)
        return numbers

    def _resend_webhooks(self, time_left: TimeLeft) -> dict[str, int]:
        """Send the webhooks again whose message was lost."""
        overdue = self.webhooks.find() if time_left() > 0 else 0
        resent = self.webhooks.resend(time_left=time_left) if overdue else Resent()
        numbers = {
            "overdue_webhooks": overdue,
            "resent_webhooks": len(resent.sent),
            "failed_webhooks": len(resent.failed),
        }
        self._count(numbers)
        self._log("repaired", "webhook", [mail_id for mail_id, _ in resent.sent])
        self._log("not_repaired", "webhook", [mail_id for mail_id, _ in resent.failed])
        return numbers

    def _log(self, event: str, kind: str, mail_ids: Sequence[str]) -> None:
        for mail_id in mail_ids:
            self.telemetry.log(event, kind=kind, mail_id=mail_id)

    def _count(self, numbers: Mapping[str, int]) -> None:
        for kind, number in numbers.items():
            if number:
                self.telemetry.count("Audit", number, kind=kind)
                self.telemetry.warn("audit", kind=kind, count=number)
