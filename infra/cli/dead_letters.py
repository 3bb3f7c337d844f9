"""`mailroom dlq`: list, show, redrive and discard failed messages."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from chalicelib.core.errors import Permanent
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.operations.dead_letters import DeadLetterDesk, Outcome
from chalicelib.ports.dead_letter_records import DeadLetterRecord
from infra.cli.codes import sentence
from infra.cli.common import AS_JSON, ON_AWS, changing, confirm_environment, environment, expected
from infra.cli.groups import Group
from infra.cli.parts import parts
from infra.cli.show import console, local_time, plain

COLUMNS = ("stage", "mail_id", "reason", "error", "attempts", "first_at", "last_at")


@dataclass(frozen=True)
class Order:
    """How a command that changes something was given: who, whether only to show, whether without asking."""

    author: str
    dry_run: bool
    yes: bool
    environment: Mapping[str, str]

    def confirmed(self, what: str) -> None:
        """Ask, naming the environment, unless confirmation is skipped. Aborts on no."""
        confirm_environment(what, self.environment, yes=self.yes, dry_run=self.dry_run, always=True)


@click.group(cls=Group)
def dlq() -> None:
    """List, show, redrive and discard failed messages (dead-letter queues)."""


@dlq.command("list")
@click.option("--stage", type=click.Choice(STAGE_NAMES), help="List only this stage.  [default: all stages]")
@AS_JSON
@ON_AWS
@click.pass_obj
@expected
def dlq_list(folder: Path, stage: str | None, as_json: bool, aws: bool) -> None:
    """List failed messages with the stage, the mail id and the reason, oldest first."""
    with parts(environment(folder, aws)) as made:
        show_list(made.desk, stage, as_json)


@dlq.command("show")
@click.argument("mail_id")
@ON_AWS
@click.pass_obj
@expected
def dlq_show(folder: Path, mail_id: str, aws: bool) -> None:
    """Print the failed messages of a mail as JSON: anonymized, never the original."""
    with parts(environment(folder, aws)) as made:
        show_message(made.desk, mail_id)


@dlq.command("redrive")
@click.argument("mail_ids", nargs=-1)
@click.option("--stage", type=click.Choice(STAGE_NAMES), help="Redrive every failed message of this stage.")
@click.option("--all", "everything", is_flag=True, help="Redrive every failed message of every stage.")
@changing
@ON_AWS
@click.pass_obj
@expected
def dlq_redrive(
    folder: Path,
    mail_ids: tuple[str, ...],
    stage: str | None,
    everything: bool,
    author: str,
    dry_run: bool,
    yes: bool,
    aws: bool,
) -> None:
    """Send failed messages to their stages again, once the cause is fixed.

    Name mail ids, --stage or --all. A redrive is safe at any time: no mail is stored or notified twice.

    Example: mailroom dlq redrive --stage classify
    """
    if [bool(mail_ids), bool(stage), everything].count(True) != 1:
        raise click.UsageError("Name mail ids, --stage or --all: one of the three.")
    reached = environment(folder, aws)
    order = Order(author, dry_run, yes, reached)
    with parts(reached) as made:
        sys.exit(redrive(made.desk, mail_ids, [stage] if stage else STAGE_NAMES, order))


@dlq.command("discard")
@click.argument("mail_ids", nargs=-1, required=True)
@click.option(
    "--reason",
    required=True,
    metavar="CODE",
    help="Record this reason, such as spam: a code of at most 60 of a-z 0-9 _ . -, never a name or an address.",
)
@changing
@ON_AWS
@click.pass_obj
@expected
def dlq_discard(
    folder: Path, mail_ids: tuple[str, ...], reason: str, author: str, dry_run: bool, yes: bool, aws: bool
) -> None:
    """Give mails up for good: exclude them in the ledger and delete their failed messages.

    The ledger keeps the reason and the author. This cannot be undone.

    Example: mailroom dlq discard MAIL_ID --reason spam
    """
    reached = environment(folder, aws)
    order = Order(author, dry_run, yes, reached)
    with parts(reached) as made:
        sys.exit(discard(made.desk, mail_ids, reason, order))


def show_list(desk: DeadLetterDesk, stage: str | None, as_json: bool) -> None:
    """Print the failed messages, oldest first in each stage."""
    found = desk.listing([stage] if stage else STAGE_NAMES)
    if as_json:
        records = [record.summary() for record in found.records]
        print(json.dumps({"messages": records, "complete": found.complete}, indent=1))
        return
    console.print(record_table(found.records) if found.records else "no failed messages")
    if not found.complete:
        console.print("[yellow]there are more[/]: another reader holds some, or the queue has more than a thousand")


def record_table(records: Sequence[DeadLetterRecord]) -> Table:
    """Ids, codes and times; a message that holds no mail is named by its own id."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for name in COLUMNS:
        table.add_column(name.replace("_", " "), justify="right" if name == "attempts" else "left", no_wrap=True)
    for record in records:
        shown = record.summary()
        shown["mail_id"] = shown["mail_id"] or f"({shown['message_id']})"
        table.add_row(*(Text(plain(_cell(name, str(shown[name])))) for name in COLUMNS))
    return table


