"""Rule documents for the commands: from a file, read strictly, or from the API."""

from __future__ import annotations

import json
from typing import Any

import click

from chalicelib.policy.ruleset import InvalidRules, RuleSet, load
from infra.cli.admin_api import Caller, expect

ROUTE = "/admin/rules"
FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)
NUMBER = click.IntRange(0, 2**31 - 1)
WITH = click.option("--with", "file", type=FILE, help="Use the document in this file instead of the one in force.")


def read_document(file: str) -> dict[str, Any]:
    """The document in a file (`-`: standard input). Raises `click.ClickException` with line and column."""
    try:
        with click.open_file(file, "rb") as opened:
            text = opened.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: byte {error.start} is not UTF-8: save the file as UTF-8") from None
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise click.ClickException(f"{file}: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (_Wrong, RecursionError) as error:
        raise click.ClickException(f"{file}: {error if isinstance(error, _Wrong) else 'nested too deep'}") from None
    if not isinstance(document, dict):
        raise click.ClickException(f"{file}: the document must be a JSON object, as in {{}}")
    return document


def read_rules(file: str) -> RuleSet:
    """The rule set in a file. Raises `click.ClickException`, which lists every mistake with its path."""
    document = read_document(file)
    try:
        return load(document)
    except InvalidRules as error:
        raise click.ClickException(f"{file} is not valid:\n{error_lines(error.errors)}") from None


def error_lines(errors: Any) -> str:
    """One line for each mistake: its path and what to write there."""
    return "\n".join(f"  {path or 'document'}: {message}" for path, message in errors)


def compiled(document: Any, version: int) -> RuleSet:
    """A saved document, compiled here. Raises `click.ClickException` if this version cannot read it."""
    try:
        return load(document, version)
    except InvalidRules as error:
        raise click.ClickException(
            f"This version of the command does not understand version {version} of the rules:\n"
            + error_lines(error.errors)
        ) from None


def fetched(api: Caller, number: int | None = None) -> dict[str, Any]:
    """The version in force, or version `number`; version 0 is the empty document."""
    if number == 0:
        return {"version": 0, "document": {}, "author": "", "comment": "", "created_at": "", "restores": None}
    path = ROUTE if number is None else f"{ROUTE}/versions/{number}"
    return expect(api.call("GET", path), "The rules cannot be shown")


def in_force(api: Caller) -> RuleSet:
    """The rules in force, compiled here."""
    found = fetched(api)
    return compiled(found["document"], found["version"])


class _Wrong(ValueError):
    """JSON with a name that occurs twice, or with a number that is none; the text is for the operator."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Wrong(f"{twice!r} occurs twice in one object: JSON would keep only the last")
    return made


def _no_number(name: str) -> Any:
    raise _Wrong(f"{name} is not a JSON number")
