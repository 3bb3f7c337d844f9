"""A rule document in a file: read strictly, every mistake with its place."""

from __future__ import annotations

import json
from typing import Any

import click

from chalicelib.policy.ruleset import InvalidRules, RuleSet, load

STDIN = "-"


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
    """The rule set in a file. Raises `click.ClickException` that tells every mistake with its path."""
    document = read_document(file)
    try:
        return load(document)
    except InvalidRules as error:
        raise click.ClickException(f"{file} is not valid:\n{told_errors(error.errors)}") from None


def told_errors(errors: Any) -> str:
    """One line a mistake: path and what to write there."""
    return "\n".join(f"  {path or 'document'}: {message}" for path, message in errors)


class _Wrong(ValueError):
    """JSON that says two things or no number; the text is for the operator."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Wrong(f"{twice!r} stands twice in one object: JSON would keep only the last")
    return made


def _no_number(name: str) -> Any:
    raise _Wrong(f"{name} is no JSON number")
