"""`mailroom flag`: show the runtime flags, or switch one."""

from __future__ import annotations

from pathlib import Path

import click

from chalicelib.policy.flags import DEFAULTS
from infra.cli.admin_api import Caller, admin_api, expect
from infra.cli.codes import sentence
from infra.cli.common import ON_AWS, changing, confirm_environment, expected
from infra.cli.show import console


@click.command()
@click.argument("name", required=False, type=click.Choice(sorted(DEFAULTS)))
@click.argument("value", required=False, type=click.Choice(["on", "off"]))
@changing
@ON_AWS
@click.pass_obj
@expected
def flag(folder: Path, name: str | None, value: str | None, author: str, dry_run: bool, yes: bool, aws: bool) -> None:
    """Show the runtime flags, or switch one on or off.

    The functions see a change within seconds; who made it and when is recorded.

    Example: mailroom flag gmail_ingress_enabled off
    """
    if name and not value:
        raise click.UsageError(f"Say on or off: mailroom flag {name} on")
    api = admin_api(folder, aws)
    if name and value and not dry_run:
        confirm_environment(f"Switch {name} {value}", api.environment, yes=yes)
        switch_flag(api, name, value == "on", author)
    elif name and value:
        click.echo(f"--dry-run: {name} would be switched {value}; now:")
    show_flags(api)


def show_flags(api: Caller) -> None:
    """Print each flag and its value."""
    flags = expect(api.call("GET", "/status"), "The flags cannot be shown").get("flags", {})
    if "code" in flags:  # the database is unavailable
        raise click.ClickException(f"The flags cannot be shown: {sentence(flags['code'])}")
    for name, on in flags.items():
        console.print(f"  {name:<30} {'[green]on[/]' if on else '[red]off[/]'}")


def switch_flag(api: Caller, name: str, value: bool, author: str) -> None:
    """Change a flag through the authenticated route, which records who and when."""
    change = {"value": value, "author": author}
    expect(api.call("PUT", f"/admin/flags/{name}", change), f"{name} was not changed")
