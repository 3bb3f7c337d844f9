"""What becomes of notices that the messenger refuses for good: halved, then bare, then at rest until an operator acts.

One text may be what is refused, so a message that held several is halved until the notice that spoils it is alone. A
notice alone loses its text. What is refused even then is no text's fault: the chat is gone or the bot was expelled.
"""

from __future__ import annotations

WITHOUT_TEXT = 0
"""Stands for "alone, and without its text"."""
STUCK = 2
"""Notices of one topic at rest, from which on the whole topic rests: it is not the notices' fault."""
FIRST_REST = 60.0
LAST_REST = 3600.0


def after_refusal(held: int) -> int:
    """Notices that the next message may hold at most, after one that held so many was refused (0: bare)."""
    return held // 2 if held > 1 else WITHOUT_TEXT


def rest(refusals: int) -> float:
    """Seconds of rest for a bare notice that was refused, `refusals` times before: 1 minute, doubled up to 1 hour."""
    return min(FIRST_REST * 2.0 ** min(max(refusals, 0), 10), LAST_REST)
