"""The short run of `make chaos`: a stack of its own, one fault of each family, and the whole proof at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.chaos.report import Report
from infra.chaos.run import Options, run

SEED = 4
"""Any does; one that stays makes a failure one that can be played again: `python -m infra.chaos --short --seed 4`."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("chaos")
    made = run(folder / "stack-short", Options(SEED, mails=150, minutes=3, short=True), lambda _: None)
    made.write(folder / "report.json")
    return made


@pytest.mark.timeout(240)
def test_every_check_holds_after_one_fault_of_each_family(report: Report) -> None:
    assert {check.name: check.found for check in report.checks if not check.holds} == {}


def test_every_fault_of_the_schedule_could_be_made(report: Report) -> None:
    assert report.problems == []


def test_workers_died_and_calls_to_aws_failed(report: Report) -> None:
    assert report.kills["anonymize"]
    assert report.spoiled


def test_nothing_of_the_stack_is_left(report: Report, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert report.proven
    assert not list(Path(tmp_path_factory.getbasetemp()).glob("chaos*/stack-short"))
