"""`mailroom reconsider`: has excluded mail decided anew, through the operator's route, page by page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from chalicelib.policy.decision import OUTSIDE_WINDOW, SENDER_NOT_ALLOWED, STOPPED
from infra.cli.admin_api import Caller, admin_api, expect
from infra.cli.common import confirm_environment, told
from infra.cli.recovery import author_of, on_aws
from infra.cli.show import console

ROUTE = "/admin/reconsider"


@click.command()
@click.option("--sender", help="Mail of this address.")
@click.option("--domain", help="Mail of every address at this domain.")
@click.option("--rule", help="Mail that this rule kept out.")
@click.option("--reason", type=click.Choice([SENDER_NOT_ALLOWED, STOPPED, OUTSIDE_WINDOW]), help="Mail kept out so.")
@click.option("--all", "everything", is_flag=True, help="All mail that the rules kept out.")
@author_of
@on_aws
@click.pass_obj
@told
def reconsider(
    folder: Path,
    sender: str | None,
    domain: str | None,
    rule: str | None,
    reason: str | None,
    everything: bool,
    author: str,
    dry_run: bool,
    yes: bool,
    aws: bool,
) -> None:
    """Decide excluded mail anew by the rules in force: what they let in now is stored and notified."""
    given = {"sender": sender, "domain": domain, "rule": rule, "reason": reason}
    wanted: dict[str, Any] = {name: value for name, value in given.items() if value}
    if bool(wanted) == everything:
        raise click.UsageError("name --sender, --domain, --rule or --reason, or --all")
    api = admin_api(folder, aws)
    if not dry_run:
        confirm_environment("Reconsider excluded mail", api.environment, yes=yes)
    sys.exit(run(api, wanted or {"all": True}, author, dry_run))


def run(api: Caller, wanted: dict[str, Any], author: str, dry_run: bool) -> int:
    """All pages; the exit code is 1 when a mail could not be sent on its way."""
    totals = {"found": 0, "requeued": 0, "allowed_now": 0}
    forgotten: list[str] = []
    failed: list[str] = []
    after = ""
    while True:
        body = wanted | {"author": author, "dry_run": dry_run} | ({"after": after} if after else {})
        page = expect(api.call("POST", ROUTE, body), "not reconsidered")
        for name in totals:
            held = page[name]
            totals[name] += len(held) if isinstance(held, list) else held
        forgotten += page["forgotten"]
        failed += page["failed"]
        after = page.get("next", "")
        if not after:
            break
    console.print(f"excluded {totals['found']}: {'would be ' if dry_run else ''}decided anew {totals['requeued']}")
    if totals["allowed_now"]:
        console.print(f"of these {totals['allowed_now']} are of senders who are allowed now")
    for mail_id in forgotten:
        console.print(f"[yellow]forgotten by the spool[/] {mail_id}: have it pushed again")
    for mail_id in failed:
        console.print(f"[red]not sent[/] {mail_id}: it stays excluded, try again")
    return 1 if failed else 0
