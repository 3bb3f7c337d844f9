"""Whether something grows: a straight line through the samples, and how far it climbs while they were taken."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

WARM_UP = 0.25
"""Share of the time that is not judged: caches fill, connections open, the models' memory settles."""


@dataclass(frozen=True)
class Limit:
    """What a series may climb over the judged time: `by` in its unit, or `share` of its mean where that is more."""

    by: float
    share: float = 0.0


@dataclass(frozen=True)
class Trend:
    """A series judged: `mean`, `highest` and `climb` (of the line, over the judged time) in its `unit`."""

    name: str
    unit: str
    samples: int
    mean: float
    highest: float
    climb: float
    allowed: float

    @property
    def holds(self) -> bool:
        """Two samples make a line, fewer prove nothing."""
        return self.samples >= 3 and self.climb <= self.allowed


def judge(name: str, unit: str, series: Sequence[tuple[float, float]], limit: Limit) -> Trend:
    """The trend of (seconds, value) after the warm-up."""
    end = max((at for at, _ in series), default=0.0)
    kept = [(at, value) for at, value in series if at >= WARM_UP * end]
    values = [value for _, value in kept]
    mean = statistics.fmean(values) if values else 0.0
    climb = 0.0
    if len({at for at, _ in kept}) > 1:
        line = statistics.linear_regression([at for at, _ in kept], values)
        climb = line.slope * (kept[-1][0] - kept[0][0])
    allowed = max(limit.by, limit.share * mean)
    return Trend(name, unit, len(kept), round(mean, 2), round(max(values, default=0.0), 2), round(climb, 2), allowed)
