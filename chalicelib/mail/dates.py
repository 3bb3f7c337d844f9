"""Dates as mail programs, web forms and scripts write them, to timezone-aware ones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from chalicelib.mail.characters import one_line

_COMMENT = re.compile(r"\([^()]{0,80}\)")
_OFFSET = re.compile(r"(?:GMT|UTC|UT|Z)\s?([+-])(\d{1,2})(?::?(\d\d))?\b", re.IGNORECASE)
_HALF_DAY = re.compile(r"\b(\d{1,2})([:.]\d\d(?:[:.]\d\d)?)\s?([AP])\.?M\b\.?", re.IGNORECASE)
_SCRIPT = re.compile(r"[A-Z][a-z]{2},? ([A-Z][a-z]{2}) (\d{1,2}),? (\d{4}),? (\d\d:\d\d(?::\d\d)?)(.{0,20})")
"""`Date.toString()` of JavaScript: Tue Nov 03 2026 10:15:00 GMT+0100."""
_NAMED = {
    "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2, "MEST": 2, "MESZ": 2, "WET": 0, "WEST": 1, "BST": 1, "EET": 2, "EEST": 3,
    "MSK": 3, "JST": 9, "KST": 9, "HKT": 8, "SGT": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip
"""Zone names in use that RFC 5322 section 4.3 does not define; hours east of Greenwich."""
_ZONE = re.compile(rf"\b({'|'.join(_NAMED)})(?=$| \d{{4}}$)")
_ISO_ZONE = re.compile(r"(?<=\d) (?=(?:[+-]\d\d:?\d\d|Z)$)")
UNSET = datetime(1970, 1, 2, tzinfo=UTC)
"""Before this a date is what a clock shows that nobody set."""


def parse_date(value: str) -> datetime | None:
    """RFC 5322, ISO 8601 and common others, timezone-aware (no zone means UTC).

    None for anything else, for the epoch, and outside 1970 to 2100.
    """
    text = _plain(one_line(value, 100))
    found = _rfc5322(text) or _iso8601(text)
    try:
        return found if found is not None and found >= UNSET and found.year <= 2100 else None
    except OverflowError:
        return None


def _plain(text: str) -> str:
    text = " ".join(_COMMENT.sub(" ", text).split())
    text = _OFFSET.sub(lambda zone: f" {zone[1]}{int(zone[2]):02d}{zone[3] or '00'}", text)
    text = _HALF_DAY.sub(_twenty_four, text)
    if script := _SCRIPT.fullmatch(text):
        text = f"{script[2]} {script[1]} {script[3]} {script[4]} {script[5].strip()}"
    return _ZONE.sub(lambda zone: f"{_NAMED[zone[1]]:+03d}00", text)


def _twenty_four(time: re.Match[str]) -> str:
    hour = int(time[1])
    if hour <= 12:
        hour = hour % 12 + (12 if time[3] in "pP" else 0)
    return f"{hour:02d}{time[2].replace('.', ':')}"


def _rfc5322(text: str) -> datetime | None:
    try:
        parts = parsedate_tz(text)
        if parts is None:
            return None
        zone = timezone(timedelta(seconds=parts[9] or 0))
        return datetime(*parts[:6], tzinfo=zone)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _iso8601(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(_ISO_ZONE.sub("", text))
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
