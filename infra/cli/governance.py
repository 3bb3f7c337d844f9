"""The commands about what is kept: retention, and the mail of one person."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from infra.cli.common import confirm_environment, told
from infra.cli.recovery import author_of, environment, on_aws

whose = click.option("--address", required=True, help="The person's e-mail address; - reads it from standard input.")


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


@click.command()
@whose
@author_of
@on_aws
@click.pass_obj
@told
def erase(folder: Path, address: str, author: str, dry_run: bool, yes: bool, aws: bool) -> None:
    """Erase all mail that names a person as sender or recipient, and print the receipt. Cannot be undone."""
    from infra.cli import person
    from infra.cli.parts import parts

    wanted = person.address_of(address)
    reached = environment(folder, aws)
    with parts(reached) as made:
        found = person.show_found(made, wanted)
        if dry_run:
            click.echo("--dry-run: nothing was changed")
            return
        number = len(found.mails)
        if number:
            confirm_environment(f"Erase {number} mails for good", reached, yes=yes, always=True)
        sys.exit(person.erase(made, wanted, author))


@click.command()
@whose
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="The .zip to write; must be new.")
@click.option("--dry-run", is_flag=True, help="Show how much would be written, write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@on_aws
@click.pass_obj
@told
def export(folder: Path, address: str, target: Path, dry_run: bool, yes: bool, aws: bool) -> None:
    """Write all mail that names a person into a zip: originals, and what Mailroom says of each. In the clear."""
    from infra.cli import person
    from infra.cli.parts import parts

    wanted = person.address_of(address)
    reached = environment(folder, aws)
    confirm_environment(f"Write originals in the clear to {target} from", reached, yes=yes, dry_run=dry_run)
    with parts(reached) as made:
        if dry_run:
            person.show_found(made, wanted)
            click.echo("--dry-run: nothing was written")
            return
        person.export(made, wanted, target)
