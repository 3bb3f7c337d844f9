"""`mailroom erase` and `mailroom export`: one person's mail, found, shown by numbers, erased or written out."""

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
from chalicelib.bootstrap.compose import Container
from chalicelib.bootstrap.compose_side import file_target
from chalicelib.data_rights.erase import Eraser
from chalicelib.data_rights.export import DataExport
from chalicelib.data_rights.find import Found, PersonalDataFinder
from chalicelib.ports import Erasure
from infra.cli.show import console

ADDRESS = re.compile(r"[^\s@<>]{1,300}@[^\s@<>]{1,255}")
STATES = ("stored", "excluded", "quarantined", "in flight")


def address_of(told: str) -> str:
    """The address that a command is about. Raises `click.ClickException` that does not repeat it."""
    address = sys.stdin.readline().strip() if told == "-" else told.strip()
    if not ADDRESS.fullmatch(address):
        raise click.ClickException("--address must be one e-mail address such as person@example.com, without a name")
    return address


def people(made: Container) -> PostgresPeople:
    """The database as these commands see it."""
    return PostgresPeople(made.database, lambda: made.backend_secrets.text("raw_key"))


@contextmanager
def finder(made: Container) -> Iterator[PersonalDataFinder]:
    """Finds the mail and shows how far it is."""
    with console.status("looking …") as shown:
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
    console.print(f"mails of this person: {len(found.mails)}")
    for state in STATES:
        if states[state]:
            console.print(f"  {state} {states[state]}")
    for account, number in sorted(Counter(mail.place.account for mail in found.mails).items()):
        console.print(f"  account {account} {number}")
    if found.unreadable:
        console.print(
            f"[yellow]{len(found.unreadable)} sealed mails cannot be opened[/]: nobody can say whose they are"
        )
        for mail_id in found.unreadable[:20]:
            console.print(f"  {mail_id}")
    if named:
        versions = ", ".join(map(str, named))
        console.print(
            f"[yellow]the rules name this address[/] (versions {versions}): they are yours, and stay as they are"
        )
    return found


def erase(made: Container, address: str, author: str) -> int:
    """Erase and print the receipt. The exit code is 1 when there are seals that nobody can open."""
    with finder(made) as looking:
        files = file_target(made)
        receipt = Eraser(looking, people(made), made.spool, made.cache, made.store, files).erase(address, author)
    print(json.dumps(told(receipt), indent=1))
    return 1 if receipt.counts.get("unreadable") else 0


def export(made: Container, address: str, target: Path) -> None:
    """Write the zip, readable by its owner only. Raises `click.ClickException` when there is such a file already."""
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.ClickException(f"{target} is there already: name a new file") from None
    except OSError as error:
        raise click.ClickException(f"{target} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as out, finder(made) as looking:
            counts = DataExport(looking, people(made)).write(address, out)
    except BaseException:
        target.unlink(missing_ok=True)  # half an answer must not look like a whole one
        raise
    console.print(f"{counts['mails']} mails, {counts['originals']} with their original, in {target} (yours only)")
    if counts["unreadable"]:
        console.print(f"[yellow]{counts['unreadable']} sealed mails cannot be opened[/], see index.json")


def told(receipt: Erasure) -> dict[str, object]:
    """The receipt as JSON holds it: no personal data."""
    return {
        "erasure": receipt.id,
        "address_key": receipt.address_key,
        "author": receipt.author,
        "requested_at": receipt.requested_at.isoformat(timespec="seconds"),
        "finished_at": receipt.finished_at.isoformat(timespec="seconds") if receipt.finished_at else None,
        "counts": dict(sorted(receipt.counts.items())),
    }
