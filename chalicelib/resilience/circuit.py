"""The circuit breaker, pure: when a service may be called, and what an answer or a failure changes.

Requirements, Resilience: opens after 5 failures in a row, half-open after 30 s, closes after 3 successes. Times are
Unix seconds, because containers share the state. Half-open, one call at a time is let through; a call that never
reported back (its worker was killed) is forgotten after its lease.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

CLOSED: Final = "closed"
OPEN: Final = "open"
HALF_OPEN: Final = "half_open"
KINDS = (CLOSED, OPEN, HALF_OPEN)

LONGEST = 24 * 3600.0
"""Seconds that another side may make us wait, as long as the state is kept; a later end is a wrong clock's."""

SKEW = 60.0
"""Seconds that the clocks of two containers may differ."""

TURN = 1.0
"""Seconds after which one may ask again whether the half-open service has a free turn."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`rest` and `lease` in seconds; a lease must outlast the longest call. `probes` are let through at a time."""

    failures: int = 5
    rest: float = 30.0
    successes: int = 3
    probes: int = 1
    lease: float = 60.0


POLICY = Policy()


@dataclass(frozen=True, slots=True)
class State:
    """`failures` in a row while closed, `successes` in a row while half-open.

    Nobody asks before `until`: the end of an open breaker's rest, or of a pause that the service named while it was
    closed. `probes` are the ends of the leases of the calls under way while half-open; `since` is the last change of
    `kind`.
    """

    kind: str = CLOSED
    failures: int = 0
    successes: int = 0
    until: float = 0.0
    probes: tuple[float, ...] = ()
    since: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until a call may be made; 0 if it may be made now."""
        left = self.until - now
        return left if 0 < left <= LONGEST + SKEW else 0.0

    def encode(self) -> bytes:
        """The shared form; it holds no text of a mail or a service."""
        return json.dumps(asdict(self), separators=(",", ":")).encode("ascii")


WHOLE = State()


def decode(held: bytes | None) -> State:
    """A shared state; absent or unreadable is a closed breaker: the cache is a hint."""
    try:
        value: dict[str, Any] = json.loads(held or b"{}")
        state = State(
            kind=value.get("kind", CLOSED),
            failures=int(value.get("failures", 0)),
            successes=int(value.get("successes", 0)),
            until=float(value.get("until", 0.0)),
            probes=tuple(float(end) for end in value.get("probes", ())),
            since=float(value.get("since", 0.0)),
        )
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return WHOLE
    return state if state.kind in KINDS else WHOLE


@dataclass(frozen=True, slots=True)
class Permit:
    """The answer to "may I ask?": `wait` in seconds, None for yes. A probe gives its `ticket` back with its outcome."""

    state: State
    wait: float | None = None
    ticket: float | None = None


def permit(state: State, now: float, policy: Policy = POLICY) -> Permit:
    """Whether a call may be made now."""
    if wait := state.wait(now):
        return Permit(state, wait)
    if state.kind == CLOSED:
        return Permit(state)
    if state.kind == OPEN:
        state = State(HALF_OPEN, since=now)
    running = tuple(end for end in state.probes if now < end <= now + policy.lease + SKEW)
    if len(running) >= policy.probes:
        return Permit(state, TURN)
    ticket = now + policy.lease
    return Permit(replace(state, probes=(*running, ticket)), None, ticket)


def succeeded(state: State, ticket: float | None, now: float, policy: Policy = POLICY) -> State:
    """After an answer. Half-open, only a probe's answer says anything: others were begun before the failures."""
    if state.kind == CLOSED:
        return replace(state, failures=0)
    if state.kind == OPEN or ticket is None:
        return state
    state = returned(state, ticket)
    if state.successes + 1 >= policy.successes:
        return State(CLOSED, since=now)
    return replace(state, successes=state.successes + 1)


def failed(
    state: State, ticket: float | None, now: float, after: float | None = None, policy: Policy = POLICY
) -> State:
    """After a failure of the service; `after` is the pause that it asked for."""
    asked = min(max(after or 0.0, 0.0), LONGEST)
    until = max(state.until, now + asked) if asked else state.until
    if state.kind == CLOSED and state.failures + 1 < policy.failures:
        return replace(state, failures=state.failures + 1, until=until)
    if state.kind == CLOSED or (state.kind == HALF_OPEN and ticket is not None):
        return State(OPEN, until=now + max(policy.rest, asked), since=now)
    return replace(state, until=until)


def paused(state: State, ticket: float | None, now: float, after: float) -> State:
    """After "too many requests, come back in `after` seconds": the service works, and all callers obey it."""
    return replace(returned(state, ticket), until=max(state.until, now + min(max(after, 0.0), LONGEST)))


def returned(state: State, ticket: float | None) -> State:
    """After a call that says nothing about the service (it was never made, a bug of ours)."""
    if ticket is None or ticket not in state.probes:
        return state
    left = list(state.probes)
    left.remove(ticket)
    return replace(state, probes=tuple(left))
