"""`mailroom verify`: the balance of all mail, its differences by id, and their repair."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from chalicelib.operations.audit import Findings
from chalicelib.operations.auditor import LETTERS, Auditor, Examination, Repaired
from chalicelib.operations.overdue_webhooks import BY_HAND, LIMIT, OverdueWebhooks, Resent
from infra.cli.show import console

TRIES, PAUSE = 6, 5.0
"""A dead-letter queue that somebody else is reading can be read whole soon after."""

SHOWN = 20
KINDS = {
    "missing": "sealed, but in no queue, dead-letter queue or ledger",
    "orphaned": "quarantined in the ledger, but in no dead-letter queue and not on its way again",
    "unrecorded": "in a dead-letter queue, but not in the ledger",
    "unnotified": "stored, but the notice is overdue",
}
AGAIN = "`mailroom verify --repair --stalled` sends them again"
REMEDY = "`mailroom verify --repair` sends them on their way again and writes the missing notes."


def verify(
    prover: Auditor,
    webhooks: OverdueWebhooks,
    older_than: int | None,
    repair: bool,
    dry_run: bool,
    as_json: bool,
    stalled: bool = False,
) -> int:
    """Print the balance; repair what can be when asked. The exit code is 0 only when all mail is accounted for.

    And no webhook is overdue: that is no matter of the balance, which counts mails, but as wrong as a notice that is.
    With `repair` that is judged as it was before: what was sent on its way again has not arrived yet.
    """
    if older_than is not None:
        prover.patience = timedelta(minutes=older_than)
    examination = _examine(prover)
    repaired = prover.repair(examination, stalled=stalled) if repair and not dry_run else Repaired()
    overdue = webhooks.find()
    resent = webhooks.resend(rests=BY_HAND) if overdue and repair and not dry_run else Resent()
    findings = examination.findings
    if as_json:
        told = _told(findings, repaired, dry_run and repair)
        print(json.dumps(told | {"overdue_webhooks": overdue, "resent_webhooks": asdict(resent)}, indent=1))
    else:
        _show(findings)
        _show_repair(examination, repaired, repair, dry_run, stalled)
        _show_webhooks(overdue, resent, repair and not dry_run)
    return 0 if findings.balanced and not overdue else 1


def balance_line(findings: Findings) -> str:
    """seen = stored + excluded + quarantined + in flight; with what is missing from it."""
    told = (
        f"seen {findings.seen} = stored {findings.stored} + excluded {findings.excluded}"
        f" + quarantined {findings.quarantined} + in flight {findings.in_flight}"
    )
    lost = len(findings.missing) + len(findings.orphaned) + len(findings.unrecorded)
    return told + (f" + {lost} that no state has" if lost else "")


def _examine(prover: Auditor) -> Examination:
    examination = prover.examine()
    for _ in range(TRIES - 1):
        if examination.findings.proven:
            break
        time.sleep(PAUSE)
        examination = prover.examine()
    return examination


def _show(findings: Findings) -> None:
    console.print(balance_line(findings))
    if findings.waiting:
        console.print(f"[yellow]{findings.waiting} in flight for long[/]: they wait in a queue, see `mailroom status`")
    if findings.stalled:
        console.print(f"[yellow]stalled {len(findings.stalled)}[/]: in flight for over an hour; {AGAIN}")
        _list(findings.stalled)
    if not findings.proven:
        console.print(
            "[red]not proven[/]: a dead-letter queue could not be read whole (somebody else is reading it, or it holds"
            f" more than {LETTERS:,} letters); nothing is called missing meanwhile"
        )
    for kind, meaning in KINDS.items():
        ids: tuple[str, ...] = getattr(findings, kind)
        if ids:
            console.print(f"[red]{kind} {len(ids)}[/]: {meaning}")
            _list(ids)
    if findings.balanced:
        console.print("[green]balanced[/]: every mail is accounted for")


def _list(ids: tuple[str, ...]) -> None:
    for mail_id in ids[:SHOWN]:
        console.print(f"  {mail_id}")
    if len(ids) > SHOWN:
        console.print(f"  … and {len(ids) - SHOWN} more (--json has all)")


def _show_repair(examination: Examination, repaired: Repaired, repair: bool, dry_run: bool, stalled: bool) -> None:
    findings = examination.findings
    reparable = len(findings.missing) + len(findings.orphaned) + len(findings.unrecorded)
    reparable += len(findings.stalled) if stalled else 0
    if repair and dry_run:
        console.print(f"--dry-run: {reparable} would be repaired, nothing was changed")
    elif repair:
        console.print(f"repaired: {len(repaired.requeued)} sent on their way again, {len(repaired.noted)} noted")
        for mail_id, code in repaired.failed:
            console.print(f"  [red]{code}[/] {mail_id}")
    elif reparable:
        console.print(REMEDY)


def _show_webhooks(overdue: int, resent: Resent, repair: bool) -> None:
    if not overdue:
        return
    console.print(f"[red]overdue webhooks {overdue}[/]: asked for by a rule, not delivered, and in no queue")
    if not repair:
        console.print("`mailroom verify --repair` sends them again.")
        return
    console.print(f"webhooks sent again: {len(resent.sent)} (each once an hour, {LIMIT} at a time)")
    for mail_id, destination in resent.failed:
        console.print(f"  [red]queue_unavailable[/] {mail_id} {destination}")


def _told(findings: Findings, repaired: Repaired, dry_run: bool) -> dict[str, Any]:
    told = asdict(findings) | {"seen": findings.seen, "balanced": findings.balanced, "repaired": asdict(repaired)}
    return told | ({"dry_run": True} if dry_run else {})
