"""The worst mail there can be takes a stage bounded memory and time: measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from chalicelib.bootstrap.functions import function
from infra.cloudformation.template import ROOT
from infra.local.patience import scaled

FOR_MODELS = ("40 MiB of text", "40 MiB of HTML", "an attachment of 40 MiB", "the longest text that is read")
"""What is costly beyond parsing; the deepest nesting takes the models longest and is bounded by their time limit."""

SLOWEST = 25.0
"""Seconds, on a machine that does other things as well; less than each function's time-out."""


def measured(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "infra.bench.worst", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=scaled(110))
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def memory(function: str) -> int:
    """MiB of a function."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    size: int = config["stages"]["mail"]["lambda_functions"][function]["lambda_memory_size"]
    return size


@pytest.fixture(scope="module")
def anonymized() -> dict[str, Any]:
    return measured(*FOR_MODELS)


@pytest.fixture(scope="module")
def reopened() -> dict[str, Any]:
    return measured("--store")


def test_the_anonymize_function_has_twice_the_memory_that_the_worst_mail_takes(anonymized: dict[str, Any]) -> None:
    assert anonymized["peak_mib"] * 2 < memory("anonymize")


def test_the_store_function_has_twice_the_memory_that_the_worst_original_takes(reopened: dict[str, Any]) -> None:
    """The other half is for the database driver's copies of it."""
    assert reopened["peak_mib"] * 2 < memory("store")


def test_the_worst_mail_is_anonymized_in_time(anonymized: dict[str, Any]) -> None:
    assert max(anonymized["seconds"].values()) < SLOWEST < function("anonymize").timeout


def test_the_worst_original_is_opened_in_time(reopened: dict[str, Any]) -> None:
    assert max(reopened["seconds"].values()) < SLOWEST < function("store").timeout
