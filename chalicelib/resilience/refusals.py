"""Notices that the messenger refuses for good: halved, then sent without text, then paused until an operator acts.

A refused text: a message that held several is halved until the notice that spoils it is alone; that notice is sent
without its text. What is refused even then is no text's fault: the notice gets its text back and is paused.
A refused chat: nothing is wrong with the notices. They keep their text, and the whole chat is paused.
"""

from __future__ import annotations

WITHOUT_TEXT = 0
"""Stands for "alone, and without its text"."""
ALONE = 1
STUCK = 2
"""Number of paused notices of one topic from which the whole topic is paused: the notices are not the cause."""
FIRST_REST = 60.0
LAST_REST = 3600.0
FIRST_DOUBT = 5.0
"""Seconds before a message that may have arrived is sent again, the first time."""

TEXT_REFUSED = "telegram_refused"
CHAT_REFUSED = "telegram_chat_refused"
OUTCOME_UNKNOWN = "telegram_outcome_unknown"

CHAT_MOVED = "telegram_chat_moved"
TOPIC_LOST = "telegram_topic_lost"
TOPIC_REMADE = "telegram_topic_remade"


def after_refusal(held: int) -> int:
    """The most notices of the next message, after a message with so many was refused (0: without text)."""
    return held // 2 if held > 1 else WITHOUT_TEXT


def rest(refusals: int) -> float:
    """Seconds that a notice refused without its text is paused after `refusals`: 1 minute, doubled up to 1 hour."""
    return min(FIRST_REST * 2.0 ** min(max(refusals, 0), 10), LAST_REST)


def doubt(unknown_sends: int) -> float:
    """Seconds before a message of unknown outcome is sent again: 5 s, doubled with each one before, up to 1 hour.

    It is sent again, because a lost notice is worse than a second one; but ever more rarely, because a path that
    swallows all answers would otherwise fill the chat.
    """
    return min(FIRST_DOUBT * 2.0 ** min(max(unknown_sends, 0), 12), LAST_REST)
