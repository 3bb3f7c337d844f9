"""Time windows by the clock on the wall: open or not, and when one opens next.

Whatever the clock shows decides. An hour that the clock shows twice (autumn) is inside twice; an hour that it skips
(spring) is never shown: a window that begins in it opens when the skipped hour is over, and one that lies in it
altogether does not open that day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from chalicelib.policy.document import Span

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON_DAYS = 15
"""A window of one day a week that falls into a skipped hour opens the week after."""
DAY_MINUTES = 24 * 60


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The IANA zone (system data, else the tzdata package). Raises ValueError for one that is not known."""
    from zoneinfo import ZoneInfo  # costs milliseconds; only documents with windows need it

    if not name.isascii() or not all(part[:1].isalnum() for part in name.split("/")):
        raise ValueError("not a zone's name")
    try:
        return ZoneInfo(name)
    except (OSError, LookupError):  # ZoneInfoNotFoundError is a KeyError; a folder of zones gives an OSError
        raise ValueError("not a zone's name") from None


def is_open(span: Span, now: datetime) -> bool:
    """Is `now` (timezone-aware) inside?"""
    local = now.astimezone(zone(span.zone))
    minute = local.hour * 60 + local.minute
    today = local.weekday() in span.days
    if span.start < span.end:
        return today and span.start <= minute < span.end
    yesterday = (local.weekday() - 1) % 7 in span.days
    return (today and minute >= span.start) or (yesterday and minute < span.end)


def next_open(span: Span, now: datetime) -> datetime:
    """The first moment from `now` on at which the window is open, in UTC (`now` itself when it is)."""
    now = now.astimezone(UTC)
    if is_open(span, now):
        return now
    later = (moment for moment in _edges(span, now) if moment > now and is_open(span, moment))
    return min(later, default=now + timedelta(days=HORIZON_DAYS))


def opens(spans: Iterable[Span], now: datetime) -> datetime:
    """The first moment from `now` on at which any of the windows is open, in UTC."""
    return min(next_open(span, now) for span in spans)


def _edges(span: Span, now: datetime) -> Iterator[datetime]:
    """Moments at which the window may open: its start each day (both, where the clock shows it twice), and every
    change of the clock."""
    where = zone(span.zone)
    first = now.astimezone(where).date() - timedelta(days=1)
    for count in range(HORIZON_DAYS + 1):
        day = first + timedelta(days=count)
        begins = datetime(day.year, day.month, day.day, span.start // 60, span.start % 60, tzinfo=where)
        yield begins.astimezone(UTC)
        yield begins.replace(fold=1).astimezone(UTC)
        yield from _changes(day, where)


def _changes(day: date, where: ZoneInfo) -> Iterator[datetime]:
    """Moments of that UTC day at which the zone's offset changes, to the second."""
    low = datetime(day.year, day.month, day.day, tzinfo=UTC)
    high = low + timedelta(days=1)
    if _offset(low, where) == _offset(high, where):
        return
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if _offset(middle, where) == _offset(low, where) else (low, middle)
    yield high


def _offset(moment: datetime, where: ZoneInfo) -> timedelta | None:
    return moment.astimezone(where).utcoffset()
