"""When the next message may go to a chat: fast at first, then at a pace that never reaches the provider's limit.

Telegram allows about one message a second in a chat and 20 a minute in a group ("My bot is hitting limits", Bots FAQ),
all topics, edits and new topics together. Notices take `LIMIT` of these, `ALARMS` four; two are left for what a person
waits for. Only four messages in any minute may follow at the quick gap, the others keep the
steady one: a minute then holds at most 4 + (60 - 3 * 1.05) / 5.7 < 14.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.resilience.rates import Quota

WINDOW = 60.0
GROUP_LIMIT = 20
"""Calls that write which a group takes in any minute."""
ALARMS = Quota("telegram:alarms", per_minute=3, burst=2)
"""The pace of alarms: four in any minute at most. They need no database, so they have a share of their own."""
LIMIT = 14
"""Messages of notices in any minute."""
BURST = 4
QUICK_GAP = 1.05
STEADY_GAP = 5.7
MARGIN = 0.01
"""Seconds added past the limit, so that no rounding leaves the oldest send in the window."""


def recent(sends: Sequence[float], now: float) -> list[float]:
    """Those of the sends (seconds since 1970) that still count at `now`, in order."""
    return sorted(moment for moment in sends if moment > now - WINDOW)[-LIMIT:]


def next_allowed(sends: Sequence[float], now: float) -> float:
    """The first moment, not before `now`, at which a message may be sent.

    `sends` are the moments of earlier sends, in any order; those older than a minute count no more.
    A moment in the future (a reserved slot, another clock) is respected like a past one.
    """
    past = sorted(sends)
    if not past:
        return now
    moment = max(now, past[-1] + QUICK_GAP)
    if len(recent(past, moment)) >= BURST:
        moment = max(moment, past[-1] + STEADY_GAP)
    # This pace never reaches the limit; sends recorded at another pace may have.
    while len(held := [send for send in past if send > moment - WINDOW]) >= LIMIT:
        moment = held[-LIMIT] + WINDOW + MARGIN
    return moment
