"""Scores found spans against gold spans: tokens (personal or not), and entities per type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

TOKEN = re.compile(r"\w+|[^\w\s]")
GoldSpan = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One text with its gold spans (start, end, type)."""

    text: str
    spans: tuple[GoldSpan, ...]
    language: str


@dataclass(slots=True)
class Score:
    """Token counts over a set, and per gold type how many entities were hidden wholly."""

    true: int = 0
    found: int = 0
    wanted: int = 0
    hidden: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    hidden_tokens: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    spurious: Counter[str] = field(default_factory=Counter)

    @property
    def recall(self) -> float:
        return self.true / self.wanted if self.wanted else 1.0

    @property
    def precision(self) -> float:
        return self.true / self.found if self.found else 1.0

    @property
    def f2(self) -> float:
        p, r = self.precision, self.recall
        return 5 * p * r / (4 * p + r) if p + r else 0.0

    @property
    def entity_recall(self) -> float:
        return sum(self.hidden.values()) / max(1, sum(self.total.values()))

    def add(
        self, sample: Sample, found: Iterable[GoldSpan], counts: Callable[[str], bool], neutral: Callable[[str], bool]
    ) -> None:
        """`counts` says which gold types are wanted; gold of a `neutral` type is neither wanted nor wrong.

        Punctuation tokens are left out: whether a comma inside an address is hidden tells nothing.
        """
        spans = list(found)
        wanted = [s for s in sample.spans if counts(s[2])]
        ignored = [s for s in sample.spans if neutral(s[2])]
        for match in TOKEN.finditer(sample.text):
            if not match.group()[0].isalnum():
                continue
            here = match.span()
            is_wanted = _inside(here, wanted)
            if not is_wanted and _inside(here, ignored):
                continue
            is_found = _inside(here, spans)
            self.wanted += is_wanted
            self.found += is_found
            self.true += is_wanted and is_found
            if is_found and not is_wanted:
                self.spurious[next(s[2] for s in spans if s[0] < here[1] and here[0] < s[1])] += 1
        for start, end, kind in wanted:
            tokens = [m.span() for m in TOKEN.finditer(sample.text, start, end) if m.group()[0].isalnum()]
            covered = sum(_inside(token, spans) for token in tokens)
            self.total[kind] += 1
            self.tokens[kind] += len(tokens)
            self.hidden_tokens[kind] += covered
            self.hidden[kind] += covered == len(tokens)


def _inside(token: tuple[int, int], spans: Sequence[GoldSpan]) -> bool:
    return any(start < token[1] and token[0] < end for start, end, _ in spans)
