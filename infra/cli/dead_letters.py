"""`mailroom dlq`: list, show, redrive and discard dead letters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from chalicelib.core.errors import Permanent
from chalicelib.operations.dead_letters import STAGE_NAMES, DeadLetterDesk, Outcome
from chalicelib.ports.dead_letter_records import DeadLetterRecord
from infra.cli.common import confirm_environment
from infra.cli.show import console, plain

COLUMNS = ("stage", "mail_id", "reason", "error", "attempts", "first_at", "last_at")


@dataclass(frozen=True)
class Order:
    """How a command that changes something was given: who, whether only to show, whether without asking."""

    author: str
    dry_run: bool
    yes: bool
    environment: Mapping[str, str]

    def confirmed(self, what: str) -> None:
        """Ask, naming the environment, unless told not to. Aborts on no."""
        confirm_environment(what, self.environment, yes=self.yes, dry_run=self.dry_run, always=True)


def show_list(desk: DeadLetterDesk, stage: str | None, as_json: bool) -> None:
    """The letters, oldest first in each stage."""
    found = desk.listing([stage] if stage else STAGE_NAMES)
    if as_json:
        letters = [letter.summary() for letter in found.letters]
        print(json.dumps({"letters": letters, "complete": found.complete}, indent=1))
        return
    console.print(letter_table(found.letters) if found.letters else "no dead letters")
    if not found.complete:
        console.print("[yellow]there are more[/]: somebody else is reading the queue, or it holds over a thousand")


def letter_table(letters: Sequence[DeadLetterRecord]) -> Table:
    """Ids, codes and times; a letter without a mail in it is named by its own id."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for name in COLUMNS:
        table.add_column(name.replace("_", " "), justify="right" if name == "attempts" else "left", no_wrap=True)
    for letter in letters:
        told = letter.summary()
        told["mail_id"] = told["mail_id"] or f"({told['letter_id']})"
        table.add_row(*(Text(plain(_short(name, str(told[name])))) for name in COLUMNS))
    return table


def show_letter(desk: DeadLetterDesk, identifier: str) -> None:
    """Everything anonymized that a mail's letters hold, as JSON."""
    print(json.dumps([letter.shown() for letter in desk.show(identifier)], indent=1))


def redrive(desk: DeadLetterDesk, identifiers: Sequence[str], stages: Sequence[str], order: Order) -> int:
    """Send the chosen letters, or all of the stages, on their way again; the exit code is 1 when one was not."""
    if identifiers:
        order.confirmed(f"Redrive {len(identifiers)} letter(s)")
        return _tell("redriven", desk.redrive(identifiers, order.author, order.dry_run), order.dry_run)
    order.confirmed(f"Redrive every dead letter of {', '.join(stages)}")
    return max(_redrive_all(desk, stage, order) for stage in stages)


def _redrive_all(desk: DeadLetterDesk, stage: str, order: Order) -> int:
    found = desk.listing([stage])
    if not order.dry_run and found.letters:
        try:
            desk.redrive_all(stage, order.author)
        except Permanent as error:
            if error.code != "move_unsupported":
                raise
        else:
            console.print(f"{stage}: the queue moves its letters back by itself")
            return 0
    # An emulator without StartMessageMoveTask: one by one, from here and never from a function.
    return _tell(
        "redriven", desk.redrive([one.dead.id for one in found.letters], order.author, order.dry_run), order.dry_run
    )


def discard(desk: DeadLetterDesk, identifiers: Sequence[str], reason: str, order: Order) -> int:
    """Exclude the mails for good and delete their letters; the exit code is 1 when one was not."""
    order.confirmed(f"Discard {len(identifiers)} letter(s) for good, reason {reason!r},")
    return _tell("discarded", desk.discard(identifiers, reason, order.author, order.dry_run), order.dry_run)


def _tell(what: str, outcome: Outcome, dry_run: bool) -> int:
    console.print(("would be " if dry_run else "") + f"{what} {len(outcome.done)}")
    if outcome.done:
        console.print(letter_table(outcome.done))
    for mail_id in outcome.written_off:
        console.print(f"{'would be ' if dry_run else ''}written off, no letter is left of it: {mail_id}")
    for letter, code in outcome.failed:
        console.print(f"[red]{code}[/] {letter.mail_id or letter.dead.id}")
    for identifier in outcome.unknown:
        hint = "" if outcome.complete else " (not every letter could be looked at: try again)"
        console.print(f"[red]no such letter[/] {identifier}{hint}")
    return 1 if outcome.failed or outcome.unknown else 0


def _short(name: str, value: str) -> str:
    return value[:19].replace("T", " ") if name.endswith("_at") else value
