"""What a sender's mail was about before: a hint in Redis, written from the database, keyed by a keyed hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.ports import Cache

HISTORY_SECONDS = 90 * 24 * 3600


def read_history(cache: Cache, sender_key: str) -> dict[str, int]:
    """category → number of mails; empty when Redis does not know."""
    held = cache.get(f"history:{sender_key}") if sender_key else None
    try:
        raw = json.loads(held) if held else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(raw, dict):
        return {}
    return {category: count for category, count in raw.items() if type(count) is int and count > 0}


def write_history(cache: Cache, sender_key: str, counts: Mapping[str, int]) -> None:
    """Replace what Redis knows: whole counts from the database, so that a repeat changes nothing."""
    cache.set(f"history:{sender_key}", json.dumps(dict(counts)).encode(), HISTORY_SECONDS)
