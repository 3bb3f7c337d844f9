"""One run: a fresh stack, mail at a steady rate, a sample every few seconds, and the trends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from infra.bench.machine import machine
from infra.chaos import judge
from infra.chaos.mails import load
from infra.chaos.pusher import Pusher
from infra.cli.show import console, step
from infra.cloudformation.template import ROOT
from infra.load.chart import chart
from infra.load.sample import UNITS, Sampler
from infra.load.trend import Trend
from infra.load.trend import judge as trend
from infra.local.stack import Info, Stack, temporary

SHARE = 0.8
PATIENCE = 180.0
"""Seconds after the last mail for all notifications: three of Telegram's minutes."""


def measured_maximum() -> float:
    """Mails a second from the endpoint to the notification, as `make bench` measured and docs/bench.json keeps.

    The chain's slowest part is Telegram's own limit of 20 messages a minute in a group, some 35 notices of this mail
    each. It is measured with a backlog, without the quick first messages: a burst is notified faster than a stream for
    long. Up to the store stage the same machine takes several times as much: to load that part, give a rate.
    """
    kept = json.loads((ROOT / "docs" / "bench.json").read_text())
    return float(kept["pipeline"]["steady"]["notified_per_s"])


@dataclass(frozen=True)
class Options:
    """`rate` mails a second for `seconds`, a sample every `every` seconds."""

    rate: float
    seconds: float
    every: float = 10.0


@dataclass(frozen=True)
class Report:
    """What was measured, and whether anything grew or was lost."""

    options: Options
    mails: int
    sent_seconds: float
    lost: tuple[str, ...]
    problems: tuple[str, ...]
    trends: tuple[Trend, ...]
    series: Mapping[tuple[str, str], list[tuple[float, float]]]

    @property
    def rate(self) -> float:
        """Mails a second that were really sent."""
        return self.mails / self.sent_seconds

    @property
    def steady(self) -> bool:
        """Nothing grows, nothing is lost, and the rate was kept."""
        kept = self.rate >= 0.95 * self.options.rate
        return kept and not self.lost and not self.problems and all(one.holds for one in self.trends)

    def write(self, folder: Path) -> Path:
        """JSON and the chart; the path of the JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        name = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        value: dict[str, Any] = {
            "machine": machine(),
            "options": asdict(self.options),
            "mails": self.mails,
            "mails per second": round(self.rate, 2),
            "steady": self.steady,
            "trends": [asdict(one) | {"holds": one.holds} for one in self.trends],
            "lost": list(self.lost),
            "problems": list(self.problems),
            "series": [{"kind": kind, "name": name, "samples": v} for (kind, name), v in self.series.items()],
        }
        file = folder / f"{name}.json"
        file.write_text(json.dumps(value) + "\n")
        file.with_suffix(".svg").write_text(chart(self.series, {kind: unit for kind, (unit, _) in UNITS.items()}))
        return file

    def show(self) -> None:
        """As a table."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("series", "mean", "highest", "climbs by", "may climb by", ""):
            table.add_column(column, justify="left" if column in ("series", "") else "right")
        for one in self.trends:
            numbers = [f"{value:.1f} {one.unit}" for value in (one.mean, one.highest, one.climb, one.allowed)]
            table.add_row(one.name, *numbers, "[green]✓[/]" if one.holds else "[red]✗ grows[/]")
        console.print(table)
        console.print(
            f"{self.mails} mails in {self.sent_seconds:.0f} s = {self.rate:.1f}/s (asked for {self.options.rate:.1f}),"
            f" lost {len(self.lost)}"
        )
        for line in (*self.lost[:10], *self.problems):
            console.print(f"  [red]✗[/] {line}")


def run(folder: Path, options: Options, report_line: Callable[[str], None]) -> Report:
    """Load a stack of its own in `folder`, which is removed."""
    with temporary(folder, step) as stack:
        return measure(stack, stack.info(), options, report_line)


def measure(stack: Stack, info: Info, options: Options, report_line: Callable[[str], None]) -> Report:
    """Send, sample, wait for the rest, judge."""
    made = load(int(time.time()), round(options.rate * options.seconds), datetime.now(UTC), unannounced=0.0)
    pusher = Pusher(info)
    sampler = Sampler(stack, info, pusher)
    sending = threading.Thread(target=pusher.run, args=(made.shipments, options.seconds), daemon=True)
    sending.start()
    try:
        while sending.is_alive():
            sampler.take()
            sampled = sampler.latest()
            report_line(f"{time.monotonic() - sampler.started:5.0f} s  {_short(sampled)}")
            sending.join(options.every)
        sent_seconds = time.monotonic() - sampler.started
        until = time.monotonic() + PATIENCE
        while (lost := judge.lost(pusher.mail_ids, judge.fates(info))).found and time.monotonic() < until:
            time.sleep(1)
    finally:
        pusher.stop()
    trends = tuple(
        trend(f"{kind} {name}", UNITS[kind][0], values, UNITS[kind][1])
        for (kind, name), values in sampler.series.items()
    )
    return Report(options, made.mails, sent_seconds, lost.found, tuple(pusher.problems), trends, sampler.series)


def _short(sampled: Mapping[str, float]) -> str:
    shown = (
        "age oldest mail in progress",
        "waiting messages in the queues",
        "connections PostgreSQL",
        "memory anonymize",
    )
    return "  ".join(f"{name} {sampled[name]:.0f}" for name in shown if name in sampled)
