"""Stand-in for Telegram's Bot API: sendMessage with its limits (core.telegram.org/bots/api, /bots/faq)."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from infra.local.standins.control import Reply, Request
from infra.local.standins.server import StandIn

MAX_UNITS = 4096
"""Longest text, in UTF-16 units."""

GROUP_PER_MINUTE = 20
CHAT_BURST = 3
"""The real service tolerates a short burst above one message a second."""

PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was kicked from the supergroup chat",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class _Pace:
    """One chat's limits: a bucket of `CHAT_BURST` refilled by one a second, and 20 in any 60 seconds for groups."""

    def __init__(self, group: bool) -> None:
        self.group = group
        self.tokens = float(CHAT_BURST)
        self.at = 0.0
        self.sent: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until a message is allowed; 0.0 counts one as sent."""
        self.tokens = min(CHAT_BURST, self.tokens + (now - self.at))
        self.at = now
        while self.sent and now - self.sent[0] >= 60.0:
            self.sent.popleft()
        if self.group and len(self.sent) >= GROUP_PER_MINUTE:
            return 60.0 - (now - self.sent[0])
        if self.tokens < 1.0:
            return 1.0 - self.tokens
        self.tokens -= 1.0
        self.sent.append(now)
        return 0.0


class TelegramStandIn(StandIn):
    """Empty `token` accepts any, empty `chats` and `threads` too; `limits` can be switched at run time.

    `refuses` is a text that makes a message refused for good; empty: none.
    Control: `POST /_control/settings {"limits": false, "refuses": "text"}`, each optional.
    """

    name: ClassVar[str] = "telegram"

    def __init__(
        self,
        port: int = 0,
        *,
        token: str = "",
        chats: frozenset[str] = frozenset(),
        threads: frozenset[int] = frozenset(),
        limits: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(port)
        self.token = token
        self.chats = chats
        self.threads = threads
        self.limits = limits
        self.refuses = ""
        self._clock = clock
        self._lock = threading.Lock()
        self._paces: dict[str, _Pace] = {}
        self._messages: list[dict[str, Any]] = []

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Each with `message_id`, `chat_id`, `message_thread_id`, `text`, `at` (epoch seconds), `parameters`."""
        with self._lock:
            return list(self._messages)

    def forget(self) -> None:
        with self._lock:
            self._messages.clear()
            self._paces.clear()

    def shown(self, path: str) -> str:
        return re.sub(r"/bot[^/]+", "/bot***", path)

    def controlled(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", "/_control/settings"):
            return super().controlled(request)
        given = request.json()
        self.limits = bool(given.get("limits", self.limits))
        self.refuses = str(given.get("refuses", self.refuses))
        return Reply.of({"ok": True})

    def error(self, status: int) -> Reply:
        return _failure(status, PHRASES.get(status, "Error"), retry_after=3 if status == 429 else None)

    def answer(self, request: Request) -> Reply:
        found = re.fullmatch(r"/bot([^/]+)/(\w+)", request.path)
        if not found:
            return self.error(404)
        token, method = found.groups()
        if self.token and token != self.token:
            return self.error(401)
        if method == "getMe":
            return _success({"id": 1, "is_bot": True, "first_name": "Mailroom", "username": "mailroom_stand_in_bot"})
        if method != "sendMessage":
            return self.error(404)
        try:
            return self._send(_parameters(request))
        except ValueError:
            return _failure(400, "Bad Request: can't parse request")

    def _send(self, given: dict[str, Any]) -> Reply:
        chat, text = str(given.get("chat_id", "")), str(given.get("text", ""))
        thread = given.get("message_thread_id")
        thread = None if thread is None else int(thread)
        if not chat or (self.chats and chat not in self.chats):
            return _failure(400, "Bad Request: chat not found")
        if thread is not None and self.threads and thread not in self.threads:
            return _failure(400, "Bad Request: message thread not found")
        if not text.strip():
            return _failure(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le", "surrogatepass")) // 2 > MAX_UNITS:
            return _failure(400, "Bad Request: message is too long")
        if self.refuses and self.refuses in text:
            return _failure(400, "Bad Request: strings must be encoded in UTF-8")
        with self._lock:
            pace = self._paces.setdefault(chat, _Pace(group=chat.startswith("-")))
            wait = pace.wait(self._clock()) if self.limits else 0.0
            if wait > 0:
                seconds = max(1, math.ceil(wait))
                return _failure(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
            message = {
                "message_id": len(self._messages) + 1,
                "chat_id": chat,
                "message_thread_id": thread,
                "text": text,
                "at": time.time(),
                "parameters": sorted(given),
            }
            self._messages.append(message)
        result = {
            "message_id": message["message_id"],
            "date": int(time.time()),
            "chat": {"id": chat, "type": "supergroup"},
            "text": text,
        }
        if thread is not None:
            result |= {"message_thread_id": thread, "is_topic_message": True}
        return _success(result)


def _parameters(request: Request) -> dict[str, Any]:
    """Parameters as JSON or as a form, as the real service takes them. Raises ValueError."""
    if "json" in request.headers.get("content-type", ""):
        value = json.loads(request.body)
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return value
    return {**request.query, **dict(parse_qsl(request.body.decode("utf-8", "replace")))}


def _success(result: dict[str, Any]) -> Reply:
    return Reply.of({"ok": True, "result": result})


def _failure(status: int, description: str, retry_after: int | None = None) -> Reply:
    value: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    headers = {}
    if retry_after is not None:
        value["parameters"] = {"retry_after": retry_after}
        headers["Retry-After"] = str(retry_after)
    return Reply.of(value, status, headers)
