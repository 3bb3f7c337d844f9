"""The last event about an account's connection, in Redis: a hint that `/status` shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalicelib.core.cache_keys import account_event_key

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.ports import Cache

KEPT_SECONDS = 30 * 24 * 3600


def remember(account: str, event: str, code: str, at: datetime, cache: Cache) -> None:
    """Keep it in place of the one before. `event` and `code` are constants of ours or of EmailEngine's."""
    value = {"event": event, "code": code, "at": at.isoformat(timespec="seconds")}
    cache.set(account_event_key(account), json.dumps(value).encode("ascii"), KEPT_SECONDS)


def last_event(account: str, cache: Cache) -> dict[str, str] | None:
    """`event`, `code` (may be empty) and `at` (ISO 8601); None where nothing is known."""
    held = cache.get(account_event_key(account))
    try:
        value = json.loads(held) if held else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
