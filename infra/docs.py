"""Writes what is generated in the repository: the marked tables of the documents and `.chalice/config.json`.

Run `make docs`; tests compare.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from chalicelib.bootstrap import functions
from chalicelib.bootstrap.function_types import Function, Schedule
from chalicelib.bootstrap.settings import describe
from chalicelib.core.stages import ALERT, STAGES, targets
from infra.cloudformation import config
from infra.cloudformation.template import ROOT
from infra.database.rights import FUNCTIONS

BENCH = ROOT / "docs" / "bench.json"


def settings_table() -> str:
    """The settings as Markdown."""
    rows = [f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |" for name, default, meaning in describe()]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *(row.replace("|\\", "\\|") for row in rows)])


def functions_table() -> str:
    """The functions as Markdown: what starts each, and its limits."""
    rows = [f"| {row.name} | {_trigger(row)} | {row.timeout} s | {row.memory} MiB |" for row in functions.FUNCTIONS]
    return "\n".join(["| function | trigger | time-out | memory |", "|---|---|---|---|", *rows])


def _trigger(row: Function) -> str:
    if row.stage:
        mails = "one message" if row.stage.batch == 1 else f"up to {row.stage.batch} messages"
        return f"queue `{row.stage.queue}`, {mails}, up to {row.stage.concurrency} invocations at once"
    return f"schedule `{row.trigger.expression}`" if isinstance(row.trigger, Schedule) else "API Gateway"


def stages_picture() -> str:
    """The queues and who sends to which, as a Mermaid diagram."""
    lines = ["```mermaid", "flowchart LR", f"  endpoints([endpoints]) --> {STAGES[0].name}"]
    for stage in STAGES:
        lines.append(f"  {stage.name}[[{stage.queue}]]")
        lines += [f"  {stage.name} --> {following.name}" for following in targets(stage.name)]
    return "\n".join([*lines, f"  alarms([CloudWatch alarms]) --> {ALERT.name}", "```"])


def rights_table() -> str:
    """Who may read what, as Markdown."""
    rows = []
    for name, rights in FUNCTIONS.items():
        tables = "; ".join(f"{table.partition('.')[2]}: {held.lower()}" for table, held in rights.tables.items())
        fields = ", ".join(f"`{field}`" for field in rights.secret)
        keys = ", ".join(f"`{pattern}` {_access(how)}" for pattern, how in rights.cache.items())
        user = keys or "no user"
        rows.append(f"| {name} | {fields} | {tables or ('' if rights.login else 'no login')} | {user} |")
    return "\n".join(["| function | its secret | its grants | its keys in Redis |", "|---|---|---|---|", *rows])


def _access(how: str) -> str:
    """`r`, `w` and `s` of a row in words."""
    return {"r": "read", "w": "write", "rw": "read, write", "rws": "read, write, by script too"}[how]


def bench_table() -> str:
    """The last `make bench` as Markdown, with the machine that it ran on."""
    from infra.bench.__main__ import rows

    result = json.loads(BENCH.read_text())
    machine = result["machine"]
    where = f"{machine['cores']} cores ({machine['cpu']}), Python {machine['python']}"
    head = f"`make bench`, {machine['date'][:10]}, {where}:"
    lines = [f"| {what} | {value} | {target} |" for what, value, target in rows(result)]
    return "\n".join([head, "", "| what | measured | target |", "|---|---|---|", *lines])


TABLES: dict[str, Callable[[], str]] = {
    "settings": settings_table,
    "functions": functions_table,
    "stages": stages_picture,
    "rights": rights_table,
    "bench": bench_table,
}
"""Name in a document's markers → what makes the table."""


def generated(text: str) -> str:
    """The document with its marked parts replaced by current ones."""
    for name, make in TABLES.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        if pattern.search(text) and (name != "bench" or BENCH.exists()):
            table = make()
            text = pattern.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)  # type: ignore[misc]
    return text


def documents() -> list[Path]:
    """Every document that may have marked parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def main() -> None:
    """Rewrite the documents and the configuration."""
    for file in documents():
        file.write_text(generated(file.read_text()))
    config.FILE.write_text(config.text())


if __name__ == "__main__":
    main()
