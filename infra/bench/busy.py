"""The endpoint on a machine whose processors are busy: how it answers at 20 mails a second, and whether it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def busy_processors(number: int = 0) -> Iterator[None]:
    """A loop on each processor (or `number` of them), ended by its own handle."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number or os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
        for loop in loops:
            loop.wait()


def measure(push: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `push` measured of the endpoint, beside the loops."""
    with busy_processors():
        return push()


def rows(flow: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(what, value, target); none for numbers of an older version."""
    measured = flow.get("busy endpoint")
    if not measured:
        return []
    times, later = measured["door"], sum(measured["refused"].values())
    value = f"p50 {times['p50_ms']} ms  p95 {times['p95_ms']} ms  ({later} pushes refused for now)"
    return [(f"answer of the endpoint at {measured['rate']:g} mails/s, all processors busy", value, "0 refused")]
