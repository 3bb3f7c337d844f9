"""`mailroom verify`: the balance of all mail, its differences by id, and their repair."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from chalicelib.bootstrap.parts.operations import auditor, overdue_webhooks
from chalicelib.operations.audit import Findings
from chalicelib.operations.auditor import RECORDS, Auditor, Examination
from chalicelib.operations.overdue_webhooks import BY_HAND, LIMIT, OverdueWebhooks, Resent
from chalicelib.operations.repair_lost_mail import Repaired
from chalicelib.operations.repair_lost_mail import repair as repair_lost_mail
from infra.cli.codes import sentence
from infra.cli.common import AS_JSON, ON_AWS, YES, confirm_environment, environment, expected
from infra.cli.parts import parts
from infra.cli.show import console, plain

TRIES, PAUSE = 6, 5.0
"""A dead-letter queue that another reader holds can be read whole soon after."""

SHOWN = 20
KINDS = {
    "missing": "sealed, but in no queue, dead-letter queue or ledger",
    "orphaned": "quarantined in the ledger, but missing from the dead-letter queue and not redriven",
    "unrecorded": "in a dead-letter queue, but not recorded in the ledger",
    "unnotified": "stored, but not notified in time",
}
AGAIN = "`mailroom verify --repair --stalled` requeues them"
REMEDY = "`mailroom verify --repair` requeues them and adds the missing records."


@click.command()
@click.option("--repair", is_flag=True, help="Requeue missing mail and overdue webhooks, and add missing records.")
@click.option("--stalled", is_flag=True, help="With --repair: also requeue mail in progress for more than an hour.")
@click.option("--dry-run", is_flag=True, help="With --repair: show what would be done, and change nothing.")
@click.option(
    "--older-than",
    type=click.IntRange(0, 100_000),
    metavar="MINUTES",
    help="Treat mail as missing after MINUTES.  [default: as the sweep does]",
)
@AS_JSON
@YES
@ON_AWS
@click.pass_obj
@expected
def verify(
    folder: Path,
    repair: bool,
    stalled: bool,
    dry_run: bool,
    older_than: int | None,
    as_json: bool,
    yes: bool,
    aws: bool,
) -> None:
    """Prove that no mail is lost: seen = stored + excluded + quarantined + in flight.

    Checks the webhooks too. The exit code is 0 only if every mail and every webhook is accounted for.
    """
    reached = environment(folder, aws)
    if repair:
        confirm_environment("Repair", reached, yes=yes, dry_run=dry_run)
    with parts(reached) as made:
        sys.exit(audit(auditor(made), overdue_webhooks(made), older_than, repair, dry_run, as_json, stalled))


def audit(
    made: Auditor,
    webhooks: OverdueWebhooks,
    older_than: int | None,
    repair: bool,
    dry_run: bool,
    as_json: bool,
    stalled: bool = False,
) -> int:
    """Print the balance, and repair what can be repaired with `repair`.

    The exit code is 0 only if all mail is accounted for and no webhook is overdue, as found before a repair: what was
    requeued has not arrived yet.
    """
    if older_than is not None:
        made.patience = timedelta(minutes=older_than)
    examination = _examine(made)
    repaired = repair_lost_mail(made, examination, stalled=stalled) if repair and not dry_run else Repaired()
    overdue = webhooks.find()
    resent = webhooks.resend(rests=BY_HAND) if overdue and repair and not dry_run else Resent()
    findings = examination.findings
    if as_json:
        report = _as_dict(findings, repaired, dry_run and repair)
        print(json.dumps(report | {"overdue_webhooks": overdue, "resent_webhooks": asdict(resent)}, indent=1))
    else:
        _show(findings)
        _show_repair(examination, repaired, repair, dry_run, stalled)
        _show_webhooks(overdue, resent, repair and not dry_run)
    return 0 if findings.balanced and not overdue else 1


def balance_line(findings: Findings) -> str:
    """seen = stored + excluded + quarantined + in flight; with what is missing from it."""
    line = (
        f"seen {findings.seen} = stored {findings.stored} + excluded {findings.excluded}"
        f" + quarantined {findings.quarantined} + in flight {findings.in_flight}"
    )
    lost = len(findings.missing) + len(findings.orphaned) + len(findings.unrecorded)
    return line + (f" + {lost} in no state" if lost else "")


def _examine(made: Auditor) -> Examination:
    examination = made.examine()
    for _ in range(TRIES - 1):
        if examination.findings.proven:
            break
        time.sleep(PAUSE)
        examination = made.examine()
    return examination


def _show(findings: Findings) -> None:
    console.print(balance_line(findings))
    if findings.waiting:
        console.print(f"[yellow]{findings.waiting} in flight for long[/]: they wait in a queue, see `mailroom status`")
    if findings.stalled:
        console.print(f"[yellow]stalled {len(findings.stalled)}[/]: in flight for more than an hour; {AGAIN}")
        _list(findings.stalled)
    if not findings.proven:
        console.print(
            "[red]not proven[/]: a dead-letter queue could not be read whole (another reader holds messages, or there"
            f" are more than {RECORDS:,}); until then no mail is reported as missing"
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
        console.print(f"repaired: {len(repaired.requeued)} requeued, {len(repaired.noted)} recorded")
        for mail_id, code in repaired.failed:
            console.print(Text.assemble(("  failed", "red"), f" {mail_id}: {sentence(code)}"), soft_wrap=True)
    elif reparable:
        console.print(REMEDY)


def _show_webhooks(overdue: int, resent: Resent, repair: bool) -> None:
    if not overdue:
        return
    console.print(f"[red]overdue webhooks {overdue}[/]: required by a rule, not delivered, and in no queue")
    if not repair:
        console.print("`mailroom verify --repair` requeues them.")
        return
    console.print(f"webhooks requeued: {len(resent.sent)} (each once an hour, {LIMIT} at a time)")
    for mail_id, destination in resent.failed:
        line = f" {mail_id} {plain(destination)}: {sentence('queue_unavailable')}"
        console.print(Text.assemble(("  failed", "red"), line), soft_wrap=True)


def _as_dict(findings: Findings, repaired: Repaired, dry_run: bool) -> dict[str, Any]:
    report = asdict(findings) | {"seen": findings.seen, "balanced": findings.balanced, "repaired": asdict(repaired)}
    return report | ({"dry_run": True} if dry_run else {})
