"""The messenger in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from chalicelib.adapters.telegram.messenger import cut
from chalicelib.core.errors import ConfigurationError, Permanent


class MemoryMessenger:
    """`sent` is (topic, text) in order; each error in `failures` is raised once, instead of a delivery.

    A text that `refuses` says is refused for good; `asked` counts all calls.
    """

    def __init__(self, topics: Iterable[str] = ("email", "system")) -> None:
        self.sent: list[tuple[str, str]] = []
        self.failures: deque[Exception] = deque()
        self.refuses: Callable[[str], bool] = lambda text: False
        self.asked = 0
        self._topics = frozenset(topics)

    def send(self, topic: str, text: str) -> None:
        topic = topic if topic in self._topics else "email"
        if topic not in self._topics:
            raise ConfigurationError("topics", "a topic is unknown", "Name it")
        self.asked += 1
        if self.refuses(text):
            raise Permanent("telegram_refused")
        if self.failures:
            raise self.failures.popleft()
        self.sent.append((topic, cut(text)))
