"""`mailroom flag`: the runtime flags as the doors see them, and switching one."""

from __future__ import annotations

import click

from infra.cli.admin_api import Caller, expect
from infra.cli.show import console


def show_flags(api: Caller) -> None:
    """Each flag and its value."""
    flags = expect(api.call("GET", "/status"), "not shown").get("flags", {})
    if "code" in flags:  # the database is away
        raise click.ClickException(f"the flags cannot be read now: {flags['code']}")
    for name, on in flags.items():
        console.print(f"  {name:<30} {'[green]on[/]' if on else '[red]off[/]'}")


def switch_flag(api: Caller, name: str, value: bool, author: str) -> None:
    """Change a flag through the authenticated route, which records who and when."""
    expect(api.call("PUT", f"/admin/flags/{name}", {"value": value, "author": author}), "not changed")
