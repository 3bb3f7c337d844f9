"""Durations and times for receipts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

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
