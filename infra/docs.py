"""Writes the generated parts of the documents: `make docs` (a test compares them)."""

from __future__ import annotations

import json
import re
from pathlib import Path

from chalicelib.bootstrap.settings import describe
from infra.cloudformation.template import ROOT
from infra.database.rights import FUNCTIONS

OPERATING = ROOT / "docs" / "operating.md"
BENCH = ROOT / "docs" / "bench.json"


def settings_table() -> str:
    """The settings as Markdown."""
    rows = [f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |" for name, default, meaning in describe()]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *(row.replace("|\\", "\\|") for row in rows)])


def rights_table() -> str:
    """Who may read what, as Markdown."""
    rows = []
    for name, rights in FUNCTIONS.items():
        tables = "; ".join(f"{table.partition('.')[2]}: {held.lower()}" for table, held in rights.tables.items())
        fields = ", ".join(f"`{field}`" for field in rights.fields)
        rows.append(f"| {name} | {fields} | {tables or ('' if rights.login else 'no login')} |")
    return "\n".join(["| function | its secret | its grants |", "|---|---|---|", *rows])


def bench_table() -> str:
    """The last `make bench` as Markdown, with the machine that it ran on."""
    from infra.bench.__main__ import rows

    result = json.loads(BENCH.read_text())
    machine = result["machine"]
    where = f"{machine['cores']} cores ({machine['cpu']}), Python {machine['python']}"
    head = f"`make bench`, {machine['date'][:10]}, {where}:"
    lines = [f"| {what} | {value} | {target} |" for what, value, target in rows(result)]
    return "\n".join([head, "", "| what | measured | target |", "|---|---|---|", *lines])


def generated(text: str) -> str:
    """The document with its marked parts rewritten."""
    for name, make in (("settings", settings_table), ("rights", rights_table), ("bench", bench_table)):
        if name == "bench" and not BENCH.exists():
            continue
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        text = pattern.sub(lambda match, make=make: match[1] + make() + "\n" + match[2], text)  # type: ignore[misc]
    return text


def main(file: Path = OPERATING) -> None:
    """Rewrite the document."""
    file.write_text(generated(file.read_text()))


if __name__ == "__main__":
    main()
