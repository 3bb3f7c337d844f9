"""Stand-in for Telegram's Bot API, as strict as the real one (core.telegram.org/bots/api, its server's source)."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from infra.local.standins.control import Reply, Request
from infra.local.standins.server import StandIn
from infra.local.standins.telegram_chats import Chats, Refusal
from infra.local.standins.telegram_rules import Pace, Refused, active, checked

DELETABLE = 48 * 3600.0
ME = {"id": 1, "is_bot": True, "first_name": "Mailroom", "username": "mailroom_stand_in_bot"}
WEBHOOK = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}

PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was kicked from the supergroup chat",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class TelegramStandIn(StandIn):
    """Empty `token` accepts any, empty `chats` and `threads` too; `limits` can be switched at run time.

    `refuses` is a text that makes a message refused for good; empty: none. Control: `POST /_control/settings` with
    `limits`, `refuses` and the fields of `Chats.settle`, each optional.
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
        self.chats = Chats(chats, threads)
        self.limits = limits
        self.refuses = ""
        self._clock = clock
        self._lock = threading.Lock()
        self._paces: dict[str, Pace] = {}
        self._messages: list[dict[str, Any]] = []
        self._sent = 0

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Each with `message_id`, `chat_id`, `message_thread_id`, `text`, `at` (epoch seconds), `parameters`.

        `active` is what a finger can touch in it.
        """
        with self._lock:
            return [dict(message) for message in self._messages]

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
        self.chats.settle(given)
        return Reply.of({"ok": True})

    def error(self, status: int) -> Reply:
        return _failure(status, PHRASES.get(status, "Error"), {"retry_after": 3} if status == 429 else {})

    def answer(self, request: Request) -> Reply:
        found = re.fullmatch(r"/bot([^/]+)/(\w+)", request.path)
        if not found:
            return self.error(404)
        token, method = found.groups()
        if self.token and token != self.token:
            return self.error(401)
        action = self._methods().get(method.lower())
        if action is None:
            return self.error(404)
        try:
            given = _parameters(request)
            with self._lock:
                return _success(action(given))
        except Refused as refused:
            return _failure(400, f"Bad Request: {refused}", {})
        except Refusal as refusal:
            return _failure(refusal.status, refusal.description, refusal.parameters)
        except (ValueError, TypeError):
            return _failure(400, "Bad Request: can't parse request", {})

    def _methods(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        """By name in lower case: the real service does not distinguish."""
        return {
            "getme": lambda _: ME,
            "getwebhookinfo": lambda _: WEBHOOK,
            "sendmessage": self._send,
            "editmessagetext": self._edit,
            "deletemessage": self._delete,
            "createforumtopic": self._create_topic,
            "reopenforumtopic": self._reopen_topic,
        }

    def _send(self, given: dict[str, Any]) -> dict[str, Any]:
        chat, thread = _chat(given), given.get("message_thread_id")
        thread = self.chats.written(chat, None if thread is None else int(thread))
        text, entities = self._text(given)
        self._spend(chat)
        self._sent += 1
        message = {
            "message_id": self._sent,
            "chat_id": chat,
            "message_thread_id": thread,
            "text": text,
            "entities": entities,
            "active": active(text, entities),
            "at": time.time(),
            "parameters": sorted(given),
        }
        self._messages.append(message)
        return _shown(message)

    def _edit(self, given: dict[str, Any]) -> dict[str, Any]:
        message = self._own(given, "message to edit not found")
        text, entities = self._text(given)
        if (text, entities) == (message["text"], message["entities"]):
            raise Refused(
                "message is not modified: specified new message content and reply markup are exactly the same as a "
                "current content and reply markup of the message"
            )
        self._spend(message["chat_id"])
        message |= {"text": text, "entities": entities, "active": active(text, entities)}
        return _shown(message)

    def _delete(self, given: dict[str, Any]) -> bool:
        message = self._own(given, "message to delete not found")
        if time.time() - message["at"] > DELETABLE:
            raise Refused("message can't be deleted for everyone")
        self._messages.remove(message)
        return True

    def _create_topic(self, given: dict[str, Any]) -> dict[str, Any]:
        chat, name = _chat(given), str(given.get("name", ""))
        thread = self.chats.made_topic(chat, name)
        self._spend(chat)
        return {"message_thread_id": thread, "name": name, "icon_color": 7322096}

    def _reopen_topic(self, given: dict[str, Any]) -> bool:
        chat = _chat(given)
        self.chats.reopened(chat, int(given.get("message_thread_id", 0)))
        self._spend(chat)
        return True

    def _text(self, given: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
        text, entities = checked(given)
        if self.refuses and self.refuses in text:
            raise Refused("can't parse entities: byte offset 0")
        return text, entities

    def _own(self, given: dict[str, Any], otherwise: str) -> dict[str, Any]:
        chat, number = _chat(given), int(given.get("message_id", 0))
        self.chats.reachable(chat)
        for message in self._messages:
            if (message["chat_id"], message["message_id"]) == (chat, number):
                return message
        raise Refused(otherwise)

    def _spend(self, chat: str) -> None:
        pace = self._paces.setdefault(chat, Pace(group=chat.startswith("-")))
        wait = pace.wait(self._clock()) if self.limits else 0.0
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            raise Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def _chat(given: dict[str, Any]) -> str:
    return str(given.get("chat_id", ""))


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    chat = message["chat_id"]
    result = {
        "message_id": message["message_id"],
        "date": int(message["at"]),
        "chat": {"id": int(chat) if chat.lstrip("-").isdigit() else chat, "type": "supergroup"},
        "text": message["text"],
        "entities": message["entities"],
    }
    if message["message_thread_id"] is not None:
        result |= {"message_thread_id": message["message_thread_id"], "is_topic_message": True}
    return result


def _parameters(request: Request) -> dict[str, Any]:
    """Parameters as JSON or as a form, as the real service takes them. Raises ValueError."""
    if "json" in request.headers.get("content-type", ""):
        value = json.loads(request.body)
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return value
    return {**request.query, **dict(parse_qsl(request.body.decode("utf-8", "replace")))}


def _success(result: Any) -> Reply:
    return Reply.of({"ok": True, "result": result})


def _failure(status: int, description: str, parameters: dict[str, int]) -> Reply:
    value: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    headers = {}
    if parameters:
        value["parameters"] = parameters
    if "retry_after" in parameters:
        headers["Retry-After"] = str(parameters["retry_after"])
    return Reply.of(value, status, headers)
