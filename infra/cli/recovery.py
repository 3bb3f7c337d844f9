"""The commands that prove that no mail is lost, and deal with mail that a stage gave up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from chalicelib.core.stages import STAGES
from infra.cli.common import confirm_environment, running, told
from infra.local.stack import Stack


def environment(folder: Path, aws: bool) -> dict[str, str]:
    """AWS variables of the stack that a command works on. Raises `NotRunning`."""
    from infra.cli.parts import ambient

    return ambient() if aws else running(Stack(folder, persist=True)).aws


def author_of(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that changes something."""
    options = (
        click.option("--author", envvar="USER", default="operator", show_default="$USER", help="Who does it."),
        click.option("--dry-run", is_flag=True, help="Show what would be done, change nothing."),
        click.option("--yes", is_flag=True, help="Do not ask."),
    )
    for option in options:
        command = option(command)
    return command


on_aws = click.option("--aws", is_flag=True, help="The stack of the shell's AWS credentials, not the local one.")


@click.command()
@click.option("--repair", is_flag=True, help="Send missing mail and overdue webhooks again, write missing notes.")
@click.option("--stalled", is_flag=True, help="With --repair: also what has been in flight for over an hour.")
@click.option("--dry-run", is_flag=True, help="With --repair: show what would be done, change nothing.")
@click.option("--older-than", type=click.IntRange(0, 100_000), metavar="MINUTES", help="A mail's time to arrive.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, with every id.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@on_aws
@click.pass_obj
@told
def verify(
    folder: Path,
    repair: bool,
    stalled: bool,
    dry_run: bool,
    older_than: int | None,
    as_json: bool,
    yes: bool,
    aws: bool,
) -> None:
    """Prove that no mail is lost: seen = stored + excluded + quarantined + in flight, and no webhook either.

    Exit code 0 only if so.
    """
    from infra.cli.parts import parts
    from infra.cli.proof import verify as run

    reached = environment(folder, aws)
    if repair:
        confirm_environment("Repair", reached, yes=yes, dry_run=dry_run)
    with parts(reached) as made:
        sys.exit(run(made.prover(), made.overdue_webhooks(), older_than, repair, dry_run, as_json, stalled))


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what the last comparison found, compare nothing.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@on_aws
@click.pass_obj
@told
def reconcile(folder: Path, dry_run: bool, as_json: bool, yes: bool, aws: bool) -> None:
    """Compare the mailboxes with the ledger, as every ten minutes; mail whose webhook never came is taken in."""
    import json

    from infra.cli.admin_api import admin_api, expect
    from infra.cli.reconcile import compare, show

    if dry_run:
        looks = expect(admin_api(folder, aws).call("GET", "/status"), "what the last comparison found")["mailboxes"]
        if not isinstance(looks, list):
            raise click.ClickException("the database is away: what was found is kept there")
    else:
        reached = environment(folder, aws)
        confirm_environment("Take in mail whose webhook never came", reached, yes=yes)
        looks = compare(reached)
    if as_json:
        click.echo(json.dumps(looks, indent=1))
    else:
        show(looks)
    sys.exit(1 if any(look["outcome"] == "failed" for look in looks) else 0)


@click.group()
def dlq() -> None:
    """Dead letters: mail that a stage gave up."""


@dlq.command("list")
@click.option("--stage", type=click.Choice([stage.name for stage in STAGES]), help="Only this stage.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@on_aws
@click.pass_obj
@told
def dlq_list(folder: Path, stage: str | None, as_json: bool, aws: bool) -> None:
    """Which mails lie in quarantine, and why."""
    from infra.cli.dead_letters import show_list
    from infra.cli.parts import parts

    with parts(environment(folder, aws)) as made:
        show_list(made.desk, stage, as_json)


@dlq.command("show")
@click.argument("mail_id")
@on_aws
@click.pass_obj
@told
def dlq_show(folder: Path, mail_id: str, aws: bool) -> None:
    """What is known of a mail in quarantine; anonymized, never the original."""
    from infra.cli.dead_letters import show_letter
    from infra.cli.parts import parts

    with parts(environment(folder, aws)) as made:
        show_letter(made.desk, mail_id)


@dlq.command("redrive")
@click.argument("mail_ids", nargs=-1)
@click.option("--stage", type=click.Choice([stage.name for stage in STAGES]), help="Every letter of this stage.")
@click.option("--all", "everything", is_flag=True, help="Every letter of every stage.")
@author_of
@on_aws
@click.pass_obj
@told
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
    """Send mails on their way again, once the cause is mended: some by id, or all of a stage."""
    from infra.cli.dead_letters import STAGE_NAMES, Order, redrive
    from infra.cli.parts import parts

    if [bool(mail_ids), bool(stage), everything].count(True) != 1:
        raise click.UsageError("name mail ids, or --stage, or --all")
    reached = environment(folder, aws)
    order = Order(author, dry_run, yes, reached)
    with parts(reached) as made:
        sys.exit(redrive(made.desk, mail_ids, [stage] if stage else STAGE_NAMES, order))


@dlq.command("discard")
@click.argument("mail_ids", nargs=-1, required=True)
@click.option("--reason", required=True, help="A code such as spam: a-z 0-9 _ . -, never a name or an address.")
@author_of
@on_aws
@click.pass_obj
@told
def dlq_discard(
    folder: Path, mail_ids: tuple[str, ...], reason: str, author: str, dry_run: bool, yes: bool, aws: bool
) -> None:
    """Give mails up for good: excluded in the ledger with the reason and the author, letters deleted."""
    from infra.cli.dead_letters import Order, discard
    from infra.cli.parts import parts

    reached = environment(folder, aws)
    order = Order(author, dry_run, yes, reached)
    with parts(reached) as made:
        sys.exit(discard(made.desk, mail_ids, reason, order))
