"""`mailroom reconsider`: re-evaluate excluded mail through the API, page by page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from chalicelib.policy.decision import OUTSIDE_WINDOW, SENDER_NOT_ALLOWED, STOPPED
from infra.cli.admin_api import Caller, admin_api, expect
from infra.cli.common import ON_AWS, changing, confirm_environment, expected
from infra.cli.show import console

ROUTE = "/admin/reconsider"


@click.command()
@click.option("--sender", metavar="ADDRESS", help="Re-evaluate mail from this address.")
@click.option("--domain", metavar="DOMAIN", help="Re-evaluate mail from every address of this domain.")
@click.option("--rule", metavar="NAME", help="Re-evaluate mail that this rule excluded.")
@click.option(
    "--reason",
    type=click.Choice([SENDER_NOT_ALLOWED, STOPPED, OUTSIDE_WINDOW]),
    help="Re-evaluate mail that was excluded for this reason.",
)
@click.option("--all", "everything", is_flag=True, help="Re-evaluate all mail that the rules excluded.")
@changing
@ON_AWS
@click.pass_obj
@expected
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
    """Re-evaluate excluded mail by the rules in force; mail that they accept now is stored and notified.

    Example: mailroom reconsider --domain example.org --dry-run
    """
    given = {"sender": sender, "domain": domain, "rule": rule, "reason": reason}
    wanted: dict[str, Any] = {name: value for name, value in given.items() if value}
    if bool(wanted) == everything:
        raise click.UsageError("Name --sender, --domain, --rule or --reason; or --all.")
    api = admin_api(folder, aws)
    if not dry_run:
        confirm_environment("Re-evaluate excluded mail", api.environment, yes=yes)
    sys.exit(run(api, wanted or {"all": True}, author, dry_run))


def run(api: Caller, wanted: dict[str, Any], author: str, dry_run: bool) -> int:
    """All pages; the exit code is 1 if a mail could not be requeued."""
    totals = {"found": 0, "requeued": 0, "allowed_now": 0}
    forgotten: list[str] = []
    failed: list[str] = []
    after = ""
    while True:
        body = wanted | {"author": author, "dry_run": dry_run} | ({"after": after} if after else {})
        page = expect(api.call("POST", ROUTE, body), "The mail was not re-evaluated")
        for name in totals:
            held = page[name]
            totals[name] += len(held) if isinstance(held, list) else held
        forgotten += page["forgotten"]
        failed += page["failed"]
        after = page.get("next", "")
        if not after:
            break
    console.print(f"excluded {totals['found']}: {'would be ' if dry_run else ''}re-evaluated {totals['requeued']}")
    if totals["allowed_now"]:
        console.print(f"of these {totals['allowed_now']} are from senders who are allowed now")
    for mail_id in forgotten:
        console.print(f"[yellow]no longer in the spool[/] {mail_id}: have it sent again")
    for mail_id in failed:
        console.print(f"[red]not requeued[/] {mail_id}: it stays excluded, try again")
    return 1 if failed else 0
