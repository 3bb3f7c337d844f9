"""`mailroom up`, `restart`, `down`, `status` and `settings`: the stack on this machine."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from chalicelib.bootstrap.setting_values import words
from chalicelib.bootstrap.settings import describe
from chalicelib.core.errors import ConfigurationError
from infra.cli.api_client import admin
from infra.cli.common import AS_JSON, DRY_RUN, YES, Interrupted, confirm_environment, expected, running
from infra.cli.reconcile import mailbox_table
from infra.cli.show import breaker_line, console, mail_table, queue_table, step
from infra.local.folders import NotOurs, claim, marked
from infra.local.settings import SECRETS, load, save
from infra.local.stack import Info, Stack
from infra.local.watch import depths, latest

SERVICES = ("emailengine_url", "emailengine_token", "emailengine_secret", "telegram_token", "telegram_chat")


@click.command()
@click.option("--emailengine-url", help="Use the EmailEngine at this address.")
@click.option("--emailengine-token", help="`-`: read its access token (scope api) from the prompt or standard input.")
@click.option("--emailengine-secret", help="`-`: read its serviceSecret likewise, instead of setting ours there.")
@click.option("--telegram-token", help="`-`: use the real Telegram, and read the bot's token likewise.")
@click.option("--telegram-chat", help="Send to the group with this id.")
@click.option("--language", help="Write notices in this language: en or fr.")
@click.option("--accounts", help="Take mail of these accounts, separated by commas.")
@click.option("--stand-ins", is_flag=True, help="Go back to the played EmailEngine and Telegram.")
@click.pass_obj
@expected
def up(folder: Path, stand_ins: bool, accounts: str | None, **given: str | None) -> None:
    """Start Mailroom on this machine and keep it running.

    Repeat it at any time: it starts what does not run and deploys changed code. EmailEngine and Telegram are played
    unless you name real ones; what you name is kept for the next time.

    Secrets are never given on the command line. Write `-`, then type them at the prompt, pipe them in (a line for each,
    in the order below), or set MAILROOM_EMAILENGINE_TOKEN, MAILROOM_EMAILENGINE_SECRET and MAILROOM_TELEGRAM_TOKEN.
    """
    changed = settle(folder, given | {"accounts": words(accounts) if accounts is not None else None}, stand_ins)
    stack = Stack(folder, persist=True)
    console.print("[bold]starting Mailroom[/] (loopback only)")
    try:
        info = stack.up(step)
        if changed:
            stack.restart()
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted. The servers that were started keep running: "
            "`mailroom up` goes on from here, `mailroom down` stops them."
        ) from None
    console.print(f"\n  {services(stack)}")
    console.print(f"  Gmail endpoint        {info.api}/api/ingress/gmail")
    console.print(f"  EmailEngine endpoint  {info.api}/api/v1/webhooks/emailengine/{{account}}")
    console.print(f"  health                {info.api}/health  /ready  /status")
    console.print(f"  dashboard             {info.api}/dashboard  (`mailroom dashboard` explains how to sign in)")
    console.print(f"  credentials           {stack.folder / 'credentials.json'} (only you can read it)")
    console.print("\nnext: [bold]mailroom send mail.eml[/], mailroom status, mailroom logs, mailroom down")


@click.command()
@click.pass_obj
@expected
def restart(folder: Path) -> None:
    """Restart the functions, so that they read their secrets again; the servers go on."""
    stack = Stack(folder, persist=True)
    running(stack)
    console.print(f"{stack.restart()} workers ended; new ones start with the next mail")


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
    if not marked(folder):
        raise NotOurs(
            f"{folder} was not made by `mailroom up`, so nothing in it is stopped or deleted. Check --folder."
        )
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
        left = stack.remove()
    else:
        left = []
        stack.down()
    done = "stopped" if runs else "nothing was running"
    console.print(f"{done}; the data {'is deleted' if delete else 'is kept'}")
    if left:
        console.print(f"left in {folder}, because Mailroom did not put it there: {', '.join(left)}", soft_wrap=True)


@click.command()
@AS_JSON
@click.pass_obj
@expected
def status(folder: Path, as_json: bool) -> None:
    """Show queues, failed messages, breakers, ledger, flags and the latest mail."""
    stack = Stack(folder, persist=True)
    info = running(stack)
    if not as_json:
        console.print(services(stack))
    show_status(info, as_json)


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


def services(stack: Stack) -> str:
    """Which of the services outside are real."""
    real = stack.settings.real
    shown = {
        "EmailEngine": stack.settings.emailengine_url if "emailengine" in real else "played",
        "Telegram": f"real, group {stack.settings.telegram_chat}" if "telegram" in real else "played",
    }
    return "services  " + ", ".join(f"{name}: {how}" for name, how in shown.items())


def settle(folder: Path, given: Mapping[str, Any], stand_ins: bool) -> bool:
    """Keep what the options say for this stack; True when it differs from before. Raises `click.UsageError`."""
    known = load(folder)
    if stand_ins and any(given.get(name) is not None for name in SERVICES):
        raise click.UsageError("--stand-ins goes back to the played services: name no real one with it.")
    before = known.played() if stand_ins else known
    try:
        # In the order of the help: standard input has a line for each.
        asked = {name: _read_secret(name, given.get(name)) for name in (*SERVICES, "language", "accounts")}
        after = before.changed(asked)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    if after == known:
        return False
    claim(folder)
    save(folder, after)
    return True


def _read_secret(name: str, value: Any) -> Any:
    """The value of an option; of a secret the one that environment, prompt or standard input gives."""
    if name not in SECRETS or not value:
        return value
    option = "--" + name.replace("_", "-")
    if value != "-":
        raise click.UsageError(f"{option} takes no value: every user of this machine reads a command line. Write `-`.")
    found = os.environ.get(f"MAILROOM_{name.upper()}", "")
    if not found and sys.stdin.isatty():
        found = click.prompt(option, hide_input=True, err=True)
    found = (found or sys.stdin.readline()).strip()
    if not found:
        raise click.UsageError(f"{option}: nothing came on standard input.")
    return found


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
