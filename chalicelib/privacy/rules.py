"""A rule: one compiled expression with its check, its context and the cheap test that says whether it can match."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chalicelib.privacy.spans import Span

CONTEXT_WINDOW = 60
"""How many characters before a find its context word may stand."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`group` of `pattern` is the find. `check` gets its letters and digits in upper case, without separators.

    `near` must match in the characters before the find (`CONTEXT_WINDOW`) when given. `needs`: at least one
    of these characters must be in the text. Patterns are linear: bounded repeats, no nested quantifiers.
    """

    name: str
    entity: str
    pattern: re.Pattern[str]
    score: float
    group: int | str = 0
    check: Callable[[str], bool] | None = None
    near: re.Pattern[str] | None = None
    needs: str = ""
    rank: int = 1

    def find(self, text: str) -> Iterator[Span]:
        """Every find in `text`."""
        for match in self.pattern.finditer(text):
            start, end = match.span(self.group)
            if start >= end:
                continue
            if self.check and not self.check(bare(match.group(self.group))):
                continue
            if self.near and not self.near.search(text, max(0, start - CONTEXT_WINDOW), start):
                continue
            yield Span(start, end, self.entity, self.name, self.score, self.rank)


def bare(text: str) -> str:
    """Letters and digits only, upper case."""
    return "".join(c for c in text if c.isalnum()).upper()


def rule(
    name: str,
    entity: str,
    pattern: str,
    score: float,
    *,
    check: Callable[[str], bool] | None = None,
    near: str = "",
    needs: str = "",
    group: int | str = 0,
    flags: int = re.IGNORECASE,
    rank: int = 1,
) -> Rule:
    """A rule from its written form; `near` is a list of words as an expression, matched as whole words."""
    context = re.compile(rf"(?<!\w)(?:{near})(?!\w)", re.IGNORECASE) if near else None
    return Rule(name, entity, re.compile(pattern, flags), score, group, check, context, needs, rank)
