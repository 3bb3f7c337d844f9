"""Delivers notices to a Telegram forum group by the Bot API (core.telegram.org/bots/api#sendmessage)."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from chalicelib.adapters.http.client import AnswerTooLarge, HttpClient, bounded_wait
from chalicelib.core.errors import ConfigurationError, Permanent, Retryable

MAX_UNITS = 4096
"""Longest text in UTF-16 units, as the Bot API counts."""

ANSWER_LIMIT = 256 * 1024
ELLIPSIS = "…"
UNAVAILABLE = "telegram_unavailable"
DEFAULT_TOPIC = "email"


def cut(text: str, units: int = MAX_UNITS) -> str:
    """The text, or its start and an ellipsis, in at most `units` UTF-16 units; never half a character.

    Lone surrogates become question marks: no JSON parser has to take them.
    """
    encoded = text.encode("utf-16-le", "replace")
    if len(encoded) > 2 * units:
        # A pair that is cut in two loses its first half as well: "ignore" drops it.
        encoded = encoded[: 2 * (units - len(ELLIPSIS))]
        return encoded.decode("utf-16-le", "ignore") + ELLIPSIS
    return encoded.decode("utf-16-le")


class _NoToken(logging.Filter):
    """Drops what the HTTP library logs about a Bot API request: its path holds the token."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "/bot" not in record.getMessage()


_NO_TOKEN = _NoToken()


class Telegram:
    """A `Messenger`. `topics` maps a topic's name to its `message_thread_id`; 0 is the group's general topic.

    The text goes without `parse_mode`: subjects are an attacker's text. There is no idempotency key,
    so an answer that was lost leads to a second message, never to none.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        chat_id: str,
        topics: Mapping[str, int],
        timeout: tuple[float, float] = (3.05, 10.0),
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/bot{token}/sendMessage"
        self._chat_id = chat_id
        self._topics = dict(topics)
        self._http = HttpClient(UNAVAILABLE, timeout, deadline=timeout[0] + timeout[1])
        logging.getLogger("urllib3.connectionpool").addFilter(_NO_TOKEN)

    def send(self, topic: str, text: str) -> None:
        """Send one plain message, cut at 4,096 UTF-16 units.

        Raises `Retryable("telegram_rate_limited", after)` on 429, `Retryable("telegram_unauthorized")`
        for a token that is not taken (an operator mends it), `Permanent("telegram_refused")` for a
        request that will never be taken (chat gone, bot expelled), `Retryable("telegram_unavailable")`
        for everything else. A topic that is not configured (a rule names it) is told in `email`: a notice must not
        wait for a set-up; `ConfigurationError` where that is not configured either.
        """
        thread = self._topics.get(topic, self._topics.get(DEFAULT_TOPIC))
        if thread is None:
            raise ConfigurationError("telegram topics", "a topic has no thread id", f"Name the topic {DEFAULT_TOPIC}")
        payload: dict[str, object] = {
            "chat_id": self._chat_id,
            "text": cut(text),
            "link_preview_options": {"is_disabled": True},
        }
        if thread:
            payload["message_thread_id"] = thread
        try:
            answer = self._http.call("POST", self._url, limit=ANSWER_LIMIT, payload=payload)
        except AnswerTooLarge:
            raise Retryable(UNAVAILABLE) from None
        value = answer.json() or {}
        match answer.status:
            case 200 if value.get("ok") is True:
                return
            case 429:
                parameters = value.get("parameters")
                asked = parameters.get("retry_after") if isinstance(parameters, dict) else None
                raise Retryable("telegram_rate_limited", after=bounded_wait(asked) or answer.retry_after)
            case 401 | 404:
                raise Retryable("telegram_unauthorized")
            case 400 | 403 if value.get("ok") is False:
                raise Permanent("telegram_refused")
            case _:
                raise Retryable(UNAVAILABLE)

    def close(self) -> None:
        """End the kept connections; the next call opens new ones."""
        self._http.close()
