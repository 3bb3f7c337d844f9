"""What the schedule does about mail and webhooks that never arrived: compares, repairs, tells how much there was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.operations.auditor import Scope
from chalicelib.operations.overdue_webhooks import Resent

if TYPE_CHECKING:
    from chalicelib.operations.auditor import Auditor
    from chalicelib.operations.overdue_webhooks import OverdueWebhooks
    from chalicelib.operations.report_conditions import ConditionReporter
    from chalicelib.ports import Cache, Telemetry

EVERY = 5
"""Minutes between two looks for lost mail."""

KEYS = 50_000
"""Sealed mails that one look goes through: 50 list calls. A larger spool is gone through slice by slice."""

WITHIN = timedelta(days=5)
"""Longer than a queue keeps a message. Older mails were looked at before; `mailroom verify` looks at all."""

MAILS = 200
"""Mails that one look sends on their way again."""

CURSOR, CURSOR_SECONDS = "sweep:after", 3600


@dataclass(frozen=True)
class LostMailRepair:
    """What the sweep does every `EVERY` minutes."""

    prover: Auditor
    webhooks: OverdueWebhooks
    cache: Cache
    reporter: ConditionReporter
    telemetry: Telemetry

    def look(self) -> dict[str, int]:
        """Compare a slice of the spool with queues and ledger, and repair what differs. Numbers by kind, logged too.

        The operator is told what began and what ended (`watching`). Where the slice ended is remembered in the cache;
        forgotten, the next look begins at the front. `Retryable` when spool, queues or database are away.
        """
        prover = self.prover
        after = (self.cache.get(CURSOR) or b"").decode("ascii", "replace")
        examination = prover.examine(Scope(KEYS, after, WITHIN))
        repaired = prover.repair(examination, MAILS)
        if examination.last_key:
            self.cache.set(CURSOR, examination.last_key.encode(), CURSOR_SECONDS)
        elif after:
            self.cache.delete(CURSOR)
        findings = examination.findings
        numbers = {
            "missing": len(findings.missing),
            "orphaned": len(findings.orphaned),
            "unrecorded": len(findings.unrecorded),
            "unnotified": len(findings.unnotified),
            "waiting": findings.waiting,
            "unproven": int(not findings.proven),
            "requeued": len(repaired.requeued),
            "noted": len(repaired.noted),
            "failed": len(repaired.failed),
        }
        self._report(numbers)
        for what, mail_ids in (("requeued", repaired.requeued), ("noted", repaired.noted)):
            for mail_id in mail_ids:
                self.telemetry.log("repaired", kind=what, mail_id=mail_id)
        for mail_id, code in repaired.failed:
            self.telemetry.log("not_repaired", mail_id=mail_id, code=code)
        numbers |= self._webhooks()
        whole = not after and not examination.last_key
        return numbers | {"conditions": self.reporter.report(WITHIN, examination, repaired, whole)}

    def _webhooks(self) -> dict[str, int]:
        """Send webhooks again whose message was lost."""
        webhooks = self.webhooks
        overdue = webhooks.find()
        resent = webhooks.resend() if overdue else Resent()
        numbers = {
            "overdue_webhooks": overdue,
            "resent_webhooks": len(resent.sent),
            "failed_webhooks": len(resent.failed),
        }
        self._report(numbers)
        for what, pairs in (("repaired", resent.sent), ("not_repaired", resent.failed)):
            for mail_id, _ in pairs:
                self.telemetry.log(what, kind="webhook", mail_id=mail_id)
        return numbers

    def _report(self, numbers: Mapping[str, int]) -> None:
        for kind, number in numbers.items():
            if number:
                self.telemetry.count("Proof", number, kind=kind)
                self.telemetry.warn("proof", kind=kind, count=number)
