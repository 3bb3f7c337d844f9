"""How long another side asks us to wait: read tolerantly, never believed beyond an hour."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

MAX_WAIT = 3600.0
"""Longest wait in seconds that another side may ask of us; a wrong header must not park a mail for days."""


def retry_after(value: str) -> float | None:
    """`Retry-After` in seconds (RFC 9110 section 10.2.3: seconds or a date); None for anything else."""
    if value.isascii() and value.isdigit():
        return bounded_wait(int(value[:9]))
    try:
        return bounded_wait(parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def bounded_wait(value: object) -> float | None:
    """A wait that another side asked for, between 0 and `MAX_WAIT` seconds; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return min(max(float(value), 0.0), MAX_WAIT) if value == value else None
