"""`mailroom anonymize file.eml`: the mail as the later stages would see it, with the reason of every replacement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chalicelib.mail.model import Mail
from chalicelib.mail.parse import parse
from chalicelib.privacy.engine import RulesAnonymizer
from chalicelib.privacy.mapping import TOKEN
from chalicelib.privacy.model import Anonymized
from infra.cli.common import AS_JSON, expected
from infra.cli.mailfiles import problem_of

COLOURS = {
    "PERSON": "bold magenta",
    "ORGANIZATION": "cyan",
    "LOCATION": "green",
    "ADDRESS": "green",
    "EMAIL_ADDRESS": "yellow",
    "PHONE_NUMBER": "yellow",
    "URL": "blue",
    "SECRET": "bold red",
}
_STYLE = """body{font:15px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
pre{white-space:pre-wrap}
mark{border-radius:3px;padding:0 .2em;background:#fde68a}
mark.PERSON{background:#f5d0fe}
mark.LOCATION,mark.ADDRESS{background:#bbf7d0}
mark.SECRET{background:#fecaca}
td,th{text-align:left;padding:.1rem .8rem .1rem 0}"""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
@click.option("--html", "html_out", type=click.Path(path_type=Path), help="Also write a page with highlights.")
@expected
def anonymize(file: Path, as_json: bool, html_out: Path | None) -> None:
    """Show a mail as the later stages see it, with the reason of each replacement.

    Needs no running stack. Nothing of the original is printed.
    """
    if problem := problem_of(file.read_bytes()):
        raise click.ClickException(f"{file}: {problem}")
    run(file, as_json, html_out)


def run(path: Path, as_json: bool = False, html_out: Path | None = None, engine: RulesAnonymizer | None = None) -> None:
    """Anonymize one RFC 822 file and print it; `html_out` also writes a page with highlights.

    What is shown is anonymized: originals appear nowhere, in no format. Loads the models unless an `engine` is given.
    Raises what `Anonymizer.anonymize` raises, and OSError for a file that cannot be read.
    """
    mail = parse(path.read_bytes())
    result = (engine or _engine()).anonymize(mail)
    if html_out:
        html_out.write_text(page(result), "utf-8")
    if as_json:
        print(json.dumps(report(result), indent=1, ensure_ascii=False))
    else:
        show(mail, result, Console())


def _engine() -> RulesAnonymizer:
    """The real engine; imported late, for it loads the models."""
    from chalicelib.privacy.engine import PresidioAnonymizer

    return PresidioAnonymizer()


def report(result: Anonymized) -> dict[str, object]:
    """The result without its mapping, for JSON."""
    return {
        "subject": result.subject,
        "sender": result.sender,
        "recipients": list(result.recipients),
        "attachments": list(result.attachments),
        "language": result.language,
        "text": result.text,
        "replacements": [asdict(replacement) for replacement in result.replacements],
    }


def show(mail: Mail, result: Anonymized, console: Console) -> None:
    """The mail with coloured tokens, then the reasons."""
    for label, value in _parts(result):
        console.print(Text.assemble((f"{label}: ", "dim"), _coloured(value)))
    console.print()
    console.print(_coloured(result.text))
    table = Table("token", "field", "characters", "recognizer", "score", title="why", title_justify="left")
    for item in result.replacements:
        style = COLOURS.get(item.entity, "bold")
        place = f"{item.start}-{item.end}"
        table.add_row(Text(item.token, style), item.field, place, item.recognizer, f"{item.score:.2f}")
    console.print(table)
    if mail.defects:
        console.print(Text(f"defects: {', '.join(mail.defects)}", "dim"))


def _parts(result: Anonymized) -> list[tuple[str, str]]:
    parts = [("from", result.sender), *(("to", recipient) for recipient in result.recipients)]
    return [*parts, ("subject", result.subject), *(("attachment", name) for name in result.attachments)]


def _coloured(text: str) -> Text:
    shown = Text(text)
    for match in TOKEN.finditer(text):
        shown.stylize(COLOURS.get(_entity(match.group(1)), "bold"), *match.span())
    return shown


def _entity(token: str) -> str:
    return token.rpartition("_")[0]


def page(result: Anonymized) -> str:
    """One HTML page, without a script or anything from elsewhere."""
    reasons = {item.token: f"{item.recognizer}, {item.score:.2f}" for item in result.replacements}
    head = "".join(f"<tr><th>{label}</th><td>{_marked(value, reasons)}</td></tr>" for label, value in _parts(result))
    rows = "".join(
        f"<tr><td>{_marked(i.token, reasons)}</td><td>{i.field}</td><td>{i.recognizer}</td><td>{i.score:.2f}</td></tr>"
        for i in result.replacements
    )
    return (
        f'<!doctype html><html lang="{escape(result.language)}"><meta charset="utf-8"><title>Anonymized mail</title>'
        f"<style>{_STYLE}</style><table>{head}</table><pre>{_marked(result.text, reasons)}</pre>"
        f"<h2>Why</h2><table><tr><th>token</th><th>field</th><th>recognizer</th><th>score</th></tr>{rows}</table></html>"
    )


def _marked(text: str, reasons: Mapping[str, str]) -> str:
    pieces, position = [], 0
    for match in TOKEN.finditer(text):
        pieces.append(escape(text[position : match.start()]))
        reason = escape(reasons.get(match.group(), ""))
        pieces.append(f'<mark class="{_entity(match.group(1))}" title="{reason}">{escape(match.group())}</mark>')
        position = match.end()
    return "".join([*pieces, escape(text[position:])])
