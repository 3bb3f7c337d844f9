"""The retry schedule, in one place for all stages (requirements: Resilience).

1, 2, 4, 8, 16, 32 s, then minutes to hours. Its sum stays inside the queues' retention of four days,
and an outage of an hour uses about half of it, so that it fills no dead-letter queue.
"""

from __future__ import annotations

MINUTE, HOUR = 60, 3600
SCHEDULE = (
    *(1, 2, 4, 8, 16, 32),
    *(1 * MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE),
    *(1 * HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR),
)
"""Seconds to wait after the 1st, 2nd, … failed receive. SQS hides a message for 12 hours at most."""

MAX_RECEIVES = len(SCHEDULE) + 1
"""The try after which a stage gives up: the last entry of the schedule is still waited for."""

MAX_RECEIVE_COUNT = MAX_RECEIVES + 3
"""`maxReceiveCount` of every stage queue. Three more than the stage takes: a quarantine that fails, or a worker
that dies in it, is tried again with its reason before SQS moves the message without one."""

QUICK = 6
"""Tries for which a provider may name a wait shorter than the schedule's: a proxy that says "one second" through an
outage, or a long burst that waits for its turn, must not use the receives up."""

JITTER = 0.2
MAX_WAIT = 12 * HOUR


def wait(receives: int, asked: float | None, chance: float) -> float:
    """Seconds until the next try.

    `receives` is SQS's ApproximateReceiveCount (1 at the first delivery); `asked` the wait that the
    provider named: it wins in the first `QUICK` tries, and is never cut short later; `chance` is
    uniform in [0, 1) and spreads the tries by up to 20 %.
    """
    planned = SCHEDULE[min(max(receives, 1), len(SCHEDULE)) - 1] * (1 + JITTER * chance)
    if asked is not None:
        planned = max(asked, 0.0) if receives <= QUICK else max(asked, planned)
    return min(planned, MAX_WAIT)
