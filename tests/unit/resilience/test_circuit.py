"""The circuit breaker's rules: opens after 5 failures in a row, half-open after 30 s, closes after 3 successes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.resilience import circuit
from chalicelib.resilience.circuit import CLOSED, HALF_OPEN, LONGEST, OPEN, POLICY, SKEW, WHOLE, State, decode

NOW = 1_800_000_000.0


def opened(after: float | None = None) -> State:
    """After five failures at NOW."""
    state = WHOLE
    for _ in range(POLICY.failures):
        state = circuit.failed(state, None, NOW, after)
    return state


def probing(now: float = NOW + POLICY.rest) -> circuit.Permit:
    """The first call after the rest."""
    return circuit.permit(opened(), now)


def test_the_numbers_are_those_of_the_requirements() -> None:
    assert (POLICY.failures, POLICY.rest, POLICY.successes) == (5, 30.0, 3)


def test_a_whole_service_may_be_asked_at_any_time() -> None:
    assert circuit.permit(WHOLE, NOW).wait is None


def test_four_failures_do_not_open_it() -> None:
    state = WHOLE
    for _ in range(POLICY.failures - 1):
        state = circuit.failed(state, None, NOW)
    assert (state.kind, circuit.permit(state, NOW).wait) == (CLOSED, None)


def test_five_failures_in_a_row_open_it() -> None:
    assert opened().kind == OPEN


def test_a_success_in_between_resets_the_count() -> None:
    state = WHOLE
    for _ in range(3):
        for _ in range(POLICY.failures - 1):
            state = circuit.failed(state, None, NOW)
        state = circuit.succeeded(state, None, NOW)
    assert state == WHOLE


def test_an_open_one_returns_how_long_to_wait() -> None:
    assert circuit.permit(opened(), NOW + 10).wait == 20


def test_after_its_rest_one_call_is_let_through() -> None:
    permit = probing()
    assert (permit.wait, permit.state.kind) == (None, HALF_OPEN)


def test_while_that_call_is_under_way_nobody_else_is() -> None:
    assert circuit.permit(probing().state, NOW + POLICY.rest).wait == circuit.TURN


def test_a_call_that_never_came_back_is_forgotten_after_its_lease() -> None:
    permit = probing()
    assert circuit.permit(permit.state, NOW + POLICY.rest + POLICY.lease).wait is None


def test_a_failed_probe_opens_it_again() -> None:
    permit = probing()
    state = circuit.failed(permit.state, permit.ticket, NOW + 31)
    assert (state.kind, circuit.permit(state, NOW + 31).wait) == (OPEN, POLICY.rest)


def test_three_successful_probes_close_it() -> None:
    state = opened()
    kinds = []
    for number in range(3):
        permit = circuit.permit(state, NOW + 30 + number)
        state = circuit.succeeded(permit.state, permit.ticket, NOW + 30 + number)
        kinds.append(state.kind)
    assert kinds == [HALF_OPEN, HALF_OPEN, CLOSED]


def test_a_success_of_before_the_failures_says_nothing() -> None:
    permit = probing()
    assert circuit.succeeded(opened(), None, NOW) == opened()
    assert circuit.succeeded(permit.state, None, NOW + 31) == permit.state


def test_a_failure_of_before_the_rest_does_not_open_it_again() -> None:
    """A call that hung for a minute ends while probes already succeed."""
    permit = probing()
    assert circuit.failed(permit.state, None, NOW + 31).kind == HALF_OPEN


def test_a_pause_that_is_longer_than_the_rest_is_kept() -> None:
    assert circuit.permit(opened(after=120.0), NOW).wait == 120


def test_a_pause_that_is_shorter_than_the_rest_does_not_shorten_it() -> None:
    assert circuit.permit(opened(after=1.0), NOW).wait == POLICY.rest


def test_a_single_failure_that_names_a_pause_keeps_everybody_away_for_so_long() -> None:
    state = circuit.failed(WHOLE, None, NOW, 40.0)
    assert (circuit.permit(state, NOW + 39).wait, circuit.permit(state, NOW + 40).wait) == (1, None)


def test_too_many_requests_is_no_failure_but_a_pause_for_everybody() -> None:
    state = WHOLE
    for _ in range(10):
        state = circuit.paused(state, None, NOW, 7.0)
    assert (state.kind, state.failures, circuit.permit(state, NOW).wait) == (CLOSED, 0, 7)


def test_a_rate_limited_probe_gives_its_turn_back() -> None:
    permit = probing()
    state = circuit.paused(permit.state, permit.ticket, NOW + 30, 5.0)
    assert (state.kind, state.probes, state.wait(NOW + 30)) == (HALF_OPEN, (), 5)


def test_no_pause_is_longer_than_an_hour() -> None:
    assert circuit.permit(opened(after=10**9), NOW).wait == LONGEST


def test_an_end_that_only_a_wrong_clock_can_have_written_is_not_waited_for() -> None:
    state = State(OPEN, until=NOW + LONGEST + SKEW + 1)
    assert circuit.permit(state, NOW).wait is None


def test_a_state_survives_its_way_through_redis() -> None:
    state = probing().state
    assert decode(state.encode()) == state


@pytest.mark.parametrize(
    "held", [None, b"", b"garbage", b"[]", b'{"kind": "ajar"}', b'{"until": "x"}', b'{"probes": 3}']
)
def test_a_state_that_is_none_of_ours_is_a_closed_breaker(held: bytes | None) -> None:
    assert decode(held) == WHOLE


@given(st.binary(max_size=200))
def test_any_bytes_are_a_state(held: bytes) -> None:
    assert circuit.permit(decode(held), NOW).state.kind in circuit.KINDS


STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "good", "bad", "pause", "none"]), st.floats(0, 100), st.integers(0, 3)),
    max_size=80,
)


@given(STEPS)
def test_whatever_happens_somebody_may_ask_again_in_the_end(steps: list[tuple[str, float, int]]) -> None:
    """And never more calls at a time than probes are allowed, while it is half-open."""
    state, now, tickets = WHOLE, NOW, [None]
    for step, passed, which in steps:
        now += passed
        ticket = tickets[which % len(tickets)]
        if step == "ask":
            permit = circuit.permit(state, now)
            state, tickets = permit.state, [*tickets, permit.ticket]
        elif step == "good":
            state = circuit.succeeded(state, ticket, now)
        elif step == "bad":
            state = circuit.failed(state, ticket, now, passed if which else None)
        elif step == "pause":
            state = circuit.paused(state, ticket, now, passed)
        else:
            state = circuit.returned(state, ticket)
        assert sum(now < end for end in state.probes) <= POLICY.probes
    assert circuit.permit(state, now + LONGEST + POLICY.lease).wait is None
