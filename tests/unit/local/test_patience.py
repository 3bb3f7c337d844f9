"""Waits are stretched as far as the machine is slow, and no further."""

from __future__ import annotations

import time

import pytest

from chalicelib.core.errors import ConfigurationError
from infra.local.patience import MOST, REFERENCE, VARIABLE, Deadline, combined, factor, given, scaled
from infra.local.process import wait_until


@pytest.mark.parametrize(
    ("wall", "processor", "load", "expected"),
    [
        (REFERENCE, REFERENCE, 0.0, 1.0),
        (REFERENCE / 3, REFERENCE / 3, 0.2, 1.0),
        (REFERENCE * 2, REFERENCE * 2, 0.0, 2.0),
        (REFERENCE * 4, REFERENCE, 0.0, 4.0),
        (REFERENCE, REFERENCE, 5.0, 5.0),
        (REFERENCE * 6, REFERENCE * 2, 1.5, 6.0),
        (REFERENCE * 99, REFERENCE, 0.0, MOST),
        (0.0, 0.0, 0.0, 1.0),
    ],
    ids=["quiet", "fast", "slow", "shared", "loaded", "slow and shared", "hopeless", "unmeasurable"],
)
def test_the_factor_follows_speed_and_load(wall: float, processor: float, load: float, expected: float) -> None:
    assert combined(wall, processor, load) == pytest.approx(expected)


def test_the_measured_factor_is_in_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert 1.0 <= factor() <= MOST


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "2.5")
    assert (factor(), scaled(60)) == (2.5, 150)


@pytest.mark.parametrize("text", ["0", "0.5", "11", "-1", "nan", "inf", "much", "1e9"])
def test_what_is_no_factor_is_a_broken_setting(text: str) -> None:
    with pytest.raises(ConfigurationError, match=VARIABLE):
        given({VARIABLE: text})


def test_an_empty_setting_is_none() -> None:
    assert given({VARIABLE: ""}) is None


@pytest.mark.parametrize(("patience", "least"), [("1", 0.1), ("4", 0.4)])
def test_a_wait_gives_up_after_the_stretched_time(monkeypatch: pytest.MonkeyPatch, patience: str, least: float) -> None:
    monkeypatch.setenv(VARIABLE, patience)
    started = time.monotonic()
    assert not wait_until(lambda: False, 0.1)
    assert time.monotonic() - started >= least


def test_a_wait_of_no_time_looks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "10")
    deadline = Deadline(0)
    time.sleep(0.001)
    assert deadline.passed()
