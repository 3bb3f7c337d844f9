"""Dates as mail programs, web forms and scripts write them."""

from __future__ import annotations

import pytest

from chalicelib.mail.dates import parse_date


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Tue, 3 Nov 2026 10:15:00 +0100", "2026-11-03T10:15:00+01:00"),
        ("Tue Nov 03 2026 10:15:00 GMT+0100 (Central European Standard Time)", "2026-11-03T10:15:00+01:00"),
        ("Tue Nov 03 2026 10:15:00 GMT-0500 (EST)", "2026-11-03T10:15:00-05:00"),
        ("Tue, 03 Nov 2026 10:15:00 GMT+1", "2026-11-03T10:15:00+01:00"),
        ("Tue, 03 Nov 2026 10:15:00 UTC+02:00", "2026-11-03T10:15:00+02:00"),
        ("Tue, 3 Nov 2026 10:15:00 PM +0100", "2026-11-03T22:15:00+01:00"),
        ("Tue, 3 Nov 2026 12:05:00 AM", "2026-11-03T00:05:00+00:00"),
        ("3 Nov 2026 12:05 p.m. +0000", "2026-11-03T12:05:00+00:00"),
        ("Tue, 3 Nov 2026 10:15 CET", "2026-11-03T10:15:00+01:00"),
        ("Tue Nov 3 10:15:00 CEST 2026", "2026-11-03T10:15:00+02:00"),
        ("Tue, 03-Nov-2026 10:15:00 GMT", "2026-11-03T10:15:00+00:00"),
        ("Thu, 6 Oct 2022 12:27:13 +0200 (GMT+02:00)", "2022-10-06T12:27:13+02:00"),
        ("Tue Jul 24 18:55:07 2007", "2007-07-24T18:55:07+00:00"),
        ("Wed, 26 Jul 23 17:21:17 UT", "2023-07-26T17:21:17+00:00"),
        ("2026-11-03 10:15:00 +0100", "2026-11-03T10:15:00+01:00"),
        ("2026-11-03T10:15:00Z", "2026-11-03T10:15:00+00:00"),
    ],
)
def test_a_date_is_read(value: str, date: str) -> None:
    found = parse_date(value)
    assert found is not None
    assert found.isoformat() == date


@pytest.mark.parametrize(
    "value",
    [
        "Thu, 01 Jan 1970 00:00:00 +0000", "Thu, 01 Jan 1970 01:00:00 +0100", "Wed, 31 Dec 1969 19:00:00 -0500", "soon",
        "fre, 28 maj 1999", "Thu, 13 Dec 101 15:30 WET", "1 1 1 1", "", "9999-12-31T23:59:59-23:59",
    ],
)  # fmt: skip
def test_a_clock_that_was_never_set_and_other_words_are_no_date(value: str) -> None:
    assert parse_date(value) is None
