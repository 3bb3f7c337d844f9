"""A rule: one compiled expression with its check, its context and the cheap test that says whether it can match."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from chalicelib.privacy.spans import Span

CONTEXT_WINDOW = 48
"""How many characters before a find its context word may stand."""
LONGEST = 240
"""Characters that a find behind a context word may have."""
UNLESS_WINDOW = 20
"""How many characters before a find a word may stand that speaks against it."""


class Recognizer(Protocol):
    """Anything that finds personal data in a text; `needs` are characters of which one must be there ("" for any)."""

    @property
    def needs(self) -> str: ...

    def find(self, text: str) -> Iterator[Span]:
        """Every find in `text`, in linear time."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`group` of `pattern` is the find. `check` gets its letters and digits in upper case, or all of it when `whole`.

    `near` must match in the characters before the find (`CONTEXT_WINDOW`) when given, `unless` must not in the last
    `UNLESS_WINDOW` of them. Without one of `hints` in its lower-case text the rule is not tried. `rank` is that of
    `Span`.
    Patterns are linear: bounded repeats, no nested quantifiers over the same characters.
    """

    name: str
    entity: str
    pattern: re.Pattern[str]
    score: float
    group: int = 0
    check: Callable[[str], bool] | None = None
    near: re.Pattern[str] | None = None
    needs: str = ""
    rank: int = 1
    whole: bool = False
    unless: re.Pattern[str] | None = None
    hints: tuple[str, ...] = ()

    def find(self, text: str) -> Iterator[Span]:
        """Every find in `text`."""
        if self.hints:
            lower = text.lower()
            if not any(hint in lower for hint in self.hints):
                return
        for match in self._matches(text):
            start, end = match.span(self.group)
            if start >= end:
                continue
            if self.check:
                found = match.group(self.group)
                if not self.check(found if self.whole else bare(found)):
                    continue
            if self.near and not self.near.search(text, max(0, start - CONTEXT_WINDOW), start):
                continue
            if self.unless and self.unless.search(text, max(0, start - UNLESS_WINDOW), start):
                continue
            yield Span(start, end, self.entity, self.name, self.score, self.rank)

    def _matches(self, text: str) -> Iterator[re.Match[str]]:
        """All matches, or those that begin close behind a context word."""
        if self.near is None:
            yield from self.pattern.finditer(text)
            return
        position = 0
        for word in self.near.finditer(text):
            position, last = max(position, word.end()), word.end() + CONTEXT_WINDOW
            while position <= last:
                match = self.pattern.search(text, position, last + LONGEST)
                if match is None or match.start() > last:
                    break
                yield match
                position = max(match.end(), position + 1)


def bare(text: str) -> str:
    """Letters and digits only, upper case."""
    return "".join(c for c in text if c.isalnum()).upper()


def has_digit(text: str) -> bool:
    """A check: references hold a digit, words do not."""
    return any(c.isdigit() for c in text)


def rule(
    name: str,
    entity: str,
    pattern: str,
    score: float,
    *,
    check: Callable[[str], bool] | None = None,
    near: str = "",
    needs: str = "",
    group: int = 0,
    flags: int = re.IGNORECASE,
    rank: int = 1,
    whole: bool = False,
    unless: str = "",
    hints: str = "",
) -> Rule:
    """A rule from its written form; `near` and `unless` are expressions of whole words."""
    found = re.compile(pattern, flags)
    return Rule(
        name, entity, found, score, group, check, _words(near), needs, rank, whole, _words(unless), tuple(hints.split())
    )


def _words(words: str) -> re.Pattern[str] | None:
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if words else None


DIGITS = "0123456789"
