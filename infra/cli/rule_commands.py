"""What `mailroom rules` does through the operator's routes, and how it prints it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from chalicelib.mail.parse import parse
from chalicelib.policy.changes import pretty, summary, unified
from chalicelib.policy.decision import as_dict
from chalicelib.policy.facts import facts_of
from chalicelib.policy.ruleset import InvalidRules, RuleSet, load
from infra.cli.admin_api import Caller, expect
from infra.cli.rule_files import told_errors
from infra.cli.show import console, plain

ROUTE = "/admin/rules"


@dataclass(frozen=True)
class Change:
    """How a change was ordered: who, why, whether only to show; `confirm` asks where that is due, aborts on no."""

    author: str
    comment: str
    dry_run: bool
    confirm: Callable[[str], None]


def show(api: Caller, number: int | None) -> None:
    """The document on standard output, ready to be edited; who made it on standard error."""
    found = fetched(api, number)
    click.echo(pretty(found["document"]), nl=False)
    click.echo(_head(found), err=True)


def change(api: Caller, document: Mapping[str, Any], base: int | None, order: Change) -> None:
    """Show what the document changes, ask where that is due, and put it in force."""
    base = fetched(api)["version"] if base is None else base
    body = {"document": document, "author": order.author, "comment": order.comment, "base_version": base}
    _done(api, "PUT", ROUTE, body, order, "Put these rules in force")


def rollback(api: Caller, number: int, order: Change) -> None:
    """The same with the document of an old version."""
    body = {"version": number, "author": order.author, "comment": order.comment}
    _done(api, "POST", f"{ROUTE}/rollback", body, order, f"Roll the rules back to version {number}")


def diff(api: Caller, old: int | None, new: int | None) -> None:
    """What changed between two versions."""
    after = fetched(api, new)
    before = fetched(api, max(0, after["version"] - 1) if old is None else old)
    names = f"version {before['version']}", f"version {after['version']}"
    _show_change(summary(before["document"], after["document"]), unified(before["document"], after["document"], *names))


def history(api: Caller, limit: int, as_json: bool) -> None:
    """The changes, newest first."""
    changes = expect(api.call("GET", f"{ROUTE}/versions?limit={limit}"), "not shown")["versions"]
    if as_json:
        click.echo(json.dumps(changes, indent=1))
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for name in ("version", "when", "who", "why"):
        table.add_column(name, justify="right" if name == "version" else "left")
    for one in changes:
        why = one["comment"] or (f"rollback to {one['restores']}" if one["restores"] else "")
        when = one["created_at"][:19].replace("T", " ")
        table.add_row(str(one["version"]), when, Text(plain(one["author"])), Text(plain(why)))
    console.print(table if changes else "the rules were never changed")


def in_force(api: Caller) -> RuleSet:
    """The rules in force, compiled here."""
    found = fetched(api)
    try:
        return load(found["document"], found["version"])
    except InvalidRules as error:
        raise click.ClickException(
            f"version {found['version']} is in force, but this version of the command does not understand it:\n"
            + told_errors(error.errors)
        ) from None


def try_mail(
    rules: RuleSet, raw: bytes, account: str, labels: Sequence[str], now: datetime, as_json: bool = False
) -> None:
    """The decision, and each rule that was looked at with its reason; nothing of the mail."""
    decision = rules.decide(facts_of(parse(raw), account, labels), now)
    if as_json:
        click.echo(json.dumps({"version": rules.version} | as_dict(decision), indent=1))
        return
    for name, value in as_dict(decision).items():
        if value and name not in ("matches", "rules"):
            console.print(f"{name:<11} {plain(', '.join(value) if isinstance(value, list) else str(value))}")
    if not decision.matches:
        console.print("no rule was looked at")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for name in ("rule", "matches", "why"):
        table.add_column(name)
    for match in decision.matches:
        mark = Text("yes", style="green") if match.matched else Text("no", style="dim")
        table.add_row(Text(plain(match.rule)), mark, Text(plain(match.why)))
    console.print(table)


def moment(text: str | None) -> datetime:
    """A time with its offset, now when there is none. Raises `click.UsageError`."""
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError("--at must be a time such as 2026-01-31T18:30+01:00") from None
    if found.tzinfo is None:
        raise click.UsageError("--at needs an offset: 2026-01-31T18:30+01:00, or Z for UTC")
    return found


def fetched(api: Caller, number: int | None = None) -> dict[str, Any]:
    """The version in force, or one; version 0 is the empty document."""
    if number == 0:
        return {"version": 0, "document": {}, "author": "", "comment": "", "created_at": "", "restores": None}
    path = ROUTE if number is None else f"{ROUTE}/versions/{number}"
    return expect(api.call("GET", path), "not shown")


def _done(api: Caller, method: str, path: str, body: Mapping[str, Any], order: Change, what: str) -> None:
    """Try it, show it, ask, do it: from the version that was shown."""
    tried = _expected(api.call(method, path, {**body, "dry_run": True}))
    _show_change(tried["changes"], tried["diff"])
    if order.dry_run or not tried["diff"]:
        console.print("--dry-run: nothing was changed" if tried["diff"] else "nothing to change")
        return
    order.confirm(what)
    done = _expected(api.call(method, path, body))
    console.print(f"[green]version {done['version']}[/] is in force within seconds")


def _expected(answer: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    _, body = answer
    if body.get("status") == "invalid_rules":
        errors = told_errors((one["path"], one["message"]) for one in body["errors"])
        raise click.ClickException(f"not changed, the deployed Mailroom does not take these rules:\n{errors}")
    return expect(answer, "not changed")


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
    return f"version {found['version']}, {found['created_at'][:19]}Z by {plain(found['author'])}{why}"
