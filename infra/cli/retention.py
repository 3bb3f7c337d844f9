"""`mailroom retention`: what the hourly job would remove, or remove it now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.data_rights.retention import Retention
from infra.cli.show import console

LIMIT = 10_000
"""Mails that one command removes at most; it says when more are left."""
SHOWN = 20


def show_due(retention: Retention) -> None:
    """What is over its time, by id; changes nothing."""
    _show_days(retention.days, retention.original_days)
    for kind, places in retention.due(LIMIT).items():
        console.print(f"{kind} over their time: {len(places)}")
        for place in places[:SHOWN]:
            console.print(f"  {place.mail_id} {place.account}")
        if len(places) > SHOWN:
            console.print(f"  … and {len(places) - SHOWN} more")
    console.print("--dry-run: nothing was changed")


def remove_due(retention: Retention, confirmed: Callable[[], None]) -> None:
    """Remove it, after a question."""
    _show_days(retention.days, retention.original_days)
    confirmed()
    removed = retention.run(LIMIT, lambda: 3600.0)
    told = removed.mails.get("mails", 0), removed.mails.get("originals", 0)
    console.print(f"removed: {told[0]} mails, {told[1]} originals alone")
    for table, rows in sorted(removed.rows.items()):
        console.print(f"  {table} {rows}")
    if not removed.complete:
        console.print(f"[yellow]more is left[/]: at most {LIMIT:,} at a time; repeat it")


def _show_days(days: Mapping[str, int], originals: Mapping[str, int]) -> None:
    for what, held in (("mails", days), ("originals", originals)):
        told = ", ".join(f"{account} {number} days" for account, number in sorted(held.items()))
        console.print(f"{what} are kept: {told + '; all other accounts ' if told else ''}for ever")
