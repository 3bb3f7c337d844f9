"""The categories of a sender's earlier mail in one account: a hint in Redis, written from the database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.core.cache_keys import history_key

if TYPE_CHECKING:
    from chalicelib.ports import Cache

HISTORY_SECONDS = 90 * 24 * 3600


def read_history(cache: Cache, account: str, sender: str) -> dict[str, int]:
    """category → number of mails; empty when Redis does not know. `sender` is the keyed hash of the address."""
    held = cache.get(history_key(account, sender)) if sender else None
    try:
        raw = json.loads(held) if held else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(raw, dict):
        return {}
    return {category: count for category, count in raw.items() if type(count) is int and count > 0}


def write_history(cache: Cache, account: str, sender: str, counts: Mapping[str, int]) -> None:
    """Replace what Redis knows: whole counts from the database, so that a repeat changes nothing."""
    cache.set(history_key(account, sender), json.dumps(dict(counts)).encode(), HISTORY_SECONDS)
