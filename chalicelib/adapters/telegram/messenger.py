"""Delivers notices to a Telegram forum group by the Bot API (core.telegram.org/bots/api#sendmessage)."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.http.client import Answer, AnswerTooLarge, HttpClient, Unanswered
from chalicelib.adapters.telegram import answers
from chalicelib.adapters.telegram.answers import Meaning
from chalicelib.adapters.telegram.places import Place, Places
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.message_text import MessageText
from chalicelib.ports import ChatBook, Sent
from chalicelib.resilience import refusals

MAX_CHARACTERS = 4096
"""Longest text in code points, which is how Telegram counts a text; offsets of entities it counts in UTF-16 units."""
MAX_ENTITIES = 100
"""Telegram drops those after it without a word."""
MAX_TOPIC_NAME = 128
ANSWER_LIMIT = 256 * 1024
UNAVAILABLE = "telegram_unavailable"
MOST_MOVES = 2
TIMEOUT = (3.05, 20.0)
"""Seconds to connect and to read. Telegram holds a request for up to 8 seconds before it answers 429."""
FOLLOW_UP = 10.0
"""Seconds after the start of a `send` in which a further call may still begin."""
LONGEST_SEND = FOLLOW_UP + sum(TIMEOUT)


class _NoToken(logging.Filter):
    """Drops what the HTTP library logs about a Bot API request: its path holds the token."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "/bot" not in record.getMessage()


_NO_TOKEN = _NoToken()


class Telegram:
    """A `Messenger`. `topics` maps a topic's name to its `message_thread_id`; 0 or 1 is the group's general topic.

    The text goes without `parse_mode`, and its foreign spans as `pre` entities: Telegram looks for links, mentions and
    commands in every text, but not in code. There is no idempotency key and no way to ask what has arrived."""

    def __init__(
        self,
        base_url: str,
        token: str,
        chat_id: str,
        topics: Mapping[str, int],
        book: ChatBook,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/bot{token}/"
        self._places = Places(chat_id, topics, book)
        self._http = HttpClient(UNAVAILABLE, timeout, deadline=timeout[0] + timeout[1])
        logging.getLogger("urllib3.connectionpool").addFilter(_NO_TOKEN)

    def send(self, topic: str, message: MessageText) -> Sent:
        """Send one message, cut at 4,096 code points. Errors as in `ports.Messenger`.

        A group that has moved is followed at once. A topic that is gone is made again and a closed one reopened,
        where the bot has the right to; otherwise the message goes to the general topic.
        """
        cut = message.cut(MAX_CHARACTERS)
        payload = {"text": cut.text, "entities": entities(cut), "link_preview_options": {"is_disabled": True}}
        until, remade, moves = time.monotonic() + FOLLOW_UP, False, 0
        place = self._places.of(topic)
        answer = self._call("sendMessage", _addressed(place) | payload, until)
        while (why := answers.meaning(answer)) in (Meaning.MOVED, Meaning.TOPIC_CLOSED, Meaning.TOPIC_GONE):
            if why is Meaning.MOVED:
                chat, moves = answers.new_chat(answer), moves + 1
                if chat in ("", place.chat) or moves > MOST_MOVES:
                    raise Retryable(refusals.CHAT_REFUSED)
                self._places.moved(chat)
            elif place.thread is None:
                raise Retryable(refusals.CHAT_REFUSED)
            elif remade or not (remade := self._heal(place, why, until)):
                self._places.lose(place)
            place = self._places.of(topic)
            answer = self._call("sendMessage", _addressed(place) | payload, until)
        return _sent(place, remade, _result(answer, why))

    def _heal(self, place: Place, why: Meaning, until: float) -> bool:
        """Reopen or make the topic again. False where the bot may not, or where it is not known to have happened."""
        chat: dict[str, object] = {"chat_id": place.chat}
        try:
            if why is Meaning.TOPIC_CLOSED:
                answer = self._call("reopenForumTopic", chat | {"message_thread_id": place.thread}, until)
                return answers.meaning(answer) is Meaning.DONE
            answer = self._call("createForumTopic", chat | {"name": place.topic[:MAX_TOPIC_NAME]}, until)
        except Retryable:
            return False
        thread = _member(answer, "message_thread_id") if answers.meaning(answer) is Meaning.DONE else None
        if thread is not None:
            self._places.remade(place, thread)
        return thread is not None

    def _call(self, method: str, payload: dict[str, object], until: float) -> Answer:
        if time.monotonic() > until:
            raise Retryable(UNAVAILABLE)
        try:
            return self._http.call("POST", self._url + method, limit=ANSWER_LIMIT, payload=payload)
        except (AnswerTooLarge, Unanswered):
            raise Retryable(refusals.OUTCOME_UNKNOWN) from None

    def close(self) -> None:
        """End the kept connections; the next call opens new ones."""
        self._http.close()


def entities(message: MessageText) -> list[dict[str, object]]:
    """The foreign spans as `pre`. More of them than Telegram keeps become one, from the first to the last."""
    spans = message.foreign
    if len(spans) > MAX_ENTITIES:
        spans = ((spans[0][0], spans[-1][1]),)
    return [
        {"type": "pre", "offset": _units(message.text[:start]), "length": _units(message.text[start:end])}
        for start, end in spans
    ]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _addressed(place: Place) -> dict[str, object]:
    thread: dict[str, object] = {} if place.thread is None else {"message_thread_id": place.thread}
    return {"chat_id": place.chat} | thread


def _result(answer: Answer, why: Meaning) -> dict[str, Any]:
    """The message that was sent, or the error that a refusal means."""
    match why:
        case Meaning.DONE | Meaning.UNKNOWN_OUTCOME:
            found = (answer.json() or {}).get("result")
            if why is Meaning.DONE and isinstance(found, dict):
                return found
            raise Retryable(refusals.OUTCOME_UNKNOWN)
        case Meaning.LIMITED:
            raise Retryable("telegram_rate_limited", after=answers.wait(answer))
        case Meaning.TOKEN:
            raise Retryable("telegram_unauthorized")
        case Meaning.CHAT:
            raise Retryable(refusals.CHAT_REFUSED)
        case Meaning.TEXT:
            raise Permanent(refusals.TEXT_REFUSED)
        case _:
            raise Retryable(UNAVAILABLE)


def _sent(place: Place, remade: bool, result: dict[str, Any]) -> Sent:
    message, thread, chat = result.get("message_id"), result.get("message_thread_id"), result.get("chat")
    if not isinstance(message, int):
        raise Retryable(refusals.OUTCOME_UNKNOWN)
    changes = {refusals.CHAT_MOVED: place.moved, refusals.TOPIC_LOST: place.lost, refusals.TOPIC_REMADE: remade}
    shown = chat.get("id") if isinstance(chat, dict) else None
    return Sent(
        message,
        str(place.chat if shown is None else shown),
        thread if isinstance(thread, int) else None,
        tuple(code for code, holds in changes.items() if holds),
    )


def _member(answer: Answer, name: str) -> int | None:
    found = (answer.json() or {}).get("result")
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
