"""The pace of a chat: the provider's limits are never met, whatever the demand."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.resilience.pacing import ALARMS, GROUP_LIMIT, LIMIT, QUICK_GAP, STEADY_GAP, WINDOW, next_allowed, recent
from chalicelib.resilience.rates import MemoryLimiter


def simulate(demands: list[float]) -> list[float]:
    """When messages that are asked for at these moments are sent, one after the other."""
    sends: list[float] = []
    for demand in sorted(demands):
        sends.append(next_allowed(recent(sends, demand), max(demand, sends[-1] if sends else 0.0)))
    return sends


@given(st.lists(st.floats(0, 600), max_size=120))
def test_no_minute_holds_more_than_the_share_of_notices(demands: list[float]) -> None:
    sends = simulate(demands)
    assert all(len([other for other in sends if start <= other < start + WINDOW]) <= LIMIT for start in sends)


@given(st.lists(st.floats(0, 600), max_size=120))
def test_two_messages_are_never_within_a_second(demands: list[float]) -> None:
    sends = simulate(demands)
    assert all(later - earlier >= 1 for earlier, later in pairwise(sends))


def test_the_first_message_goes_at_once() -> None:
    assert next_allowed([], 1000.0) == 1000.0


def test_a_burst_starts_with_four_quick_messages() -> None:
    sends = simulate([0.0] * 4)
    assert sends[-1] < 3 * QUICK_GAP + 0.01


def test_a_steady_flow_never_waits_at_the_wall() -> None:
    sends = simulate([0.0] * 100)
    assert max(later - earlier for earlier, later in pairwise(sends)) < STEADY_GAP + 0.01


def test_a_steady_flow_uses_most_of_what_is_allowed() -> None:
    sends = simulate([0.0] * 100)
    assert len([moment for moment in sends if 120 <= moment < 180]) >= 10


def test_after_a_quiet_minute_the_next_burst_is_quick_again() -> None:
    sends = simulate([0.0] * 10 + [200.0] * 4)
    assert sends[-1] - 200.0 < 3 * QUICK_GAP + 0.01


def test_sends_recorded_at_another_pace_still_meet_the_limit() -> None:
    assert next_allowed([1000.0 + second for second in range(LIMIT)], 1030.0) >= 1000.0 + WINDOW


def test_a_slot_reserved_in_the_future_is_respected() -> None:
    assert next_allowed([1005.0], 1000.0) >= 1005.0 + QUICK_GAP


@given(st.lists(st.floats(-1e9, 1e9), max_size=60), st.floats(-1e9, 1e9))
def test_any_history_gives_an_answer_that_is_not_in_the_past(sends: list[float], now: float) -> None:
    assert next_allowed(sends, now) >= now


def test_notices_and_alarms_leave_room_for_what_a_person_waits_for() -> None:
    now = 0.0
    limiter, alarms = MemoryLimiter(lambda: now), []
    while now < 600:
        if limiter.take([[ALARMS]]) == [0.0]:
            alarms.append(now)
        now += 0.5
    most = max(len([other for other in alarms if start <= other < start + WINDOW]) for start in alarms)
    assert most + LIMIT <= GROUP_LIMIT - 2
