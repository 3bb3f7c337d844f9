"""`mailroom rules simulate`: what other rules would have done to past mail; ids, names of rules and codes only."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from chalicelib.bootstrap.container import Container
from chalicelib.policy.decision import as_dict
from chalicelib.policy.ruleset import RuleSet
from chalicelib.ports import RuleStore
from infra.cli.common import AS_JSON, ON_AWS, environment, expected
from infra.cli.parts import parts
from infra.cli.replay import Archive, Past
from infra.cli.rule_files import NUMBER, WITH, compiled, read_rules
from infra.cli.show import console, plain

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
COMPARED = (
    *("verdict", "reason", "rule", "retry_at", "hold_until"),
    *("topic", "priority", "category", "webhooks", "offload"),
)
"""The parts of a decision that have an effect."""


class Mails(Protocol):
    """Past mail, oldest first (`replay.Archive`)."""

    def count(self) -> int:
        """How many."""

    def mails(self) -> Iterator[Past]:
        """Each of them."""


@dataclass(frozen=True, slots=True)
class Side:
    """A rule set and what it is called."""

    name: str
    rules: RuleSet


@dataclass(frozen=True, slots=True)
class Difference:
    """One mail that the two rule sets treat differently: field → (before, after)."""

    mail_id: str
    state: str
    fields: dict[str, tuple[Any, Any]]


@click.command()
@click.option(
    "--since",
    default="7d",
    show_default=True,
    metavar="AGE",
    help="Replay the mail of this last time, such as 30m, 24h, 7d or 2w.",
)
@click.option("--from", "number", type=NUMBER, help="Compare with this version.  [default: the version in force]")
@WITH
@AS_JSON
@ON_AWS
@click.pass_obj
@expected
def simulate(folder: Path, since: str, number: int | None, file: str | None, as_json: bool, aws: bool) -> None:
    """Show what other rules would have done to stored and excluded mail, without any effect.

    Compares the rules in force with the document of --with; without it, the version before with the one in force.
    Prints ids, names of rules and codes only.

    Example: mailroom rules simulate --since 7d --with rules.json
    """
    changed, span = read_rules(file) if file else None, age(since)
    with parts(environment(folder, aws)) as made:
        old, new = compared(made.rules.durable(), number, changed)
        replay(made, old, new, span, as_json)


def replay(made: Container, old: Side, new: Side, span: timedelta, as_json: bool) -> None:
    """Compare the two rule sets on the mail of that span. Nothing is written anywhere."""
    since = datetime.now(UTC) - span
    labels = any('"label"' in json.dumps(side.rules.document) for side in (old, new))
    archive = Archive(made.database, made.backend_secrets.text("raw_key"), made.spool, since, labels)
    report(archive, old, new, since, as_json)


def report(archive: Mails, old: Side, new: Side, since: datetime, as_json: bool) -> None:
    """Print every difference as it is found, then the counts."""
    counts: Counter[str] = Counter()
    names = f"{old.name} → {new.name}"
    with _watched(archive.count()) as mails:
        for difference in differences(mails(archive.mails()), old.rules, new.rules, counts):
            _print_difference(difference, as_json)
    if as_json:
        click.echo(json.dumps({"summary": dict(counts), "since": since.isoformat(), "compared": names}))
        return
    start = f"{since.astimezone():%Y-%m-%d %H:%M %Z}"
    console.print(f"{names}, mail since {start}: {counts['mails']} mails, {counts['differ']} differ")
    for name, number in sorted(counts.items()):
        if name not in ("mails", "differ"):
            console.print(Text(plain(f"  {number:>7}  {name}")))


def differences(mails: Iterable[Past], old: RuleSet, new: RuleSet, counts: Counter[str]) -> Iterator[Difference]:
    """Each mail that the two decide about differently, as received then; fills `counts`."""
    for mail in mails:
        counts["mails"] += 1
        if mail.facts is None:
            counts[f"not compared: {mail.code}"] += 1
            continue
        before, after = (as_dict(rules.decide(mail.facts, mail.received_at)) for rules in (old, new))
        changed = {name: (before[name], after[name]) for name in COMPARED if before[name] != after[name]}
        if changed:
            counts["differ"] += 1
            for name, pair in changed.items():
                if name not in ("retry_at", "hold_until"):
                    counts[f"{name}: {_value(pair[0])} → {_value(pair[1])}"] += 1
            yield Difference(mail.mail_id, mail.state, changed)


def compared(store: RuleStore, number: int | None, changed: RuleSet | None) -> tuple[Side, Side]:
    """Version `number`, else the one in force, and `changed`; without that, the version before and the one in force."""
    found = store.current()
    version = found.change.version if found else 0
    current = _loaded(version, found.document if found else {})
    new = current if changed is None else Side("the file", changed)
    if number is None:
        if changed is not None:
            return current, new
        number = max(0, version - 1)
    old = store.version(number) if number else None
    if number and old is None:
        raise click.ClickException(f"There is no version {number} of the rules: see `mailroom rules history`.")
    return _loaded(number, old.document if old else {}), new


def age(text: str) -> timedelta:
    """How long ago. Raises `click.UsageError`."""
    found = re.fullmatch(r"([0-9]{1,4})([mhdw])", text)
    if not found or not int(found[1]):
        raise click.UsageError("--since must be such as 30m, 24h, 7d or 2w")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _loaded(version: int, document: Any) -> Side:
    return Side(f"version {version}", compiled(document, version))


def _print_difference(difference: Difference, as_json: bool) -> None:
    if as_json:
        fields = {name: {"from": pair[0], "to": pair[1]} for name, pair in difference.fields.items()}
        click.echo(json.dumps({"mail_id": difference.mail_id, "state": difference.state, "differences": fields}))
        return
    words = (f"{name} {_value(old)} → {_value(new)}" for name, (old, new) in difference.fields.items())
    console.print(Text(plain(f"{difference.mail_id}  {difference.state:<8}  {'; '.join(words)}")), soft_wrap=True)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(value) or "–"
    return {True: "yes", False: "no", "": "–"}.get(value, str(value))


@contextmanager
def _watched(total: int) -> Iterator[Callable[[Iterable[Past]], Iterator[Past]]]:
    """A progress bar on standard error, if that is a terminal."""
    watching = Console(stderr=True)
    columns = TextColumn("replaying"), BarColumn(40), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=watching, transient=True, disable=not watching.is_terminal) as bar:
        task = bar.add_task("mails", total=total)

        def counted(mails: Iterable[Past]) -> Iterator[Past]:
            for mail in mails:
                yield mail
                bar.advance(task)

        yield counted
