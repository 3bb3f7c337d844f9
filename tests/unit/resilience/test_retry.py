"""The retry schedule: patient with an outage, never past the queue's own limits."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.resilience import retry

RETENTION = 4 * 24 * 3600
"""Of the stage queues, in seconds."""


def elapsed(receives: int, asked: float | None = None) -> float:
    """Seconds until the receive after the given number of failed ones, without jitter."""
    return sum(retry.wait(number, asked, 0.0) for number in range(1, receives + 1))


def test_the_first_six_waits_are_those_of_the_requirements() -> None:
    assert [retry.wait(number, None, 0.0) for number in range(1, 7)] == [1, 2, 4, 8, 16, 32]


def test_a_wait_is_never_shorter_than_the_one_before() -> None:
    assert all(one <= two for one, two in itertools.pairwise(retry.SCHEDULE))


def test_all_waits_together_stay_inside_the_retention() -> None:
    assert elapsed(retry.MAX_RECEIVES - 1) * (1 + retry.JITTER) < RETENTION


def test_an_hour_s_outage_does_not_use_the_receives_up() -> None:
    assert elapsed(retry.MAX_RECEIVES // 2 + 3) > 3600


def test_an_hour_s_outage_does_not_use_the_receives_up_when_a_proxy_asks_for_one_second() -> None:
    assert elapsed(retry.MAX_RECEIVES // 2 + 3, asked=1) > 3600


def test_a_shorter_wait_that_was_asked_for_is_taken_at_first() -> None:
    assert retry.wait(6, 3.4, 0.0) == 3.4


def test_a_longer_wait_that_was_asked_for_is_always_obeyed() -> None:
    assert [retry.wait(number, 3_599, 0.0) for number in (1, 6, 7, 10)] == [3_599] * 4


def test_a_shorter_wait_that_was_asked_for_gives_way_to_the_schedule_later() -> None:
    assert retry.wait(7, 3.4, 0.0) == 60


def test_chance_spreads_a_wait_by_a_fifth() -> None:
    assert retry.wait(3, None, 0.5) == pytest.approx(4.4)


@pytest.mark.parametrize("receives", [-1, 0])
def test_a_count_that_cannot_be_is_the_first(receives: int) -> None:
    assert retry.wait(receives, None, 0.0) == 1


def test_after_the_last_wait_the_last_stays() -> None:
    assert retry.wait(10_000, None, 0.0) == retry.SCHEDULE[-1]


@given(
    st.integers(),
    st.none() | st.floats(allow_nan=False),
    st.floats(min_value=0, max_value=1, exclude_max=True),
)
def test_any_wait_is_one_that_sqs_takes(receives: int, asked: float | None, chance: float) -> None:
    assert 0 <= retry.wait(receives, asked, chance) <= 12 * 3600


@given(st.integers(min_value=1, max_value=30), st.floats(min_value=0, max_value=43_200))
def test_what_was_asked_for_is_never_cut_short(receives: int, asked: float) -> None:
    assert retry.wait(receives, asked, 0.0) >= asked


def test_postponements_grow_to_minutes() -> None:
    waits = [retry.postponement(times, None, 0.0) for times in range(8)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]


@given(st.integers(-5, 10**6), st.none() | st.floats(0, 10**6), st.floats(0, 1, exclude_max=True))
def test_a_postponement_is_never_longer_than_sqs_delays(times: int, asked: float | None, chance: float) -> None:
    assert 0 < retry.postponement(times, asked, chance) <= retry.MAX_POSTPONEMENT == 900


def test_a_known_rest_of_minutes_is_not_cut_short() -> None:
    assert retry.postponement(0, 600, 0.0) == 600


def test_who_waits_for_a_service_looks_again_within_a_quarter_of_an_hour_of_its_recovery() -> None:
    assert retry.postponement(1000, None, 1.0) <= 15 * 60


def test_the_first_failed_try_counts() -> None:
    assert retry.counts(0, 0.0, 1000.0)


def test_tries_that_count_are_as_far_apart_as_the_schedule_says() -> None:
    reported = [retry.counts(attempts, 1000.0, 1000.0 + after) for attempts, after in ((1, 0.5), (1, 1), (12, 3599))]
    assert reported == [False, True, False]


def test_a_time_from_the_future_does_not_keep_a_try_from_counting() -> None:
    assert retry.counts(3, 10_000.0, 1000.0)
