"""The bench's table: new rows where they were measured, and older files of numbers stay readable."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from infra.bench import busy, chain
from infra.bench.__main__ import rows
from infra.cloudformation.template import ROOT

TIMES = {"n": 30, "p50_ms": 300.0, "p95_ms": 600.0, "max_ms": 700.0}


@pytest.fixture
def kept() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((ROOT / "docs" / "bench.json").read_text())
    return kept


def measured(kept: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(kept)
    flow = result["pipeline"]
    flow["burst"]["stored_per_s"] = 40.0
    for name in ("1 mails/s", "5 mails/s", "20 mails/s"):
        flow[name]["stored"] = TIMES
    flow["busy endpoint"] = {"rate": 20, "door": TIMES, "refused": {"429": 2, "503": 1}}
    flow["idle chain"] = {"burst": 300, "ended_per_s": 50.0, "5 mails/s": TIMES | {"p50_ms": 200.0}}
    return result


def test_the_kept_numbers_are_readable(kept: dict[str, Any]) -> None:
    assert rows(kept)


def test_numbers_of_an_older_version_have_no_new_row(kept: dict[str, Any]) -> None:
    flow = kept["pipeline"]
    for name in ("busy endpoint", "idle chain"):
        flow.pop(name, None)
    for name in ("1 mails/s", "5 mails/s", "20 mails/s"):
        flow[name].pop("stored", None)
    shown = " ".join(what for what, _, _ in rows(kept))
    assert "stored at" not in shown
    assert busy.rows(flow) == chain.rows(flow) == []


def test_every_rate_shows_when_mail_is_stored(kept: dict[str, Any]) -> None:
    shown = {what: value for what, value, _ in rows(measured(kept))}
    assert [shown[f"received → stored at {rate} mails/s"] for rate in (1, 5, 20)] == ["p50 0.30 s  p95 0.60 s"] * 3


def test_ours_is_shown_as_a_share_of_what_the_emulator_can_do(kept: dict[str, Any]) -> None:
    shown = {what: (value, target) for what, value, target in rows(measured(kept))}
    assert shown["ours: share of its rate"] == ("80%", "≥ 70%")
    assert shown["ours: received → stored / its time"] == ("1.50", "≤ 1.5")


def test_refusals_on_a_busy_machine_are_counted(kept: dict[str, Any]) -> None:
    [(_, value, target)] = busy.rows(measured(kept)["pipeline"])
    assert "3 pushes refused" in value
    assert target == "0 refused"
