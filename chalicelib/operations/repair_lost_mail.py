"""What the schedule does about mail and webhooks that never arrived: compares, repairs, tells how much there was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.adapters import observability as o11y
from chalicelib.operations import report_conditions
from chalicelib.operations.auditor import Scope
from chalicelib.operations.overdue_webhooks import Resent

if TYPE_CHECKING:
    from chalicelib.bootstrap.compose import Container

EVERY = 5
"""Minutes between two looks for lost mail."""

KEYS = 50_000
"""Sealed mails that one look goes through: 50 list calls. A larger spool is gone through slice by slice."""

WITHIN = timedelta(days=5)
"""Longer than a queue keeps a message. Older mails were looked at before; `mailroom verify` looks at all."""

MAILS = 200
"""Mails that one look sends on their way again."""

CURSOR, CURSOR_SECONDS = "sweep:after", 3600


def look(parts: Container) -> dict[str, int]:
    """Compare a slice of the spool with queues and ledger, and repair what differs. Numbers by kind, logged too.

    The operator is told what began and what ended (`watching`). Where the slice ended is remembered in the cache;
    forgotten, the next look begins at the front. `Retryable` when spool, queues or database are away.
    """
    prover = parts.prover()
    after = (parts.cache.get(CURSOR) or b"").decode("ascii", "replace")
    examination = prover.examine(Scope(KEYS, after, WITHIN))
    repaired = prover.repair(examination, MAILS)
    if examination.last_key:
        parts.cache.set(CURSOR, examination.last_key.encode(), CURSOR_SECONDS)
    elif after:
        parts.cache.delete(CURSOR)
    findings = examination.findings
    numbers = {
        "missing": len(findings.missing),
        "strayed": len(findings.strayed),
        "unnoted": len(findings.unnoted),
        "unnotified": len(findings.unnotified),
        "waiting": findings.waiting,
        "unproven": int(not findings.proven),
        "requeued": len(repaired.requeued),
        "noted": len(repaired.noted),
        "failed": len(repaired.failed),
    }
    _report(numbers)
    for what, mail_ids in (("requeued", repaired.requeued), ("noted", repaired.noted)):
        for mail_id in mail_ids:
            o11y.log("repaired", kind=what, mail_id=mail_id)
    for mail_id, code in repaired.failed:
        o11y.log("not_repaired", mail_id=mail_id, code=code)
    numbers |= _webhooks(parts)
    whole = not after and not examination.last_key
    return numbers | {"conditions": report_conditions.tell(parts, WITHIN, examination, repaired, whole)}


def _webhooks(parts: Container) -> dict[str, int]:
    """Send webhooks again whose message was lost."""
    webhooks = parts.overdue_webhooks()
    overdue = webhooks.find()
    resent = webhooks.resend() if overdue else Resent()
    numbers = {
        "overdue_webhooks": overdue,
        "resent_webhooks": len(resent.sent),
        "failed_webhooks": len(resent.failed),
    }
    _report(numbers)
    for what, pairs in (("repaired", resent.sent), ("not_repaired", resent.failed)):
        for mail_id, _ in pairs:
            o11y.log(what, kind="webhook", mail_id=mail_id)
    return numbers


def _report(numbers: Mapping[str, int]) -> None:
    for kind, number in numbers.items():
        if number:
            o11y.count("Proof", number, kind=kind)
            o11y.warn("proof", kind=kind, count=number)
