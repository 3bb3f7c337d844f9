"""The commands about what is kept: retention, and the mail of one person."""

from __future__ import annotations

from pathlib import Path

import click

from infra.cli.common import confirm_environment, told
from infra.cli.recovery import environment, on_aws


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be removed, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@on_aws
@click.pass_obj
@told
def retention(folder: Path, dry_run: bool, yes: bool, aws: bool) -> None:
    """Remove mail that is over its account's days (RetentionDays), as the hourly job does by itself."""
    from infra.cli.parts import parts
    from infra.cli.retention import remove_due, show_due

    reached = environment(folder, aws)
    with parts(reached) as made:
        if dry_run:
            show_due(made.retention())
        else:
            ask = "Remove mail that is over its time"
            remove_due(made.retention(), lambda: confirm_environment(ask, reached, yes=yes, always=True))
