"""`make bench`: measure on a quiet machine, print a table, write `docs/bench.json`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.table import Table

from infra.bench import busy, chain, door, offload, pipeline, pusher
from infra.bench import rules as rule_engine
from infra.bench.machine import machine
from infra.cli.show import console
from infra.cloudformation.template import ROOT

TARGETS = {
    "import of app.py / empty app": "≤ 1.3",
    "decision by 100 rules": "< 1 ms",
    "sustained (stored)": "≥ 10 mails/s",
    "p95 at 5 mails/s": "< 5 s",
}


def rows(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(what, value, target) of the headline numbers."""
    found = []
    for name, times in result["door"].items():
        found.append((f"door handler, {name}", f"median {times['p50_ms']} ms  p95 {times['p95_ms']} ms", ""))
    for number, times in result.get("rules", {}).items():  # absent in numbers of an older version
        value = f"median {times['p50_ms']} ms  p95 {times['p95_ms']} ms  (load {times['load_ms']} ms)"
        found.append((f"decision by {int(number):,} rules", value, ""))
    imports = result["import"]
    found.append(
        ("import of app.py / empty app", f"{imports['app_ms']} / {imports['empty_ms']} ms = {imports['ratio']}", "")
    )
    heavy = ", ".join(name for name, loaded in result["not imported"].items() if loaded) or "none"
    found.append(("heavy modules loaded by the door", heavy, "none"))
    if files := result.get("offload"):
        name = f"off-load of {files['mib']:,.0f} MiB"
        found.append((name, f"{files['mib_per_s']} MiB/s  identical {'yes' if files['identical'] else 'NO'}", ""))
        value = f"peak {files['peak_mib']} MiB  ({files['before_mib']} MiB before the file)"
        found.append((f"{name}, worker's memory", value, f"< {offload.TARGET_MIB} MiB"))
    found += pusher.rows(result["pusher"]) if "pusher" in result else []
    flow = result["pipeline"]
    found.append(("first answer of a cold door", f"median {flow['cold door']['p50_ms'] / 1000:.2f} s", ""))
    for name, times in flow.items():
        if "rate" in times and times.get("n"):
            value = f"p50 {times['p50_ms'] / 1000:.2f} s  p95 {times['p95_ms'] / 1000:.2f} s  ({times['mails']} mails)"
            found.append((f"received → notified at {name}", value, "p95 < 5 s" if times["rate"] == 5 else ""))
            if kept := times.get("stored"):  # absent in numbers of an older version, as what follows
                value = f"p50 {kept['p50_ms'] / 1000:.2f} s  p95 {kept['p95_ms'] / 1000:.2f} s"
                found.append((f"received → stored at {name}", value, ""))
            if "door" in times:
                answers, later = times["door"], sum(times["refused"].values())
                value = f"p50 {answers['p50_ms']} ms  p95 {answers['p95_ms']} ms  ({later} pushes refused for now)"
                found.append((f"answer of the endpoint at {name}", value, ""))
    burst = flow["burst"]
    value = f"{burst['stored_per_s']} mails/s stored, {burst['notified_per_s']} notified ({burst['mails']} at once)"
    found.append(("sustained (stored)", value, ""))
    if kept := flow.get("steady"):  # absent in numbers of an older version
        value = (
            f"{kept['notified_per_s']} mails/s ({kept['mails']} at once, {kept['messages']} messages): Telegram's limit"
        )
        found.append(("sustained (notified), mail of make load", value, ""))
    found += busy.rows(flow) + chain.rows(flow)
    for name, times in flow["stages"].items():
        found.append((f"stage {name}", f"p50 {times['p50_ms']} ms  p95 {times['p95_ms']} ms", ""))
    return [(what, value, target or TARGETS.get(what, "")) for what, value, target in found]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a quick look; its numbers are not written")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "bench.json")
    options = parser.parse_args()
    result: dict[str, Any] = {"machine": machine()}
    for name, measure in (
        ("door", door.handler),
        ("rules", rule_engine.measure),
        ("pusher", pusher.measure),
        ("import", door.imports),
        ("not imported", door.not_imported),
    ):
        with console.status(f"measuring {name} …"):
            result[name] = measure()
    with console.status("measuring the off-load of a file …"):
        size = 64 * 1024**2 if options.short else offload.GIB
        result["offload"] = offload.measure(ROOT / ".mailroom" / "bench-offload", size)
    with console.status("measuring the pipeline on the local stack …"):
        result["pipeline"] = pipeline.run(ROOT / ".mailroom" / "bench", options.short)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("what", "measured", "target"):
        table.add_column(column)
    for row in rows(result):
        table.add_row(*row)
    console.print(table)
    if not options.short:
        options.out.write_text(json.dumps(result, indent=1) + "\n")
        console.print(f"written to {options.out.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