def show_message(desk: DeadLetterDesk, identifier: str) -> None:
    """Print everything anonymized that a mail's failed messages hold, as JSON."""
    print(json.dumps([record.shown() for record in desk.show(identifier)], indent=1))


def redrive(desk: DeadLetterDesk, identifiers: Sequence[str], stages: Sequence[str], order: Order) -> int:
    """Redrive the chosen failed messages, or all of the stages; the exit code is 1 if one was not redriven."""
    if identifiers:
        order.confirmed(f"Redrive {_number(identifiers)}")
        return _report("redriven", desk.redrive(identifiers, order.author, order.dry_run), order.dry_run)
    order.confirmed(f"Redrive every failed message of {', '.join(stages)}")
    return max(_redrive_all(desk, stage, order) for stage in stages)


def _redrive_all(desk: DeadLetterDesk, stage: str, order: Order) -> int:
    found = desk.listing([stage])
    if not order.dry_run and found.records:
        try:
            desk.redrive_all(stage, order.author)
        except Permanent as error:
            if error.code != "move_unsupported":
                raise
        else:
            console.print(f"{stage}: SQS moves the messages of the whole queue back")
            return 0
    # An emulator without StartMessageMoveTask: one by one, from here and never from a function.
    return _report(
        "redriven", desk.redrive([one.dead.id for one in found.records], order.author, order.dry_run), order.dry_run
    )


def discard(desk: DeadLetterDesk, identifiers: Sequence[str], reason: str, order: Order) -> int:
    """Exclude the mails for good and delete their failed messages; the exit code is 1 if one was not discarded."""
    order.confirmed(f"Discard {_number(identifiers)} for good, reason {reason!r},")
    return _report("discarded", desk.discard(identifiers, reason, order.author, order.dry_run), order.dry_run)


def _report(what: str, outcome: Outcome, dry_run: bool) -> int:
    console.print(("would be " if dry_run else "") + f"{what} {len(outcome.done)}")
    if outcome.done:
        console.print(record_table(outcome.done))
    for mail_id in outcome.written_off:
        console.print(f"{'would be ' if dry_run else ''}written off, it has no failed message any more: {mail_id}")
    for record, code in outcome.failed:
        console.print(Text.assemble(("failed ", "red"), f"{record.mail_id or record.dead.id}: {sentence(code)}"))
    for identifier in outcome.unknown:
        hint = "" if outcome.complete else " (another reader holds some messages: try again)"
        console.print(Text.assemble(("no failed message ", "red"), plain(identifier), hint))
    return 1 if outcome.failed or outcome.unknown else 0


def _number(identifiers: Sequence[str]) -> str:
    return "1 failed message" if len(identifiers) == 1 else f"{len(identifiers)} failed messages"


def _cell(name: str, value: str) -> str:
    return local_time(value) if name.endswith("_at") else value
