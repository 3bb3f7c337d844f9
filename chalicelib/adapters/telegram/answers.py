"""What an answer of the Bot API means. There are no error numbers: the description decides, by its beginning.

The descriptions are those of the Bot API server's source (github.com/tdlib/telegram-bot-api, TDLib). They are compared
in lower case after the status' own words ("Bad Request: "); whatever follows is ignored. An unknown 400 counts as the
text's fault, because the notices behind it must not wait for it; an unknown 403 as the chat's.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from chalicelib.adapters.http.client import Answer
from chalicelib.adapters.http.waits import asked_wait, retry_after

DEFAULT_WAIT = 30.0
"""Seconds to wait after a 429 that names no time."""


class Meaning(Enum):
    """Whose fault a refusal is, and so what helps."""

    DONE = auto()
    NOTHING_TO_DO = auto()  # edited to the same text, or gone: never repeat
    MOVED = auto()
    TOPIC_CLOSED = auto()
    TOPIC_GONE = auto()
    CHAT = auto()
    TEXT = auto()
    TOKEN = auto()
    TWO_READERS = auto()
    LIMITED = auto()
    UNKNOWN_OUTCOME = auto()
    PASSING = auto()


DESCRIPTIONS: tuple[tuple[Meaning, tuple[str, ...]], ...] = (
    (Meaning.MOVED, ("group chat was upgraded to a supergroup chat",)),
    (Meaning.TOPIC_CLOSED, ("topic_closed",)),
    (Meaning.TOPIC_GONE, ("message thread not found", "topic_deleted", "topic_id_invalid")),
    (
        Meaning.CHAT,
        (
            *("chat not found", "chat_write_forbidden", "chat_restricted", "chat_send_", "peer_id_invalid"),
            *("not enough rights", "have no rights to send", "need administrator rights", "user not found"),
            *("bot was kicked", "bot was blocked", "bot is not a member", "bot can't", "bots can't"),
            *("the group chat was deleted", "the group has been", "user is deactivated", "channel_private"),
            *("group chat was deactivated", "chat_admin_required", "user_is_blocked", "input_user_deactivated"),
        ),
    ),
    (
        Meaning.NOTHING_TO_DO,
        (
            *("message is not modified", "message to edit not found", "message can't be edited"),
            *("message to delete not found", "message can't be deleted", "query is too old"),
        ),
    ),
    (Meaning.TOKEN, ("logged out",)),
)


def meaning(answer: Answer) -> Meaning:
    """Of a complete answer to a call that writes."""
    value = answer.json() or {}
    if answer.status == 200:  # the call may have been made even where a proxy spoilt its answer
        return Meaning.DONE if value.get("ok") is True else Meaning.UNKNOWN_OUTCOME
    if answer.status == 429:
        return Meaning.LIMITED
    if answer.status in (401, 404, 421):
        return Meaning.TOKEN
    if value.get("ok") is not False:
        return Meaning.PASSING
    if answer.status == 409:
        return Meaning.TWO_READERS
    if answer.status not in (400, 403):
        return Meaning.PASSING
    described = _described(value)
    for found, beginnings in DESCRIPTIONS:
        if described.startswith(beginnings):
            return found
    return Meaning.CHAT if answer.status == 403 else Meaning.TEXT


def new_chat(answer: Answer) -> str:
    """The id to which a group has moved; empty where the answer names none."""
    found = _parameters(answer).get("migrate_to_chat_id")
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def wait(answer: Answer) -> float:
    """Seconds that a 429 asks for: in its parameters, else in its header, else `DEFAULT_WAIT`. Never shortened."""
    for asked in (
        asked_wait(_parameters(answer).get("retry_after")),
        retry_after(answer.headers.get("Retry-After") or "", None),
    ):
        if asked is not None:
            return asked
    return DEFAULT_WAIT


def _described(value: dict[str, Any]) -> str:
    text = str(value.get("description", "")).lower().strip()
    for status in ("bad request:", "forbidden:"):
        text = text.removeprefix(status).strip()
    return text


def _parameters(answer: Answer) -> dict[str, Any]:
    value = (answer.json() or {}).get("parameters")
    return value if isinstance(value, dict) else {}
