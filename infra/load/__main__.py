"""`make load`: `python -m infra.load`; the exit code is 0 only when nothing grows and nothing is lost."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from infra.cli.show import console
from infra.cloudformation.template import ROOT
from infra.load.run import SHARE, Options, measured_maximum, run
from infra.local.interrupt import CODE, orderly

FOLDER = ROOT / ".mailroom" / "load"


def main(given: Sequence[str] | None = None) -> int:
    """Run, show, keep."""
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=None, help="mails a second (default: 80 %% of docs/bench.json)")
    parser.add_argument("--short", action="store_true", help="one minute, a sample every two seconds")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where reports are kept (.mailroom/load)")
    asked = parser.parse_args(given)
    orderly()
    rate = asked.rate or round(SHARE * measured_maximum(), 1)
    options = Options(rate, 60.0, 2.0) if asked.short else Options(rate, asked.minutes * 60)
    console.rule(f"[bold]Mailroom load, {options.rate:.1f} mails a second for {options.seconds / 60:.0f} minutes")
    try:
        report = run(asked.folder / f"stack-{time.time_ns()}", options, console.print)
    except KeyboardInterrupt:
        console.print("interrupted: everything is stopped and removed, nothing is judged")
        return CODE
    report.show()
    file = report.write(asked.folder)
    console.print(("[green]steady[/]" if report.steady else "[red]NOT STEADY[/]") + f". Report: {file}", soft_wrap=True)
    return 0 if report.steady else 1


if __name__ == "__main__":
    sys.exit(main())
