"""Rate limits in Redis or Valkey: one script a push, atomic, timed by the server's own clock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from chalicelib.adapters.redis.cache import RedisCache
from chalicelib.ports import Limiter, Quota

PREFIX = "{rate}:"
"""The braces put every key into one slot of a cluster: a script may touch no other (Redis cluster specification)."""

# GCRA as in `resilience.rates`. An ask is: the number of its quotas, then for each the index of its key, seconds a unit
# and seconds of burst. It is granted by all of its quotas or by none. Times are strings: Lua's numbers would be cut.
SCRIPT = """
local now = tonumber(ARGV[1])
if now < 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local waits, at = {}, 2
while at <= #ARGV do
  local number, wait, changes = tonumber(ARGV[at]), 0, {}
  at = at + 1
  for _ = 1, number do
    local key, step, room = KEYS[tonumber(ARGV[at])], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    at = at + 3
    local arrival = tonumber(redis.call('GET', key) or '') or now
    -- A clock that was set back must not lock a key for longer than its burst.
    local after = math.min(math.max(arrival, now), now + room) + step
    wait = math.max(wait, after - room - now)
    changes[#changes + 1] = {key, after}
  end
  if wait <= 0.000001 then
    wait = 0
    for _, change in ipairs(changes) do
      redis.call('SET', change[1], string.format('%.6f', change[2]), 'PX', math.ceil((change[2] - now) * 1000) + 1)
    end
  end
  waits[#waits + 1] = string.format('%.6f', wait)
end
return waits
"""


class RedisLimiter:
    """`ports.Limiter` over the cache's connection; `fallback` answers while Redis does not, at once.

    `clock` (seconds since 1970) replaces the server's, for tests.
    """

    def __init__(self, cache: RedisCache, fallback: Limiter, clock: Callable[[], float] | None = None) -> None:
        self._cache = cache
        self._fallback = fallback
        self._clock = clock

    def take(self, asks: Sequence[Sequence[Quota]]) -> list[float]:
        """See `ports.Limiter`."""
        keys: dict[str, int] = {}
        arguments: list[str] = [repr(self._clock() if self._clock else -1.0)]
        for quotas in asks:
            arguments.append(str(len(quotas)))
            for quota in quotas:
                index = keys.setdefault(_key(quota.key), len(keys) + 1)
                step = 60.0 / quota.per_minute
                arguments += [str(index), repr(step), repr(step * quota.burst)]
        if not keys:
            return [0.0] * len(asks)
        waits = self._cache.script(SCRIPT, list(keys), arguments)
        if not isinstance(waits, list) or len(waits) != len(asks):
            return self._fallback.take(asks)
        return [float(wait) for wait in waits]


def _key(key: str) -> str:
    return PREFIX + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
