"""How the command line draws: live progress, the table of mails, the queues."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from chalicelib.core.stages import PIPELINE
from chalicelib.ports import QueueDepth
from infra.local.watch import Fate, settled

console = Console(highlight=False, width=None if sys.stdout.isatty() else 132)
"""Piped output gets a fixed width: a table must not be cut to the 80 columns of no terminal."""
COLOURS = {"stored": "green", "excluded": "yellow", "quarantined": "red", "in flight": "cyan"}


def step(name: str, seconds: float) -> None:
    """One finished step of a longer job."""
    console.print(f"  [green]✓[/] {name:<46} [dim]{seconds:6.1f} s[/]")


@contextmanager
def stages(accepted: int) -> Iterator[Callable[[dict[str, int], list[Fate]], None]]:
    """Live bars, one a stage."""
    columns = TextColumn("  {task.description:<11}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, refresh_per_second=8) as progress:
        tasks = {stage.name: progress.add_task(stage.name, total=accepted) for stage in PIPELINE}

        def report(passed: dict[str, int], fates: list[Fate]) -> None:
            quarantined = sum(fate.state == "quarantined" for fate in fates)
            left = {**passed, PIPELINE[-1].name: sum(settled(fate) for fate in fates) - quarantined}
            for name, task in tasks.items():
                progress.update(task, completed=min(left[name] + quarantined, accepted))

        yield report


def mail_table(fates: Sequence[Fate], missing: Sequence[str] = ()) -> Table:
    """The mails, oldest first; subjects are anonymized, and drawn as text whatever they contain."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    zone = fates[0].received_at.astimezone().tzname() if fates else ""
    for name, width in (
        (f"received {zone}".strip(), 14),
        ("account", 9),
        ("lang", 4),
        ("category", 13),
        ("subject", 46),
    ):
        table.add_column(name, max_width=width, no_wrap=True, overflow="ellipsis")
    table.add_column("state", max_width=30, no_wrap=True, overflow="ellipsis")
    table.add_column("latency", justify="right")
    for fate in fates:
        state = fate.state + (f": {fate.reason}" if fate.reason else "")
        category = Text(fate.category + (" !" if fate.urgency == "high" else ""))
        table.add_row(
            fate.received_at.astimezone().strftime("%H:%M:%S.%f")[:12],
            fate.account,
            fate.language,
            category,
            Text(plain(fate.subject)),
            Text(state, style=COLOURS.get(fate.state, "")),
            f"{fate.seconds:.2f} s",
        )
    for mail_id in missing:
        table.add_row("", "", "", "", mail_id, Text("in flight", style="cyan"), "")
    return table


def queue_table(queues: Sequence[QueueDepth]) -> Table:
    """Depths of the queues and their dead-letter queues."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2))
    for name in ("queue", "waiting", "in flight", "delayed", "oldest", "quarantine"):
        table.add_column(name, justify="left" if name == "queue" else "right")
    for depth in queues:
        age = "—" if depth.oldest_seconds is None else f"{depth.oldest_seconds:.0f} s"
        dead = Text(str(depth.dead), style="red" if depth.dead else "")
        table.add_row(depth.name, str(depth.waiting), str(depth.in_flight), str(depth.delayed), age, dead)
    return table


def breaker_line(breaker: dict[str, Any]) -> str:
    """A circuit breaker and, where it is not closed, when the next attempt is."""
    if breaker["state"] == "closed" and not breaker["retry_in_seconds"]:
        return f"{breaker['name']} closed"
    return f"[red]{breaker['name']} {breaker['state']}[/] (paused, next attempt in {breaker['retry_in_seconds']:.0f} s)"


def local_time(text: str) -> str:
    """An ISO 8601 time as this machine's own with its zone, "2026-01-31 18:30:05 CET"; other text as it is."""
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    except ValueError:
        return text


def plain(text: str) -> str:
    """Without control and direction characters: a subject must not move the operator's cursor."""
    return "".join(char if char.isprintable() else " " for char in text)
