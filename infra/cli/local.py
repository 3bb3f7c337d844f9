"""The commands for a running stack: start, status, send, flags, settings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.table import Table

from chalicelib.bootstrap.settings import describe
from infra.cli.api_client import Answer, admin, push_all, raw_push
from infra.cli.reconcile import mailbox_table
from infra.cli.show import breaker_line, console, mail_table, queue_table, stages, step
from infra.local.stack import Info, Stack
from infra.local.watch import Fate, depths, fates, follow, latest


def start(stack: Stack) -> Info:
    """Bring a stack up and say where it is."""
    console.print("[bold]starting Mailroom[/] (loopback only)")
    info = stack.up(step)
    console.print(f"\n  Gmail door        {info.api}/api/ingress/gmail")
    console.print(f"  EmailEngine door  {info.api}/api/v1/webhooks/emailengine/{{account}}")
    console.print(f"  health            {info.api}/health  /ready  /status")
    console.print(f"  dashboard         {info.api}/dashboard  (name: yours; token: one of admin_tokens below)")
    console.print(f"  credentials       {stack.folder / 'credentials.json'} (yours only)")
    console.print('\nnext: [bold]make send FILES="mail.eml"[/], make status, make logs, make down')
    return info


def show_status(info: Info, as_json: bool) -> None:
    """Queues, ledger, flags, latest mail."""
    told = admin(info, "GET", "/status").json()
    if as_json:
        print(json.dumps(told, indent=1))
        return
    console.print(queue_table(depths(info)))
    if isinstance(breakers := told.get("breakers"), list):
        console.print("\nbreakers  " + "  ".join(map(breaker_line, breakers)))
    ledger = told.get("ledger", {})
    console.print(
        "\nledger  " + ("  ".join(f"{state} {number}" for state, number in sorted(ledger.items())) or "empty")
    )
    console.print(
        "flags   " + "  ".join(f"{name} {'on' if on else 'off'}" for name, on in told.get("flags", {}).items())
    )
    looks = told.get("mailboxes")
    if isinstance(looks, list) and (mailboxes := [look for look in looks if look["outcome"] != "absent"]):
        console.print()
        console.print(mailbox_table(mailboxes))
    if recent := latest(info, 10):
        console.print("\nlatest mail")
        console.print(mail_table(recent))


def send_files(info: Info, found: Iterator[tuple[str, bytes]], account: str, wait: int, largest: int) -> int:
    """Push mails and follow them; the exit code is 1 when one was refused, lost or not finished in time."""
    names: list[str] = []
    too_large: list[str] = []

    def pushes() -> Iterator[dict[str, Any]]:
        for name, raw in found:
            if len(raw) > largest:
                too_large.append(f"{name} ({len(raw):,} bytes)")
                continue
            names.append(name)
            yield raw_push(raw, account)

    answers: list[Answer] = []
    with console.status("pushing …") as shown:
        for answer in push_all(info, pushes()):
            answers.append(answer)
            shown.update(f"pushing … {len(answers)}")
    for name in too_large:
        console.print(f"[red]not sent[/] {name}: the door takes mails of up to {largest:,} bytes")
    for name, answer in zip(names, answers, strict=False):
        if answer.status not in ("accepted", "already_processed"):
            console.print(f"[red]{answer.status}[/] {name} {answer.verdict.get('field', '')}")
    counts = Counter(answer.status for answer in answers)
    console.print("sent " + "  ".join(f"{status} {number}" for status, number in sorted(counts.items())))
    ids = list(dict.fromkeys(answer.mail_id for answer in answers if answer.status == "accepted"))
    known: list[Fate] = []
    if ids and wait:
        with stages(len(ids)) as tell:
            known = follow(info, ids, tell, wait)
    missing = [mail_id for mail_id in ids if mail_id not in {fate.mail_id for fate in known}]
    repeated = [answer.mail_id for answer in answers if answer.status == "already_processed"]
    console.print(mail_table([*known, *fates(info, repeated)], missing if wait else []))
    refused = len(answers) - counts["accepted"] - counts["already_processed"] + len(too_large)
    return 1 if refused or (wait and missing) else 0


def show_settings() -> None:
    """The settings as a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("setting", "default", "meaning"):
        table.add_column(name)
    for row in describe():
        table.add_row(*row)
    console.print(table)
