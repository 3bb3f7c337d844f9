"""Time windows by the clock on the wall, compared with looking at every minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.policy.document import Span
from chalicelib.policy.windows import DAY_MINUTES, is_open, next_open, opens, zone

EVERY_DAY = frozenset(range(7))
PARIS, NEW_YORK = "Europe/Paris", "America/New_York"
CHANGES = {
    "spring in Paris": (PARIS, datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
    "autumn in Paris": (PARIS, datetime(2026, 10, 25, 1, 0, tzinfo=UTC)),
    "spring in New York": (NEW_YORK, datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
    "autumn in New York": (NEW_YORK, datetime(2026, 11, 1, 6, 0, tzinfo=UTC)),
    "half an hour on Lord Howe": ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, 0, tzinfo=UTC)),
    "a day that Samoa skipped": ("Pacific/Apia", datetime(2011, 12, 30, 10, 0, tzinfo=UTC)),
}


def span(start: str, end: str, name: str = PARIS, days: frozenset[int] = EVERY_DAY) -> Span:
    return Span(days, _minutes(start), _minutes(end), name)


def at(text: str, name: str = PARIS, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(name), fold=fold)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


@pytest.mark.parametrize(
    ("clock", "inside"), [("08:29", False), ("08:30", True), ("17:59", True), ("18:00", False), ("00:00", False)]
)
def test_a_window_is_open_from_its_beginning_until_before_its_end(clock: str, inside: bool) -> None:
    assert is_open(span("08:30", "18:00"), at(f"2026-03-04T{clock}")) is inside


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-03-06T21:59", False),
        ("2026-03-06T22:00", True),  # Friday
        ("2026-03-07T05:59", True),
        ("2026-03-07T06:00", False),
        ("2026-03-07T22:00", False),
        ("2026-03-06T05:59", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(moment: str, inside: bool) -> None:
    assert is_open(span("22:00", "06:00", days=frozenset({4})), at(moment)) is inside


def test_a_window_until_midnight_closes_at_midnight() -> None:
    assert [is_open(span("00:00", "24:00", days=frozenset({4})), at(f"2026-03-0{day}T00:00")) for day in (6, 7)] == [
        True,
        False,
    ]


def test_a_window_that_begins_in_a_skipped_hour_opens_when_it_is_over() -> None:
    closed = at("2026-03-29T01:00")
    assert next_open(span("02:30", "04:00"), closed) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_window_that_lies_in_a_skipped_hour_opens_the_day_after() -> None:
    closed = at("2026-03-29T01:00")
    assert next_open(span("02:10", "02:50"), closed) == datetime(2026, 3, 30, 0, 10, tzinfo=UTC)


def test_a_weekly_window_that_lies_in_a_skipped_hour_opens_the_week_after() -> None:
    sunday = span("02:10", "02:50", days=frozenset({6}))
    assert next_open(sunday, at("2026-03-22T03:00")) == at("2026-04-05T02:10")


def test_a_window_in_an_hour_that_comes_twice_opens_twice() -> None:
    window = span("02:10", "02:50")
    between = at("2026-10-25T02:55", fold=0)
    assert next_open(window, between) == at("2026-10-25T02:10", fold=1).astimezone(UTC)


def test_the_clock_may_turn_back_into_a_window() -> None:
    assert next_open(span("01:00", "02:30"), at("2026-10-25T02:45")) == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


def test_an_open_window_opens_now() -> None:
    now = at("2026-03-04T12:00:30")
    assert next_open(span("08:30", "18:00"), now) == now


def test_of_several_windows_the_first_to_open_counts() -> None:
    assert opens([span("20:00", "21:00"), span("18:00", "19:00")], at("2026-03-04T12:00")) == at("2026-03-04T18:00")


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "Europe", "Europe/", "/etc", "Europe/Pâris"])
def test_an_unknown_zone_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="not a zone"):
        zone(name)


def test_the_zones_come_with_the_code_where_the_system_has_none() -> None:
    import tzdata

    assert tzdata.IANA_VERSION


def brute_force_open(window: Span, now: datetime) -> bool:
    """Walk the window of today and of yesterday minute by minute, on the clock's face."""
    local = now.astimezone(ZoneInfo(window.zone))
    length = (window.end - window.start) % DAY_MINUTES or DAY_MINUTES
    for back in (0, 1):
        day = (local.date() - timedelta(days=back)).weekday()
        shown = local.hour * 60 + local.minute + back * DAY_MINUTES
        if day in window.days and shown in range(window.start, window.start + length):
            return True
    return False


clocks = st.integers(0, DAY_MINUTES - 1) | st.integers(0, 4 * 60)
spans = st.builds(
    lambda days, start, end: (days, start, end if end != start else (start + 1) % DAY_MINUTES),
    st.frozensets(st.integers(0, 6), min_size=1),
    clocks,
    clocks | st.just(DAY_MINUTES),
)


@settings(deadline=None, max_examples=150)
@given(spans, st.sampled_from(sorted(CHANGES)), st.integers(-3 * DAY_MINUTES, DAY_MINUTES), st.integers(0, 59))
@example((EVERY_DAY, 130, 170), "autumn in Paris", -10, 0)
@example((frozenset({6}), 130, 170), "spring in Paris", -100, 30)
def test_the_next_opening_is_the_first_minute_found_by_walking(
    made: tuple[frozenset[int], int, int], change: str, offset: int, second: int
) -> None:
    name, moment = CHANGES[change]
    window = Span(*made, name)
    now = moment + timedelta(minutes=offset)
    walked = next(
        (
            now + timedelta(minutes=minute)
            for minute in range(8 * DAY_MINUTES)
            if brute_force_open(window, now + timedelta(minutes=minute))
        ),
        None,
    )
    if walked is not None:
        assert next_open(window, now) == walked
        seconds_before = now - timedelta(seconds=second)
        assert next_open(window, seconds_before) in (walked, seconds_before)
    else:
        assert next_open(window, now) > now + timedelta(days=7)


@settings(deadline=None)
@given(spans, st.sampled_from(sorted(CHANGES)), st.integers(-3 * DAY_MINUTES, 3 * DAY_MINUTES))
def test_open_is_what_the_clock_shows(made: tuple[frozenset[int], int, int], change: str, offset: int) -> None:
    name, moment = CHANGES[change]
    now = moment + timedelta(minutes=offset)
    assert is_open(Span(*made, name), now) == brute_force_open(Span(*made, name), now)
