"""`make chaos`: `python -m infra.chaos`; the exit code is 0 only if nothing was lost, doubled or leaked."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from infra.chaos.run import Options, run
from infra.cli.show import console
from infra.cloudformation.template import ROOT
from infra.local.interrupt import CODE, orderly

FOLDER = ROOT / ".mailroom" / "chaos"
FULL = (3_200, 19.0)
SHORT = (150, 3.0)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="the schedule's seed (default: a random one)")
    parser.add_argument(
        "--mails", type=int, default=None, help=f"how many different mails ({FULL[0]}, short {SHORT[0]})"
    )
    parser.add_argument("--minutes", type=float, default=None, help=f"how long it may take ({FULL[1]:.0f})")
    parser.add_argument("--short", action="store_true", help="the run of `make test`: one fault of each family")
    parser.add_argument("--replay", type=Path, metavar="REPORT", help="the same mail and schedule as in that report")
    parser.add_argument("--logs", action="store_true", help="keep the logs of a good run too")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where reports are kept (.mailroom/chaos)")
    return parser.parse_args(given)


def options(given: argparse.Namespace) -> Options:
    """What the command line asks for. Raises SystemExit with a text for a report that cannot be read."""
    if given.replay:
        try:
            return Options(**json.loads(given.replay.read_text())["replay"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SystemExit(f"{given.replay} is not a report of make chaos: {error}") from None
    mails, minutes = SHORT if given.short else FULL
    seed = random.randrange(1_000_000) if given.seed is None else given.seed  # noqa: S311 - any will do
    return Options(seed, given.mails or mails, given.minutes or minutes, given.short)


def main(given: Sequence[str] | None = None) -> int:
    """Run, show, keep the report, say how to play it again."""
    asked = arguments(given)
    chosen = options(asked)
    orderly()
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-seed-{chosen.seed}{'-short' if chosen.short else ''}"
    console.rule(f"[bold]Mailroom chaos, seed {chosen.seed}")
    try:
        report = run(asked.folder / f"stack-{name}", chosen, console.print, asked.logs)
    except KeyboardInterrupt:
        console.print("interrupted: everything is stopped and removed, nothing is judged")
        return CODE
    console.print()
    report.show()
    file = asked.folder / f"{name}.json"
    report.write(file)
    verdict = "[green]proven[/]" if report.proven else "[red]NOT PROVEN[/]"
    console.print(f"\n{verdict} in {report.seconds:.0f} s. Report: {file}", soft_wrap=True)
    console.print(f"again: python -m infra.chaos --replay {file}", soft_wrap=True)
    return 0 if report.proven else 1


if __name__ == "__main__":
    sys.exit(main())
