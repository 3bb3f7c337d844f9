"""The spool in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import SpoolEntry


class MemorySpool:
    """`objects` is what it holds; while `down` nothing answers."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.objects: dict[str, bytes] = {}
        self.modified: dict[str, datetime] = {}
        self._now = now
        self.down = False

    def put(self, key: str, data: bytes, only_if_absent: bool = False) -> None:
        self.ping()
        if only_if_absent and key in self.objects:
            return
        self.objects[key] = bytes(data)
        self.modified[key] = self._now()

    def get(self, key: str, limit: int) -> bytes:
        self.ping()
        if key not in self.objects:
            raise Permanent("spool_missing")
        if len(self.objects[key]) > limit:
            raise Permanent("spool_too_large")
        return self.objects[key]

    def head(self, key: str, size: int) -> bytes:
        self.ping()
        if key not in self.objects:
            raise Permanent("spool_missing")
        return self.objects[key][:size]

    def list(self, prefix: str, after: str = "") -> Iterator[SpoolEntry]:
        self.ping()
        for key in sorted(self.objects):
            if key.startswith(prefix) and key > after:
                # A test may have put an object here without `put`: it is as old as can be.
                modified = self.modified.get(key, datetime.fromtimestamp(0, UTC))
                yield SpoolEntry(key, modified, len(self.objects[key]))

    def delete(self, *keys: str) -> None:
        self.ping()
        for key in keys:
            self.objects.pop(key, None)

    def ping(self) -> None:
        if self.down:
            raise Retryable("spool_unavailable")
