"""`mailroom rules`: show, change, compare, roll back and try the operator's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from infra.cli.common import confirm_environment, told
from infra.cli.recovery import author_of, environment, on_aws

file_argument = click.Path(exists=True, dir_okay=False, allow_dash=True)
WITH = click.option("--with", "file", type=file_argument, help="A rule document instead of the one in force.")
COMMENT = click.option("--comment", default="", help="Why, for the history.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
NUMBER = click.IntRange(0, 2**31 - 1)


@click.group()
def rules() -> None:
    """Who may send, and what happens to which mail: one document, every change a version."""


def reaching(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every command has: `--aws`, and errors in one line."""
    return on_aws(click.pass_obj(told(command)))


def asking(environment: Mapping[str, str], yes: bool) -> Callable[[str], None]:
    """What asks before a change there."""
    return lambda what: confirm_environment(what, environment, yes=yes)


@rules.command()
@click.argument("number", required=False, type=NUMBER)
@reaching
def show(folder: Path, number: int | None, aws: bool) -> None:
    """The document in force, or a version: `mailroom rules show > rules.json`."""
    from infra.cli.admin_api import admin_api
    from infra.cli.rule_commands import show as run

    run(admin_api(folder, aws), number)


@rules.command("set")
@click.argument("file", type=file_argument)
@COMMENT
@click.option("--base", type=NUMBER, help="The version that the file was made from, if not the one in force.")
@author_of
@reaching
def set_rules(
    folder: Path, file: str, comment: str, base: int | None, author: str, dry_run: bool, yes: bool, aws: bool
) -> None:
    """Put a document in force; says what that changes. Nothing is changed when it is not valid."""
    from infra.cli.admin_api import admin_api
    from infra.cli.rule_commands import Change, change
    from infra.cli.rule_files import read_rules

    document = dict(read_rules(file).document)  # its mistakes are told without any stack
    api = admin_api(folder, aws)
    change(api, document, base, Change(author, comment, dry_run, asking(api.environment, yes)))


@rules.command()
@click.argument("old", required=False, type=NUMBER)
@click.argument("new", required=False, type=NUMBER)
@reaching
def diff(folder: Path, old: int | None, new: int | None, aws: bool) -> None:
    """What changed from version OLD (else the one before) to NEW (else the one in force)."""
    from infra.cli.admin_api import admin_api
    from infra.cli.rule_commands import diff as run

    run(admin_api(folder, aws), old, new)


@rules.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many.")
@AS_JSON
@reaching
def history(folder: Path, limit: int, as_json: bool, aws: bool) -> None:
    """Who changed the rules, when and why; newest first."""
    from infra.cli.admin_api import admin_api
    from infra.cli.rule_commands import history as run

    run(admin_api(folder, aws), limit, as_json)


@rules.command()
@click.argument("number", type=NUMBER)
@COMMENT
@author_of
@reaching
def rollback(folder: Path, number: int, comment: str, author: str, dry_run: bool, yes: bool, aws: bool) -> None:
    """Make a new version with the document of version NUMBER; 0 is the time before the first."""
    from infra.cli.admin_api import admin_api
    from infra.cli.rule_commands import Change
    from infra.cli.rule_commands import rollback as run

    api = admin_api(folder, aws)
    run(api, number, Change(author, comment, dry_run, asking(api.environment, yes)))


@rules.command("test")
@click.argument("mail", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@WITH
@click.option("--account", default="personal", show_default=True, help="Account that the mail belongs to.")
@click.option("--label", "labels", multiple=True, help="A Gmail label of the mail; may be repeated.")
@click.option("--at", metavar="TIME", help="As if it were then: 2026-01-31T18:30+01:00.")
@AS_JSON
@reaching
def test_mail(
    folder: Path,
    mail: Path,
    file: str | None,
    account: str,
    labels: tuple[str, ...],
    at: str | None,
    as_json: bool,
    aws: bool,
) -> None:
    """Which rules match a mail (.eml), and why. Without any effect, and never shows the mail."""
    from infra.cli.rule_commands import in_force, moment, try_mail
    from infra.cli.rule_files import read_rules

    if file:
        tried = read_rules(file)  # needs no stack
    else:
        from infra.cli.admin_api import admin_api

        tried = in_force(admin_api(folder, aws))
    try_mail(tried, mail.read_bytes(), account, labels, moment(at), as_json)


@rules.command()
@click.option("--since", default="7d", show_default=True, metavar="AGE", help="Mail of the last 30m, 24h, 7d or 2w.")
@click.option("--from", "number", type=NUMBER, help="Compare with this version, not with the one in force.")
@WITH
@AS_JSON
@reaching
def simulate(folder: Path, since: str, number: int | None, file: str | None, as_json: bool, aws: bool) -> None:
    """What changed rules would have done to stored and excluded mail: read-only, ids and codes only.

    Compares the rules in force with those of --with FILE; without a file, the version before with those in force.
    """
    from infra.cli.parts import parts
    from infra.cli.rule_files import read_rules
    from infra.cli.simulate import age, compared
    from infra.cli.simulate import simulate as run

    changed, span = read_rules(file) if file else None, age(since)
    with parts(environment(folder, aws)) as made:
        old, new = compared(made.rules.durable(), number, changed)
        run(made, old, new, span, as_json)
