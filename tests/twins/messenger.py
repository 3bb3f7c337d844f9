"""The messenger in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from chalicelib.adapters.telegram.messenger import MAX_CHARACTERS
from chalicelib.core.errors import ConfigurationError, Permanent
from chalicelib.core.message_text import MessageText
from chalicelib.ports import Sent
from chalicelib.resilience.refusals import TEXT_REFUSED


class MemoryMessenger:
    """`sent` is (topic, text) in order; each error in `failures` is raised once, instead of a delivery.

    A text that `refuses` says is refused for good; `asked` counts all calls, `spans` holds each message's foreign
    spans. `changes` are those of every message.
    """

    def __init__(self, topics: Iterable[str] = ("email", "system")) -> None:
        self.sent: list[tuple[str, str]] = []
        self.spans: list[tuple[tuple[int, int], ...]] = []
        self.failures: deque[Exception] = deque()
        self.refuses: Callable[[str], bool] = lambda text: False
        self.changes: tuple[str, ...] = ()
        self.asked = 0
        self._topics = frozenset(topics)

    def send(self, topic: str, message: MessageText) -> Sent:
        topic = topic if topic in self._topics else "email"
        if topic not in self._topics:
            raise ConfigurationError("topics", "a topic is unknown", "Name it")
        self.asked += 1
        if self.refuses(message.text):
            raise Permanent(TEXT_REFUSED)
        if self.failures:
            raise self.failures.popleft()
        cut = message.cut(MAX_CHARACTERS)
        self.sent.append((topic, cut.text))
        self.spans.append(cut.foreign)
        return Sent(len(self.sent), "-100", None, self.changes)
