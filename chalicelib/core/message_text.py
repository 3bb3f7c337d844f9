"""A text for people, and the spans of it that no client may turn into a link, a mention or a command button."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class MessageText:
    """`foreign` holds (start, end) of each span, in code points, in order and without overlaps.

    A span covers all that others wrote. Messaging services look for links and commands in plain text too, so the
    messenger has to mark each span as code.
    """

    text: str
    foreign: tuple[tuple[int, int], ...] = ()

    @classmethod
    def inert(cls, text: str) -> Self:
        """A text that is foreign as a whole."""
        return cls(text, ((0, len(text)),))

    @classmethod
    def of(cls, parts: Iterable[tuple[str, bool]]) -> Self:
        """The parts in a row, each with whether it is foreign."""
        text, spans = "", []
        for part, foreign in parts:
            if foreign and part:
                spans.append((len(text), len(text) + len(part)))
            text += part
        return cls(text, tuple(spans))

    def cut(self, limit: int) -> Self:
        """The message, or its start and an ellipsis, in at most `limit` code points.

        Lone surrogates become question marks: no JSON parser has to take them.
        """
        text = self.text.encode("utf-8", "replace").decode("utf-8")
        end = len(text)
        if end > limit:
            end = limit - len(ELLIPSIS)
            text = text[:end] + ELLIPSIS
        spans = tuple((start, min(stop, end)) for start, stop in self.foreign if start < min(stop, end))
        return type(self)(text, spans)
