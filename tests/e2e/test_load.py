"""The short run of `make load`: a stack of its own under 80 % of the measured maximum, and nothing grows."""

from __future__ import annotations

import pytest

from infra.load.run import SHARE, Options, Report, measured_maximum, run


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    rate = round(SHARE * measured_maximum(), 1)
    return run(tmp_path_factory.mktemp("load") / "stack", Options(rate, seconds=24, every=1.0), lambda _: None)


@pytest.mark.timeout(240)
def test_nothing_is_lost_under_load(report: Report) -> None:
    assert (report.lost, report.problems) == ((), ())


def test_neither_memory_nor_files_nor_connections_grow(report: Report) -> None:
    kinds = ("memory", "files", "connections")
    assert [one for one in report.trends if one.name.startswith(kinds) and not one.holds] == []


def test_every_function_of_the_pipeline_was_watched(report: Report) -> None:
    watched = {name for kind, name in report.series if kind == "memory"}
    assert watched >= {"door", "anonymize", "classify", "store", "notify"}
