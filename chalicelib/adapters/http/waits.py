"""How long another side asks us to wait: read tolerantly, and believed up to a bound that the caller chooses."""

from __future__ import annotations

import math
import time
from email.utils import parsedate_to_datetime

MAX_WAIT = 3600.0
"""Longest wait in seconds that a server of anybody's may ask of us; a wrong header must not park a mail for days."""

LONGEST_FLOOD_WAIT = 14 * 24 * 3600.0
"""Telegram's own bound of a wait. To come back before its end leads to longer ones."""


def retry_after(value: str, longest: float | None = MAX_WAIT) -> float | None:
    """`Retry-After` in seconds (RFC 9110 section 10.2.3: seconds or a date); None for anything else.

    At most `longest` seconds (None: `LONGEST_FLOOD_WAIT`).
    """
    if value.isascii() and value.isdigit():
        return asked_wait(int(value[:9]), longest)
    try:
        return asked_wait(parsedate_to_datetime(value).timestamp() - time.time(), longest)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def bounded_wait(value: object) -> float | None:
    """A wait that another side asked for, between 0 and `MAX_WAIT` seconds; None for what is no number."""
    return asked_wait(value, MAX_WAIT)


def asked_wait(value: object, longest: float | None = None) -> float | None:
    """As `bounded_wait`, with `longest` as in `retry_after`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return min(max(float(value), 0.0), LONGEST_FLOOD_WAIT if longest is None else longest)
