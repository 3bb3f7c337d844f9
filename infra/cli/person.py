"""`mailroom erase` and `mailroom export`: the mail of one person, counted, erased or written into a file."""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from chalicelib.adapters.postgres.people import PostgresPeople
from chalicelib.bootstrap.container import Container
from chalicelib.bootstrap.parts.aws import file_target
from chalicelib.data_rights.erase import Eraser
from chalicelib.data_rights.export import DataExport
from chalicelib.data_rights.find import Found, PersonalDataFinder
from chalicelib.ports import Erasure
from infra.cli.common import ON_AWS, YES, changing, confirm_environment, environment, expected
from infra.cli.parts import parts
from infra.cli.show import console

ADDRESS = re.compile(r"[^\s@<>]{1,300}@[^\s@<>]{1,255}")
WHOSE = click.option(
    "--address",
    required=True,
    metavar="ADDRESS",
    help="The e-mail address of the person; - reads it from standard input.",
)
STATES = ("stored", "excluded", "quarantined", "in flight")


@click.command()
@WHOSE
@changing
@ON_AWS
@click.pass_obj
@expected
def erase(folder: Path, address: str, author: str, dry_run: bool, yes: bool, aws: bool) -> None:
    """Erase all mail from or to a person everywhere, and print the receipt.

    This cannot be undone. Backups of the database are not touched.

    Example: mailroom erase --address person@example.com --dry-run
    """
    wanted = address_of(address)
    reached = environment(folder, aws)
    with parts(reached) as made:
        found = show_found(made, wanted)
        if dry_run:
            click.echo("--dry-run: nothing was changed")
            return
        if number := len(found.mails):
            confirm_environment(f"Erase {number} mails for good", reached, yes=yes, always=True)
        sys.exit(erase_person(made, wanted, author))


@click.command()
@WHOSE
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path), help="Write this .zip; it must not exist."
)
@click.option("--dry-run", is_flag=True, help="Show how much would be written, and write nothing.")
@YES
@ON_AWS
@click.pass_obj
@expected
def export(folder: Path, address: str, target: Path, dry_run: bool, yes: bool, aws: bool) -> None:
    """Write all mail from or to a person into a zip: the originals in clear, and what Mailroom recorded about them.

    Example: mailroom export --address person@example.com --to person.zip
    """
    wanted = address_of(address)
    reached = environment(folder, aws)
    confirm_environment(f"Write originals in clear to {target} from", reached, yes=yes, dry_run=dry_run)
    with parts(reached) as made:
        if dry_run:
            show_found(made, wanted)
            click.echo("--dry-run: nothing was written")
            return
        export_person(made, wanted, target)


def address_of(given: str) -> str:
    """The address that a command is about. Raises `click.ClickException`, which does not repeat it."""
    address = sys.stdin.readline().strip() if given == "-" else given.strip()
    if not ADDRESS.fullmatch(address):
        raise click.ClickException("--address must be one e-mail address such as person@example.com, without a name.")
    return address


def people(made: Container) -> PostgresPeople:
    """The database as these commands use it."""
    return PostgresPeople(made.database, lambda: made.backend_secrets.text("raw_key"))


@contextmanager
def finder(made: Container) -> Iterator[PersonalDataFinder]:
    """Finds the mail and shows its progress."""
    with console.status("searching …") as shown:
        yield PersonalDataFinder(
            people(made),
            made.spool,
            made.dead_letters,
            made.pseudonym_key(),
            lambda what, number: shown.update(f"{what} {number:,} …"),
        )


def show_found(made: Container, address: str) -> Found:
    """Numbers by state and account; never a subject or an address."""
    with finder(made) as looking:
        found = looking.find(address, remember=False)
        named = people(made).rules_naming(address)
    states = Counter(mail.state or "in flight" for mail in found.mails)
    number = len(found.mails)
    console.print(f"{number} message{'' if number == 1 else 's'} from or to this address")
    for state in STATES:
        if states[state]:
            console.print(f"  {state} {states[state]}")
    for account, number in sorted(Counter(mail.place.account for mail in found.mails).items()):
        console.print(f"  account {account} {number}")
    if found.unreadable:
        console.print(
            f"[yellow]{len(found.unreadable)} sealed mails cannot be read[/]: whether they name this address is unknown"
        )
        for mail_id in found.unreadable[:20]:
            console.print(f"  {mail_id}")
    if found.unread:
        console.print(f"[yellow]dead-letter queues not read whole[/]: {', '.join(found.unread)}; mail may be missing")
    if named:
        versions = ", ".join(map(str, named))
        console.print(f"[yellow]the rules name this address[/] (versions {versions}); they are not changed")
    return found


def erase_person(made: Container, address: str, author: str) -> int:
    """Erase and print the receipt. The exit code is 1 when seals or dead-letter queues could not be read."""
    with finder(made) as looking:
        files = file_target(made)
        parts = (looking, people(made), made.spool, made.cache, made.store, made.settings.accounts, files)
        receipt = Eraser(*parts).erase(address, author)
    print(json.dumps(as_dict(receipt), indent=1))
    return int(any(receipt.counts.get(count) for count in ("unreadable", "seals_unreadable", "unread_queues")))


def export_person(made: Container, address: str, target: Path) -> None:
    """Write the zip, readable by its owner only. Raises `click.ClickException` if the file exists."""
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.ClickException(f"{target} exists: name a new file.") from None
    except OSError as error:
        raise click.ClickException(f"{target} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as out, finder(made) as looking:
            counts = DataExport(looking, people(made)).write(address, out)
    except BaseException:
        target.unlink(missing_ok=True)  # half an answer must not look like a whole one
        raise
    console.print(
        f"{counts['mails']} mails, {counts['originals']} with their original, in {target} (only you can read it)"
    )
    if counts["unreadable"]:
        console.print(f"[yellow]{counts['unreadable']} sealed mails cannot be read[/], see index.json")


def as_dict(receipt: Erasure) -> dict[str, object]:
    """The receipt for JSON: no personal data."""
    return {
        "erasure": receipt.id,
        "address_key": receipt.address_key,
        "author": receipt.author,
        "requested_at": receipt.requested_at.isoformat(timespec="seconds"),
        "finished_at": receipt.finished_at.isoformat(timespec="seconds") if receipt.finished_at else None,
        "counts": dict(sorted(receipt.counts.items())),
    }
