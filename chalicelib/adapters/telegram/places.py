"""Where a message of a topic goes now: the deployment's chat and threads, and what has changed since."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.core.errors import ConfigurationError, MailroomError
from chalicelib.ports import ChatBook, ChatChanges

DEFAULT_TOPIC = "email"
GENERAL = (0, 1)
"""Thread ids of the general topic: Telegram takes neither, the field is left out."""
LOOK_AGAIN = 600.0
"""Seconds for which a lost topic's messages go to the general topic at once; then the topic is tried again."""


@dataclass(frozen=True, slots=True)
class Place:
    """A chat and a thread (None: the general topic). `slot` names the topic in the `ChatBook`."""

    chat: str
    thread: int | None
    topic: str
    slot: str
    lost: bool = False
    moved: bool = False


class Places:
    """`topics` maps a topic's name to its `message_thread_id`.

    The book is a convenience: an alarm about the database must go out without it, so a book that cannot be read is
    replaced by what this container knows.
    """

    def __init__(
        self, chat: str, topics: Mapping[str, int], book: ChatBook, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._chat = chat
        self._topics = dict(topics)
        self._book = book
        self._clock = clock
        self._known = ChatChanges()
        self._lost: dict[tuple[str, int], float] = {}

    def of(self, topic: str) -> Place:
        """A topic that is not configured (a rule names it) is sent to `email`: a notice must not wait for a set-up.

        Raises `ConfigurationError` where that is not configured either.
        """
        topic = topic if topic in self._topics else DEFAULT_TOPIC
        deployed = self._topics.get(topic)
        if deployed is None:
            raise ConfigurationError("telegram topics", "a topic has no thread id", f"Name the topic {DEFAULT_TOPIC}")
        changes, slot = self._changes(), f"{topic}={deployed}"
        chat, moved = changes.chat or self._chat, bool(changes.chat)
        thread = changes.threads.get(slot, 0 if moved else deployed)  # the old chat's threads are void
        lost = self._lost.get((chat, thread), 0.0) > self._clock()
        return Place(chat, None if lost or thread in GENERAL else thread, topic, slot, lost, moved)

    def moved(self, to: str) -> None:
        """The group has a new id."""
        self._known = ChatChanges(to)
        with contextlib.suppress(MailroomError):  # then the old id leads to the new one again
            self._book.moved(self._chat, to)

    def lose(self, place: Place) -> None:
        """The topic's thread is gone and could not be made again."""
        self._lost[place.chat, place.thread or 0] = self._clock() + LOOK_AGAIN

    def remade(self, place: Place, thread: int) -> None:
        """The topic was made again as `thread`."""
        with contextlib.suppress(MailroomError):  # then this container alone knows it, and the next one makes another
            thread = self._book.remade(self._chat, place.slot, place.thread or 0, thread)
        self._known = ChatChanges(self._known.chat, {**self._known.threads, place.slot: thread})

    def _changes(self) -> ChatChanges:
        with contextlib.suppress(MailroomError):
            self._known = self._book.changes(self._chat)
        return self._known


class MemoryChatBook:
    """A `ChatBook` of this process alone, for a function without a database: Telegram names the new id each time."""

    def __init__(self) -> None:
        self._held: dict[str, ChatChanges] = {}

    def changes(self, configured: str) -> ChatChanges:
        return self._held.get(configured, ChatChanges())

    def moved(self, configured: str, chat: str) -> None:
        self._held = {configured: ChatChanges(chat)}

    def remade(self, configured: str, slot: str, dead: int, thread: int) -> int:
        now = self.changes(configured)
        if now.threads.get(slot, dead) != dead:
            return now.threads[slot]
        self._held = {configured: ChatChanges(now.chat, {**now.threads, slot: thread})}
        return thread
