"""The retry schedule, in one place for all stages.

1, 2, 4, 8, 16, 32 s, then minutes to hours. Its sum stays inside the queues' retention of four days,
and an outage of an hour uses about half of it, so that it fills no dead-letter queue.

What differs by kind of failure is not this table but who comes to it: a `Permanent` one never does, a service with a
breaker that rests is waited for by `postponement`, a provider that names its wait is obeyed (`wait`). A quicker ceiling
for our own stores would need more receives within the same four days; the receives of a queue have one limit for all
kinds (`MAX_RECEIVE_COUNT`), and a mail that kills its worker would be tried that often too.
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
"""The try after which a stage gives up; the schedule's last wait comes before it."""

MAX_RECEIVE_COUNT = MAX_RECEIVES + 3
"""`maxReceiveCount` of every stage queue. Three more than the stage takes: a quarantine that fails, or a worker
that dies in it, is tried again with its reason before SQS moves the message without one."""

QUICK = 6
"""Tries for which a provider may name a wait shorter than the schedule's: a proxy that says "one second" through an
outage, or a long burst that waits for its turn, must not use the receives up."""

JITTER = 0.2
MAX_WAIT = 12 * HOUR


FIRST_POSTPONEMENT = 5
LAST_POSTPONEMENT = 5 * MINUTE
"""A mail that waits for a service tries again after 5 s, 10 s, … finally every 5 minutes: the longest delay after the
recovery."""

MAX_POSTPONEMENT = 15 * MINUTE
"""Seconds that SQS delays a message at most (`DelaySeconds`)."""


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


def postponement(times: int, asked: float | None, chance: float) -> float:
    """Seconds until a message that was postponed `times` times before is seen again, at most `MAX_POSTPONEMENT`.

    `asked` is how long the other side rests for certain; `chance` as in `wait`.
    """
    planned = min(FIRST_POSTPONEMENT * 2.0 ** min(max(times, 0), 10), LAST_POSTPONEMENT)
    return min(max(planned, asked or 0.0) * (1 + JITTER * chance), MAX_POSTPONEMENT)


def counts(attempts: int, counted_at: float, now: float) -> bool:
    """Whether a try that failed at a service which is known to be down is one more of the schedule.

    Mails that wait for such a service try it in turns, far more often than the schedule would. Each try counts only
    when the schedule's own pause since the last one that counted is over: so an outage uses no mail up sooner, and a
    mail that is itself what breaks the service still ends in quarantine when the schedule does. Times in seconds;
    `counted_at` 0 is never.
    """
    pause = SCHEDULE[min(max(attempts, 1), len(SCHEDULE)) - 1]
    return attempts < 1 or not 0 <= now - counted_at < pause
