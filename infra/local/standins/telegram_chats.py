"""The chats of Telegram's stand-in: which topics a group has, where it moved, and what the bot may do in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

GENERAL = 1


class Refusal(Exception):
    """A refusal for the sake of the chat, with the API's status, description and parameters."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


@dataclass
class Chats:
    """Empty `known` accepts any chat, empty `threads` any thread but 1 (the general topic's own)."""

    known: frozenset[str] = frozenset()
    threads: frozenset[int] = frozenset()
    forum: bool = True
    kicked: bool = False
    may_write: bool = True
    may_manage_topics: bool = False
    moved: dict[str, int] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    made: dict[tuple[str, int], str] = field(default_factory=dict)

    def settle(self, given: dict[str, Any]) -> None:
        """Take over what a control request names; `closed` and `deleted` are lists, `moved` maps old to new ids."""
        for name in ("forum", "kicked", "may_write", "may_manage_topics"):
            setattr(self, name, bool(given.get(name, getattr(self, name))))
        self.moved = {str(old): int(new) for old, new in given.get("moved", self.moved).items()}
        self.closed, self.deleted = set(given.get("closed", self.closed)), set(given.get("deleted", self.deleted))

    def written(self, chat: str, thread: int | None) -> int | None:
        """The thread that a message goes to, None for the general topic. Raises `Refusal`."""
        self.reachable(chat)
        if not self.may_write:
            raise Refusal(400, "Bad Request: not enough rights to send text messages to the chat")
        if not self._has_topics(chat) or thread == 0:
            return None  # without a word
        if thread is None:
            if GENERAL in self.closed:
                raise Refusal(400, "Bad Request: TOPIC_CLOSED")
            return None
        if not self._exists(chat, thread):
            raise Refusal(400, "Bad Request: message thread not found")
        if thread in self.closed:
            raise Refusal(400, "Bad Request: TOPIC_CLOSED")
        return thread

    def made_topic(self, chat: str, name: str) -> int:
        """A new topic's thread. Raises `Refusal`."""
        self._managed(chat)
        if not 1 <= len(name) <= 128:
            raise Refusal(400, "Bad Request: TOPIC_TITLE_EMPTY")
        thread = 1_000 + len(self.made)
        self.made[chat, thread] = name
        return thread

    def reopened(self, chat: str, thread: int) -> None:
        """Raises `Refusal`."""
        self._managed(chat)
        if not self._exists(chat, thread):
            raise Refusal(400, "Bad Request: TOPIC_ID_INVALID")
        if thread not in self.closed:
            raise Refusal(400, "Bad Request: TOPIC_NOT_MODIFIED")
        self.closed.discard(thread)

    def reachable(self, chat: str) -> None:
        """Raises `Refusal`."""
        if chat in self.moved:
            to = self.moved[chat]
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, description, migrate_to_chat_id=to)
        if not chat or (self.known and chat not in self.known | {str(to) for to in self.moved.values()}):
            raise Refusal(400, "Bad Request: chat not found")
        if self.kicked:
            raise Refusal(403, "Forbidden: bot was kicked from the supergroup chat")

    def _managed(self, chat: str) -> None:
        self.reachable(chat)
        if not self._has_topics(chat):
            raise Refusal(400, "Bad Request: the chat is not a forum")
        if not self.may_manage_topics:
            raise Refusal(400, "Bad Request: not enough rights to manage topics")

    def _has_topics(self, chat: str) -> bool:
        return self.forum and chat.startswith("-")

    def _exists(self, chat: str, thread: int) -> bool:
        if thread == GENERAL or thread in self.deleted:
            return False
        new = chat in {str(to) for to in self.moved.values()}  # the threads of the old chat are void
        return (chat, thread) in self.made or (not new and (not self.threads or thread in self.threads))
