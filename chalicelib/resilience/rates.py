"""Rate limits, pure: GCRA, and a memory that replaces Redis while Redis is unavailable."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MOST_KEYS = 10_000
"""Keys that a container remembers: about 2 MB. Above it the least recently used key is forgotten."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A rate that an ask counts against: `key` may name a person only as a keyed hash. `burst` units at once."""

    key: str
    per_minute: float
    burst: int


ROUNDING = 1e-6
"""Seconds that a wait may be short of by the arithmetic alone."""


def next_arrival(arrival: float | None, now: float, quota: Quota) -> tuple[float, float]:
    """(seconds until `quota` has room for one more, the key's arrival once it was taken).

    The generic cell rate algorithm (ITU-T I.371, annex A): all that is remembered of a key is its arrival, the moment
    at which it would be as good as unused. One unit moves that moment by 60 / per_minute seconds, and it may lie
    `burst` units ahead of now.
    """
    step = 60.0 / quota.per_minute
    room = step * quota.burst
    # A clock that was set back must not lock a key for longer than its burst.
    after = min(max(now if arrival is None else arrival, now), now + room) + step
    wait = after - room - now
    return (wait if wait > ROUNDING else 0.0), after


class MemoryLimiter:
    """`ports.Limiter` in this process alone: with several containers each of them grants the rate."""

    def __init__(self, clock: Callable[[], float], most_keys: int = MOST_KEYS) -> None:
        self._clock = clock
        self._most_keys = most_keys
        self._arrivals: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._arrivals)

    def take(self, asks: Sequence[Sequence[Quota]]) -> list[float]:
        """See `ports.Limiter`."""
        now = self._clock()
        return [self._one(quotas, now) for quotas in asks]

    def _one(self, quotas: Sequence[Quota], now: float) -> float:
        asked = [(quota.key, *next_arrival(self._arrivals.get(quota.key), now, quota)) for quota in quotas]
        wait = max((wait for _, wait, _ in asked), default=0.0)
        if wait > 0:
            return wait
        for key, _, arrival in asked:
            self._arrivals[key] = arrival
            self._arrivals.move_to_end(key)
        while len(self._arrivals) > self._most_keys:
            self._arrivals.popitem(last=False)
        return 0.0
