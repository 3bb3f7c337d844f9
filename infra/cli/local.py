"""`mailroom up`, `down`, `status` and `settings`: the stack on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Table

from chalicelib.bootstrap.settings import describe
from infra.cli.api_client import admin
from infra.cli.common import AS_JSON, DRY_RUN, YES, Interrupted, confirm_environment, expected, running
from infra.cli.reconcile import mailbox_table
from infra.cli.show import breaker_line, console, mail_table, queue_table, step
from infra.local.stack import Info, Stack
from infra.local.watch import depths, latest


@click.command()
@click.pass_obj
@expected
def up(folder: Path) -> None:
    """Start Mailroom on this machine and keep it running.

    Repeat it at any time: it starts what does not run and deploys changed code.
    """
    stack = Stack(folder, persist=True)
    console.print("[bold]starting Mailroom[/] (loopback only)")
    try:
        info = stack.up(step)
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted. The servers that were started keep running: "
            "`mailroom up` goes on from here, `mailroom down` stops them."
        ) from None
    console.print(f"\n  Gmail endpoint        {info.api}/api/ingress/gmail")
    console.print(f"  EmailEngine endpoint  {info.api}/api/v1/webhooks/emailengine/{{account}}")
    console.print(f"  health                {info.api}/health  /ready  /status")
    console.print(f"  dashboard             {info.api}/dashboard  (`mailroom dashboard` explains how to sign in)")
    console.print(f"  credentials           {stack.folder / 'credentials.json'} (only you can read it)")
    console.print("\nnext: [bold]mailroom send mail.eml[/], mailroom status, mailroom logs, mailroom down")


@click.command()
@click.option("--delete", is_flag=True, help="Also delete the data: database, spool, queues, credentials.")
@DRY_RUN
@YES
@click.pass_obj
@expected
def down(folder: Path, delete: bool, dry_run: bool, yes: bool) -> None:
    """Stop the local Mailroom and keep its data."""
    if not folder.exists():
        console.print(f"nothing to stop: there is no stack in {folder}", soft_wrap=True)
        return
    stack = Stack(folder, persist=True)
    runs = any(stack.alive().values())
    if dry_run:
        kept = "every mail and setting in it would be deleted" if delete else "its data would be kept"
        what = "would be stopped" if runs else "is not running"
        console.print(f"--dry-run: the stack in {folder} {what}, {kept}", soft_wrap=True)
        return
    if delete:
        what, where = "Delete every mail and setting of the stack", str(folder)
        confirm_environment(what, {}, yes=yes, always=True, named=lambda _: where)
        stack.remove()
    else:
        stack.down()
    done = "stopped" if runs else "nothing was running"
    console.print(f"{done}; the data {'is deleted' if delete else 'is kept'}")


@click.command()
@AS_JSON
@click.pass_obj
@expected
def status(folder: Path, as_json: bool) -> None:
    """Show queues, failed messages, breakers, ledger, flags and the latest mail."""
    show_status(running(Stack(folder, persist=True)), as_json)


@click.command()
@expected
def settings() -> None:
    """List every setting of the deployed functions with its default and meaning."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("setting", "default", "meaning"):
        table.add_column(name)
    for row in describe():
        table.add_row(*row)
    console.print(table)


def show_status(info: Info, as_json: bool) -> None:
    """Print what the API reports, the depth of each queue and the latest mail."""
    report = admin(info, "GET", "/status").json()
    if as_json:
        print(json.dumps(report, indent=1))
        return
    console.print(queue_table(depths(info)))
    if isinstance(breakers := report.get("breakers"), list):
        console.print("\nbreakers  " + "  ".join(map(breaker_line, breakers)))
    ledger = "  ".join(f"{state} {number}" for state, number in sorted(report.get("ledger", {}).items()))
    console.print(f"\nledger  {ledger or 'empty'}")
    flags = report.get("flags", {}).items()
    console.print("flags   " + "  ".join(f"{name} {'on' if on else 'off'}" for name, on in flags))
    runs = report.get("mailboxes")
    if isinstance(runs, list) and (mailboxes := [run for run in runs if run["outcome"] != "absent"]):
        console.print()
        console.print(mailbox_table(mailboxes))
    if recent := latest(info, 10):
        console.print("\nlatest mail")
        console.print(mail_table(recent))
