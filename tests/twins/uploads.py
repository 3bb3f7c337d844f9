"""Uploads in memory: what is put to an offered address lies in a `MemorySpool`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.core.errors import Retryable
from chalicelib.ports import Offer
from tests.twins.spool import MemorySpool

HEADERS = {"x-amz-server-side-encryption": "aws:kms"}


@dataclass
class MemoryUploads:
    """`offered` is URL → (key, seconds, size)."""

    spool: MemorySpool
    offered: dict[str, tuple[str, int, int | None]] = field(default_factory=dict)

    def offer(self, key: str, seconds: int, size: int | None) -> Offer:
        if self.spool.down:
            raise Retryable("spool_unavailable")
        url = f"https://spool.example/{key}?signed"
        self.offered[url] = (key, seconds, size)
        return Offer(url, HEADERS)

    def put(self, url: str, headers: Mapping[str, str], data: bytes) -> int:
        """What S3 answers to a PUT."""
        key, _, size = self.offered.get(url, ("", 0, None))
        if not key or dict(headers) != HEADERS or size not in (None, len(data)):
            return 403
        self.spool.put(key, data)
        return 200
