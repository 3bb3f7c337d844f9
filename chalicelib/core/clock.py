"""Durations and times for receipts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from time import monotonic, perf_counter

from chalicelib.core.messages import Receipt

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock, timezone-aware."""
    return datetime.now(UTC)


@dataclass
class Stopwatch:
    """Filled when the `timed` block ends well."""

    started: str
    seconds: float = 0.0

    def receipt(self, module: str, action: str, outcome: str, confidence: float | None = None) -> Receipt:
        """The receipt of what was timed."""
        return Receipt(module, action, self.started, round(self.seconds, 4), outcome, confidence)


@contextmanager
def timed(now: Now) -> Iterator[Stopwatch]:
    """Time a block."""
    watch = Stopwatch(now().isoformat(timespec="milliseconds"))
    before = perf_counter()
    yield watch
    watch.seconds = perf_counter() - before


TimeLeft = Callable[[], float]
"""Seconds that are left for a piece of work; zero or less when its time is over."""


def unlimited() -> float:
    """The time that a command on the operator's machine has."""
    return inf


def countdown(seconds: float, clock: Callable[[], float] = monotonic) -> TimeLeft:
    """The time left of `seconds` that begin now."""
    end = clock() + seconds
    return lambda: end - clock()


def before(time_left: TimeLeft, reserve: float) -> TimeLeft:
    """The time left before the last `reserve` seconds begin."""
    return lambda: time_left() - reserve


def fraction(time_left: TimeLeft, part: float) -> TimeLeft:
    """The time left of a fraction (0 to 1) of what is left now: what one of several steps may use."""
    whole = time_left()
    return time_left if whole == inf else before(time_left, whole * (1 - part))
