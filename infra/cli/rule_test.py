"""`mailroom rules test`: which rules match a mail, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from chalicelib.mail.parse import parse
from chalicelib.policy.decision import as_dict
from chalicelib.policy.facts import facts_of
from chalicelib.policy.ruleset import RuleSet
from infra.cli.admin_api import admin_api
from infra.cli.common import AS_JSON, ON_AWS, expected
from infra.cli.rule_files import WITH, in_force, read_rules
from infra.cli.show import console, plain


@click.command("test")
@click.argument("mail", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@WITH
@click.option("--account", default="personal", show_default=True, help="Test it as mail of this account.")
@click.option("--label", "labels", multiple=True, help="Test it with this Gmail label; may be repeated.")
@click.option("--at", metavar="TIME", help="Test it as received then, such as 2026-01-31T18:30+01:00.  [default: now]")
@AS_JSON
@ON_AWS
@click.pass_obj
@expected
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
    """Show which rules match a mail (.eml), and why, without any effect.

    Nothing of the mail is printed.

    Example: mailroom rules test mail.eml --with rules.json
    """
    tried = read_rules(file) if file else in_force(admin_api(folder, aws))  # a file needs no stack
    try_mail(tried, mail.read_bytes(), account, labels, moment(at), as_json)


def try_mail(
    rules: RuleSet, raw: bytes, account: str, labels: Sequence[str], now: datetime, as_json: bool = False
) -> None:
    """Print the decision, and each rule that was evaluated with its reason; nothing of the mail."""
    decision = rules.decide(facts_of(parse(raw), account, labels), now)
    if as_json:
        click.echo(json.dumps({"version": rules.version} | as_dict(decision), indent=1))
        return
    for name, value in as_dict(decision).items():
        if value and name not in ("matches", "rules"):
            console.print(f"{name:<11} {plain(', '.join(value) if isinstance(value, list) else str(value))}")
    if not decision.matches:
        console.print("no rule was evaluated")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for name in ("rule", "matches", "why"):
        table.add_column(name)
    for match in decision.matches:
        mark = Text("yes", style="green") if match.matched else Text("no", style="dim")
        table.add_row(Text(plain(match.rule)), mark, Text(plain(match.why)))
    console.print(table)


def moment(text: str | None) -> datetime:
    """A time with its offset; now when there is none. Raises `click.UsageError`."""
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError("--at must be a time such as 2026-01-31T18:30+01:00") from None
    if found.tzinfo is None:
        raise click.UsageError("--at needs an offset: 2026-01-31T18:30+01:00, or Z for UTC")
    return found
