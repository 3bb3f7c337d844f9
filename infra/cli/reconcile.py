"""`mailroom reconcile`: compare the mailboxes with the ledger now, or show what the last comparison found."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from infra.cli.admin_api import admin_api, expect
from infra.cli.codes import sentence
from infra.cli.common import AS_JSON, ON_AWS, YES, confirm_environment, environment, expected
from infra.cli.show import console, local_time
from infra.cloudformation.deploy import client, stack_resource

SECONDS = 310.0
"""The time-out of the function, and a little."""
COLOURS = {"complete": "green", "partial": "yellow", "failed": "red", "absent": "dim"}
MEANS = {
    "complete": "everything is accounted for",
    "partial": "the next run compares the rest",
    "failed": "not compared",
    "absent": "EmailEngine does not have it",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what the last comparison found, and compare nothing.")
@AS_JSON
@YES
@ON_AWS
@click.pass_obj
@expected
def reconcile(folder: Path, dry_run: bool, as_json: bool, yes: bool, aws: bool) -> None:
    """Compare the mailboxes with the ledger now, and take in mail whose webhook never came.

    A scheduled function does the same every ten minutes. The exit code is 1 if a mailbox could not be compared.
    """
    if dry_run:
        report = expect(admin_api(folder, aws).call("GET", "/status"), "The last comparison cannot be shown")
        runs = report["mailboxes"]
        if not isinstance(runs, list):
            raise click.ClickException(f"The last comparison cannot be shown: {sentence('database_unavailable')}")
    else:
        reached = environment(folder, aws)
        confirm_environment("Take in mail whose webhook never came", reached, yes=yes)
        runs = compare(reached)
    if as_json:
        click.echo(json.dumps(runs, indent=1))
    elif runs:
        console.print(mailbox_table(runs))
    else:
        console.print("no mailbox was compared yet, or the flag emailengine_ingress_enabled is off")
    sys.exit(1 if any(run["outcome"] == "failed" for run in runs) else 0)


def compare(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Run the scheduled function now; what it found, by account. Raises `click.ClickException` if it failed."""
    event: dict[str, Any] = {
        "version": "0",
        "id": "reconcile-command",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
    }
    event |= {"time": datetime.now(UTC).isoformat()}
    event |= {"account": "", "region": "", "resources": [], "detail": {}}
    functions = client("lambda", environment, SECONDS)
    name = stack_resource(environment, "Reconcile")
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    runs: Any = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise click.ClickException(f"The comparison failed ({runs.get('errorType', 'unknown')}): see `mailroom logs`.")
    found: list[dict[str, Any]] = runs
    return found


def mailbox_table(runs: Sequence[Mapping[str, Any]]) -> Table:
    """What was found, by account."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2))
    for name in ("mailbox", "compared", "outcome", "listed", "gaps", "gaps ever"):
        table.add_column(name, justify="right" if name in ("listed", "gaps", "gaps ever") else "left")
    for run in runs:
        outcome = str(run["outcome"])
        means = f"{outcome}: {MEANS.get(outcome, '')}" + (f" ({run['code']})" if outcome == "failed" else "")
        numbers = (str(run[name]) for name in ("listed", "gaps", "gaps_total"))
        shown = Text(means, style=COLOURS.get(outcome, ""))
        table.add_row(Text(str(run["account"])), local_time(str(run["checked_at"])), shown, *numbers)
    return table
