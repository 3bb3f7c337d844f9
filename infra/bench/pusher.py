"""The Gmail pusher: the real script's calls, counted by the fake services, and what Google's quotas make of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.cloudformation.template import ROOT

QUOTAS = {"ms": "run time", "gmail": "Gmail calls", "fetch": "fetches", "props": "property operations"}


def measure() -> dict[str, Any]:
    """What `apps_script/test/quota.js` prints: no clock is read, so it is the same on every machine."""
    node = Path(sys.executable).parent / "node"
    command = [str(node), str(ROOT / "apps_script" / "test" / "quota.js")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    counted: dict[str, Any] = json.loads(done.stdout)
    return counted


def rows(counted: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(what, value, target) for the table."""
    every, backlog = counted["every"], counted["backlog"]
    found = [(f"pusher: a run without mail, every {every} min", _cost(counted["idle"]), "")]
    for number, cost in counted["runs"].items():
        found.append((f"pusher: a run with {number} mail{'s' if number != '1' else ''}", _cost(cost), ""))
    found.append(("pusher: a run with one mail of 20 MB", _cost(counted["large"]), ""))
    for kind, mails in backlog["mailsPerDayByQuota"].items():
        found.append((f"pusher: mails a day by the quota of {QUOTAS[kind]}", _sum(counted, kind, mails), ""))
    rate = f"{backlog['mailsPerMinute']} all day, bound by {QUOTAS[backlog['boundBy']]} (calculated, latencies assumed)"
    return [*found, ("pusher: mails a minute, consumer account", rate, "")]


def _cost(cost: Mapping[str, float]) -> str:
    counts = ", ".join(f"{cost[kind]:g} {name}" for kind, name in QUOTAS.items() if kind != "ms")
    return f"{counts}, {cost['ms'] / 1000:.1f} s"


def _sum(counted: Mapping[str, Any], kind: str, mails: int) -> str:
    """The calculation as a person would write it: (share of the quota - triggers without mail) / cost of a mail."""
    backlog, unit = counted["backlog"], (1000, " s") if kind == "ms" else (1, "")
    quota = counted["quotas"][kind] / unit[0]
    idle = counted["idle"][kind] / unit[0]
    each = backlog["used"][kind] / backlog["mails"] / unit[0]
    share, triggers = counted["share"], backlog["triggers"]
    return f"{mails:,} = ({share:g} × {quota:,.0f}{unit[1]} − {triggers:g} × {idle:g}{unit[1]}) / {each:.3g}{unit[1]}"


def main(file: Path = ROOT / "docs" / "bench.json") -> None:
    """Count again in the kept numbers, where only the script changed: `python -m infra.bench.pusher`."""
    kept = json.loads(file.read_text())
    file.write_text(json.dumps(kept | {"pusher": measure()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
