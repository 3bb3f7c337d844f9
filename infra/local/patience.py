"""How much longer than usual this machine takes now: what waits for a server waits that much longer.

Limits are written for a quiet machine. They are stretched, never shortened, and nothing that a test asserts about
latency or counts is: a slow machine must not fail what works, and must not excuse what does not.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from chalicelib.core.errors import ConfigurationError

VARIABLE = "MAILROOM_PATIENCE"
MOST = 10.0
REFERENCE = 0.05
"""Seconds of processor time that the probe takes on the machine for which the limits were written."""
ROUNDS = 80_000
EVERY = 5.0
"""Seconds that a measurement is used for: one costs tens of milliseconds, more where the machine is busy."""


def given(environment: Mapping[str, str] = os.environ) -> float | None:
    """The factor that the environment sets, if it does. Raises `ConfigurationError` for what is none."""
    text = environment.get(VARIABLE, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1.0 <= value <= MOST:
        raise ConfigurationError(VARIABLE, "it is no number from 1 to 10", "Set how many times longer to wait")
    return value


def combined(wall: float, processor: float, load_per_core: float) -> float:
    """1 to 10 from a probe's seconds: slower than the reference, times shared with how many others."""
    slower = max(processor / REFERENCE, 1.0)
    shared = max(wall / processor if processor else 1.0, load_per_core, 1.0)
    return min(slower * shared, MOST)


@dataclass
class Gauge:
    """Measures at most every `EVERY` seconds."""

    _until: float = field(default=float("-inf"), init=False)
    _factor: float = field(default=1.0, init=False)

    def factor(self) -> float:
        """How many times longer to wait now, from 1 to 10. Raises `ConfigurationError`."""
        if (fixed := given()) is not None:
            return fixed
        if time.monotonic() >= self._until:
            self._factor = combined(*_probe(), os.getloadavg()[0] / (os.cpu_count() or 1))
            self._until = time.monotonic() + EVERY
        return self._factor


_GAUGE = Gauge()
factor = _GAUGE.factor


def scaled(seconds: float) -> float:
    """A limit for this machine now, for what takes one number (a subprocess, a client of HTTP)."""
    return seconds * factor()


class Deadline:
    """Over after `seconds`, or after as many times more as the machine is slow when they have passed."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started = time.monotonic()

    def passed(self) -> bool:
        """Whether it is over; the machine is measured only once the written seconds have gone."""
        spent = time.monotonic() - self._started
        return spent > self._seconds and spent > scaled(self._seconds)


def advice() -> str:
    """What a person can do about a machine that is too slow."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    return (
        f"The machine's load is {load:.1f} on {cores} cores. Try again when it has less to do,"
        f" or with {VARIABLE}=10 to wait ten times longer."
    )


def _probe() -> tuple[float, float]:
    """Seconds by the clock and of the processor for a fixed piece of work."""
    wall, processor, digest = time.perf_counter(), time.thread_time(), b""
    for _ in range(ROUNDS):
        digest = sha256(digest).digest()
    return time.perf_counter() - wall, time.thread_time() - processor


if __name__ == "__main__":  # for a Makefile: `python -m infra.local.patience 120000`
    print(round(scaled(float(sys.argv[1]))))
