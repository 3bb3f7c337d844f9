"""The spool in memory."""

from __future__ import annotations

from chalicelib.runtime.errors import Permanent, Retryable


class MemorySpool:
    """`objects` is what it holds; while `down` nothing answers."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.down = False

    def put(self, key: str, data: bytes) -> None:
        self.ping()
        self.objects[key] = bytes(data)

    def get(self, key: str, limit: int) -> bytes:
        self.ping()
        if key not in self.objects:
            raise Permanent("spool_missing")
        if len(self.objects[key]) > limit:
            raise Permanent("spool_too_large")
        return self.objects[key]

    def delete(self, key: str) -> None:
        self.ping()
        self.objects.pop(key, None)

    def ping(self) -> None:
        if self.down:
            raise Retryable("spool_unavailable")
