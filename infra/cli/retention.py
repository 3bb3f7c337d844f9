"""`mailroom retention`: remove mail that is older than its account's limit, as the hourly job does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from chalicelib.bootstrap.parts import operations
from chalicelib.data_rights.retention import Retention
from infra.cli.common import DRY_RUN, ON_AWS, YES, confirm_environment, environment, expected
from infra.cli.parts import parts
from infra.cli.show import console

LIMIT = 10_000
"""Mails that one command removes at most; it reports when more are left."""
SHOWN = 20


@click.command()
@DRY_RUN
@YES
@ON_AWS
@click.pass_obj
@expected
def retention(folder: Path, dry_run: bool, yes: bool, aws: bool) -> None:
    """Remove mail that is older than its account allows (RetentionDays).

    An hourly function does the same. Only the row in the ledger stays.
    """
    reached = environment(folder, aws)
    with parts(reached) as made:
        if dry_run:
            show_due(operations.retention(made))
        else:
            what = "Remove mail that is older than its account allows"
            remove_due(operations.retention(made), lambda: confirm_environment(what, reached, yes=yes, always=True))


def show_due(retention: Retention) -> None:
    """Print what is due, by id; change nothing."""
    _show_days(retention.days, retention.original_days)
    for kind, places in retention.due(LIMIT).items():
        console.print(f"{kind} to remove: {len(places)}")
        for place in places[:SHOWN]:
            console.print(f"  {place.mail_id} {place.account}")
        if len(places) > SHOWN:
            console.print(f"  … and {len(places) - SHOWN} more")
    console.print("--dry-run: nothing was changed")


def remove_due(retention: Retention, confirmed: Callable[[], None]) -> None:
    """Remove what is due, once `confirmed` returns."""
    _show_days(retention.days, retention.original_days)
    confirmed()
    removed = retention.run(LIMIT, lambda: 3600.0)
    mails, originals = removed.mails.get("mails", 0), removed.mails.get("originals", 0)
    console.print(f"removed: {mails} mails, and {originals} originals alone")
    for table, rows in sorted(removed.rows.items()):
        console.print(f"  {table} {rows}")
    if not removed.complete:
        console.print(f"[yellow]more is left[/]: the limit is {LIMIT:,} at a time; run the command again")


def _show_days(days: Mapping[str, int], originals: Mapping[str, int]) -> None:
    for what, kept in (("mails", days), ("originals", originals)):
        limits = ", ".join(f"{account} {number} days" for account, number in sorted(kept.items()))
        console.print(f"{what} are kept: {limits + '; all other accounts ' if limits else ''}for ever")
