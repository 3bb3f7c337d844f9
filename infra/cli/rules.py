"""`mailroom rules`: show, change, compare, roll back and try the operator's rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from chalicelib.policy.changes import pretty, summary, unified
from infra.cli.admin_api import Caller, admin_api, expect
from infra.cli.common import AS_JSON, ON_AWS, changing, confirm_environment, expected
from infra.cli.groups import Group
from infra.cli.rule_files import FILE, NUMBER, ROUTE, error_lines, fetched, read_rules
from infra.cli.rule_test import test_mail
from infra.cli.show import console, local_time, plain
from infra.cli.simulate import simulate

COMMENT = click.option("--comment", default="", help="Record this reason with the change.")


@dataclass(frozen=True)
class Change:
    """How a change was ordered: who, why, whether only to show it; `confirm` asks where needed and aborts on no."""

    author: str
    comment: str
    dry_run: bool
    confirm: Callable[[str], None]


@click.group(cls=Group)
def rules() -> None:
    """Show, test and change the rules: who may send, and what happens to which mail.

    The rules are one JSON document (docs/rules.md). Every change is a new version.
    """


@rules.command()
@click.argument("number", required=False, type=NUMBER)
@ON_AWS
@click.pass_obj
@expected
def show(folder: Path, number: int | None, aws: bool) -> None:
    """Print the document in force, or version NUMBER.

    The document goes to standard output, who changed it to standard error.

    Example: mailroom rules show > rules.json
    """
    show_document(admin_api(folder, aws), number)


@rules.command("set")
@click.argument("file", type=FILE)
@COMMENT
@click.option(
    "--base", type=NUMBER, help="Refuse the change unless this version is in force.  [default: the one in force now]"
)
@changing
@ON_AWS
@click.pass_obj
@expected
def set_rules(
    folder: Path, file: str, comment: str, base: int | None, author: str, dry_run: bool, yes: bool, aws: bool
) -> None:
    """Put a document in force, after showing what it changes.

    FILE is the document; - is standard input. An invalid document changes nothing.

    Example: mailroom rules set rules.json --comment "Media desk"
    """
    document = dict(read_rules(file).document)  # its mistakes are reported without any stack
    api = admin_api(folder, aws)
    change(api, document, base, Change(author, comment, dry_run, asking(api.environment, yes)))


@rules.command()
@click.argument("old", required=False, type=NUMBER)
@click.argument("new", required=False, type=NUMBER)
@ON_AWS
@click.pass_obj
@expected
def diff(folder: Path, old: int | None, new: int | None, aws: bool) -> None:
    """Show what changed from version OLD to version NEW.

    Without NEW, to the version in force; without OLD, from the version before NEW.
    """
    show_diff(admin_api(folder, aws), old, new)


@rules.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Show at most this many.")
@AS_JSON
@ON_AWS
@click.pass_obj
@expected
def history(folder: Path, limit: int, as_json: bool, aws: bool) -> None:
    """List the versions: who changed the rules, when and why, newest first."""
    show_history(admin_api(folder, aws), limit, as_json)


@rules.command()
@click.argument("number", type=NUMBER)
@COMMENT
@changing
@ON_AWS
@click.pass_obj
@expected
def rollback(folder: Path, number: int, comment: str, author: str, dry_run: bool, yes: bool, aws: bool) -> None:
    """Put the document of version NUMBER in force again, as a new version.

    Version 0 is the empty document: all senders are allowed, and no rule applies.
    """
    api = admin_api(folder, aws)
    roll_back(api, number, Change(author, comment, dry_run, asking(api.environment, yes)))


rules.add_command(test_mail)
rules.add_command(simulate)


def asking(environment: Mapping[str, str], yes: bool) -> Callable[[str], None]:
    """What asks before a change in that environment."""
    return lambda what: confirm_environment(what, environment, yes=yes)


def show_document(api: Caller, number: int | None) -> None:
    """The document on standard output, ready to be edited; who made it on standard error."""
    found = fetched(api, number)
    click.echo(pretty(found["document"]), nl=False)
    click.echo(_head(found), err=True)


def change(api: Caller, document: Mapping[str, Any], base: int | None, order: Change) -> None:
    """Show what the document changes, ask where needed, and put it in force."""
    base = fetched(api)["version"] if base is None else base
    body = {"document": document, "author": order.author, "comment": order.comment, "base_version": base}
    _apply(api, "PUT", ROUTE, body, order, "Put these rules in force")


def roll_back(api: Caller, number: int, order: Change) -> None:
    """The same with the document of an old version."""
    body = {"version": number, "author": order.author, "comment": order.comment}
    _apply(api, "POST", f"{ROUTE}/rollback", body, order, f"Roll the rules back to version {number}")


def show_diff(api: Caller, old: int | None, new: int | None) -> None:
    """What changed between two versions."""
    after = fetched(api, new)
    before = fetched(api, max(0, after["version"] - 1) if old is None else old)
    names = f"version {before['version']}", f"version {after['version']}"
    _show_change(summary(before["document"], after["document"]), unified(before["document"], after["document"], *names))


def show_history(api: Caller, limit: int, as_json: bool) -> None:
    """The changes, newest first; a rollback names the version that it restored beside its reason."""
    changes = expect(api.call("GET", f"{ROUTE}/versions?limit={limit}"), "The history cannot be shown")["versions"]
    if as_json:
        click.echo(json.dumps(changes, indent=1))
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for name in ("version", "when", "who", "why"):
        table.add_column(name, justify="right" if name == "version" else "left")
    for one in changes:
        restored = "" if one["restores"] is None else f"rollback to {one['restores']}"
        why = ": ".join(filter(None, (restored, one["comment"])))
        table.add_row(str(one["version"]), local_time(one["created_at"]), Text(plain(one["author"])), Text(plain(why)))
    console.print(table if changes else "the rules were never changed")


def _apply(api: Caller, method: str, path: str, body: Mapping[str, Any], order: Change, what: str) -> None:
    """Try it, show it, ask, and do it from the version that was shown."""
    tried = _expected(api.call(method, path, {**body, "dry_run": True}))
    _show_change(tried["changes"], tried["diff"])
    for one in tried["warnings"]:
        console.print(Text(f"warning: {plain(one['path'])}: {plain(one['message'])}", style="yellow"))
    if order.dry_run or not tried["diff"]:
        console.print("--dry-run: nothing was changed" if tried["diff"] else "nothing to change")
        return
    order.confirm(what)
    done = _expected(api.call(method, path, body))
    console.print(f"[green]version {done['version']}[/] is in force within seconds")


def _expected(answer: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    _, body = answer
    if body.get("status") == "invalid_rules":
        errors = error_lines((one["path"], one["message"]) for one in body["errors"])
        raise click.ClickException(
            f"The rules were not changed: the API does not accept them [invalid_rules]\n{errors}"
        )
    return expect(answer, "The rules were not changed")


def _show_change(changes: Sequence[str], diff: str) -> None:
    for line in diff.splitlines():
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        console.print(Text(plain(line), style=style), soft_wrap=True)
    for line in changes:
        console.print(Text(plain(line), style="bold"))


def _head(found: Mapping[str, Any]) -> str:
    if not found["version"]:
        return "version 0: no rules were ever saved"
    why = f": {plain(found['comment'])}" if found["comment"] else ""
    return f"version {found['version']}, {local_time(found['created_at'])} by {plain(found['author'])}{why}"
