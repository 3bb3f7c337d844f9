"""The report of a run: how soon all was well again after each fault, a table for people, JSON to keep."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from infra.chaos.judge import Check, Fate
from infra.chaos.strikes import Fault
from infra.cli.show import console

SHOWN = 10


@dataclass(frozen=True)
class Recovery:
    """Seconds from a fault's end until the next mail got through, and until all mail of before had."""

    first: float
    all: float


def recovery(fault: Fault, fates: Sequence[Fate]) -> Recovery | None:
    """None when no mail came after it. Other faults may lie in the same time: an upper bound."""
    notified = fault.kind.startswith(("telegram", "kill notify", "kill sweep"))
    done = [fate.sent_at if notified else fate.ended_at for fate in fates]
    later = [at for at in done if at is not None and at > fault.ended]
    before = [fate.sent_at or fate.ended_at for fate in fates if fate.received_at <= fault.ended]
    if not later:
        return None
    return Recovery(round(min(later) - fault.ended, 2), round(max(0.0, max(before, default=0.0) - fault.ended), 2))


@dataclass(frozen=True)
class Report:
    """All that is kept of a run; `again` is what must be given to play the same schedule."""

    again: Mapping[str, Any]
    started: str
    seconds: float
    counts: Mapping[str, Any]
    faults: Sequence[tuple[Fault, Recovery | None]]
    spoiled: Mapping[str, int]
    kills: Mapping[str, int]
    checks: Sequence[Check]
    problems: Sequence[str]

    @property
    def unhit(self) -> tuple[str, ...]:
        """Kinds of fault that were made and met nothing: no call, no worker, no message at that time."""
        hit = Counter[str]()
        for fault, _ in self.faults:
            hit[fault.kind] += fault.hit
        return tuple(sorted(kind for kind, number in hit.items() if not number))

    @property
    def proven(self) -> bool:
        """Every check holds, and every fault of the schedule could be made."""
        return not self.problems and all(check.holds for check in self.checks)

    def write(self, file: Path) -> None:
        """As JSON."""
        value = {
            "replay": dict(self.again),
            "started": self.started,
            "seconds": round(self.seconds, 1),
            "proven": self.proven,
            "counts": dict(self.counts),
            "checks": [asdict(check) | {"holds": check.holds} for check in self.checks],
            "faults": [asdict(fault) | {"recovery": asdict(how) if how else None} for fault, how in self.faults],
            "aws calls spoiled": dict(self.spoiled),
            "workers killed": dict(self.kills),
            "met nothing": self.unhit,
            "problems": list(self.problems),
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value, indent=1) + "\n")

    def show(self) -> None:
        """As tables."""
        console.print(_faults(self.faults))
        if self.spoiled:
            calls = ", ".join(f"{number} {name}" for name, number in sorted(self.spoiled.items()))
            console.print(f"AWS calls disturbed: {calls}")
        if self.unhit:
            console.print(f"hit nothing: {', '.join(self.unhit)}")
        console.print(
            "workers killed: " + (", ".join(f"{n} {name}" for name, n in sorted(self.kills.items())) or "none")
        )
        console.print("mail: " + ", ".join(f"{name} {value}" for name, value in self.counts.items()) + "\n")
        console.print(_checks(self.checks))
        for check in self.checks:
            for line in check.found[:SHOWN]:
                console.print(Text(f"  ✗ {check.name}: {line}", style="red"))
            if len(check.found) > SHOWN:
                console.print(f"  … and {len(check.found) - SHOWN} more")
        for line in self.problems:
            console.print(Text(f"  ✗ {line}", style="red"))


def _faults(faults: Sequence[tuple[Fault, Recovery | None]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, side in (
        ("fault", "left"), ("times", "right"), ("hit", "right"), ("seconds", "right"),
        ("next mail after, median", "right"), ("worst", "right"), ("all mail of before, median", "right"),
        ("worst", "right"),
    ):  # fmt: skip
        table.add_column(column, justify=side)  # type: ignore[arg-type]
    for kind in sorted({fault.kind for fault, _ in faults}):
        rows = [(fault, how) for fault, how in faults if fault.kind == kind]
        first = [how.first for _, how in rows if how]
        whole = [how.all for _, how in rows if how]
        spans = [_seconds(statistics.median(first)), _seconds(max(first))] if first else ["", ""]
        spans += [_seconds(statistics.median(whole)), _seconds(max(whole))] if whole else ["", ""]
        lasted = sum(fault.ended - fault.began for fault, _ in rows)
        table.add_row(kind, str(len(rows)), str(sum(fault.hit for fault, _ in rows)), f"{lasted:.0f}", *spans)
    return table


def _seconds(value: float) -> str:
    return f"{value:.1f} s"


def _checks(checks: Sequence[Check]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("proof", "violations", "summary"):
        table.add_column(column)
    for check in checks:
        colour = "green" if check.holds else "red"
        table.add_row(check.name, f"[{colour}]{len(check.found)}[/]", Text(check.summary))
    return table
