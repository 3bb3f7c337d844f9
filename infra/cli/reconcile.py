"""`mailroom reconcile`: compare the mailboxes with the ledger now, or show what the last comparison found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from infra.cli.show import console
from infra.cloudformation.deploy import client, stack_resource

SECONDS = 310.0
"""The function's own time-out, and a little."""
COLOURS = {"complete": "green", "partial": "yellow", "failed": "red", "absent": "dim"}
MEANS = {
    "complete": "everything is accounted for",
    "partial": "more is left for the next look",
    "failed": "not compared",
    "absent": "EmailEngine does not have it",
}


def compare(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Run the scheduled function now; what it found, by account. Raises `click.ClickException` where it failed."""
    event = {"version": "0", "id": "reconcile-command", "detail-type": "Scheduled Event", "source": "aws.events"}
    event |= {"time": datetime.now(UTC).isoformat(), "account": "", "region": "", "resources": [], "detail": {}}
    functions = client("lambda", environment, SECONDS)
    name = stack_resource(environment, "Reconcile")
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    told = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise click.ClickException(f"the comparison failed ({told.get('errorType', 'unknown')}): see `mailroom logs`")
    found: list[dict[str, Any]] = told
    return found


def mailbox_table(looks: Sequence[Mapping[str, Any]]) -> Table:
    """What was found, by account."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2))
    for name in ("mailbox", "compared", "outcome", "listed", "gaps", "gaps ever"):
        table.add_column(name, justify="right" if name in ("listed", "gaps", "gaps ever") else "left")
    for look in looks:
        outcome = str(look["outcome"])
        means = f"{outcome}: {MEANS.get(outcome, '')}" + (f" ({look['code']})" if outcome == "failed" else "")
        numbers = (str(look[name]) for name in ("listed", "gaps", "gaps_total"))
        shown = Text(means, style=COLOURS.get(outcome, ""))
        table.add_row(Text(str(look["account"])), str(look["checked_at"])[:19].replace("T", " "), shown, *numbers)
    return table


def show(looks: Sequence[Mapping[str, Any]]) -> None:
    """Print it; says what to do where there is nothing."""
    if looks:
        console.print(mailbox_table(looks))
    else:
        console.print("no mailbox was compared yet, or the flag emailengine_ingress_enabled is off")
