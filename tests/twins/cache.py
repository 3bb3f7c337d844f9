"""The cache in memory."""

from __future__ import annotations

import time
from collections.abc import Callable

from chalicelib.core.errors import Retryable


class MemoryCache:
    """`values` is what it holds, with the end of each; while `down` it answers like an empty cache."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.values: dict[str, tuple[bytes, float]] = {}
        self.down = False
        self._clock = clock

    def get(self, key: str) -> bytes | None:
        value, until = self.values.get(key, (None, 0.0))
        return value if not self.down and self._clock() < until else None

    def set(self, key: str, value: bytes, ttl: int, only_if_absent: bool = False) -> bool:
        if self.down or (only_if_absent and self.get(key) is not None):
            return False
        self.values[key] = (bytes(value), self._clock() + max(1, ttl))
        return True

    def delete(self, key: str) -> None:
        if not self.down:
            self.values.pop(key, None)

    def read(self, key: str) -> bytes | None:
        self.ping()
        return self.get(key)

    def compare_and_set(self, key: str, old: bytes | None, new: bytes, ttl: int) -> bool:
        self.ping()
        return self.get(key) == old and self.set(key, new, ttl)

    def ping(self) -> None:
        if self.down:
            raise Retryable("cache_unavailable")
