"""Parts in Redis."""

from __future__ import annotations

import time

from chalicelib.adapters.redis.cache import RedisCache
from chalicelib.adapters.redis.limiter import RedisLimiter
from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.ports import Cache, Limiter
from chalicelib.resilience.rates import MemoryLimiter


def cache(parts: Container) -> Cache:
    """Hints; each failure of Redis is counted."""
    url = parts.backend_secrets.text("redis_url")
    return RedisCache(url, on_unavailable=lambda: telemetry.count("CacheUnavailable"))


def limiter(parts: Container) -> Limiter:
    """Redis counts; while it is unavailable every container counts for itself."""
    here = MemoryLimiter(time.monotonic)
    return RedisLimiter(parts.cache, here) if isinstance(parts.cache, RedisCache) else here
