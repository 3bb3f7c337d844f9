"""Runs of capitalised words that no list of words knows: names that neither a list nor the models have met."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import Lists
from chalicelib.privacy.spans import Span

_CAP = r"[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĘĚĞİŁŃŇŐŒŘŚŞŠŢŤŮŰŹŻŽ][\w]*(?:['’-][\w]+)*"
_LINK = r"(?:de|du|des|la|le|van|von|den|der|di|da|del|della|dos|el|al|ben|bin|ten|ter)"
_RUN = re.compile(rf"(?<![\w@#/.'’-]){_CAP}(?:[ ]{{1,2}}(?:{_LINK}[ ]){{0,2}}{_CAP}){{0,4}}(?![\w@]|\.\w)")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_STARTS = frozenset('\n.!?:>*-•|"«“(')


class Capitals:
    """`PERSON`, with a low score: a known surname in the middle of a sentence, or two unknown words side by side."""

    needs = ""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def find(self, text: str) -> Iterator[Span]:
        """Every find in `text`."""
        for match in _RUN.finditer(text):
            words = [(m.start(), m.end(), m.group()) for m in _WORD.finditer(text, *match.span())]
            kept = self._kept([word for word in words if any(c.isupper() for c in word[2])])
            if not kept:
                continue
            start, end = kept[0][0], kept[-1][1]
            score = self._score(text, start, [fold(word) for _, _, word in kept], text[start:end])
            if score:
                yield Span(start, end, "PERSON", "capitals", score)

    def _kept(self, words: list[tuple[int, int, str]]) -> Sequence[tuple[int, int, str]]:
        """Without the common words at either end; a single word that is a name inside a sentence stays."""
        kept = self._trimmed(words)
        return kept or [word for word in words[:1] if len(words) == 1 and fold(word[2]) in self._lists.inside]

    def _trimmed(self, words: list[tuple[int, int, str]]) -> Sequence[tuple[int, int, str]]:
        """Without the common words at either end."""
        first, last = 0, len(words)
        while first < last and self._plain(fold(words[first][2])):
            first += 1
        while last > first and self._plain(fold(words[last - 1][2])):
            last -= 1
        return words[first:last]

    def _plain(self, word: str) -> bool:
        return len(word) < 3 or (self._lists.word(word) and word not in self._lists.last)

    def _score(self, text: str, start: int, words: list[str], shown: str) -> float:
        lists = self._lists
        if any(lists.word(word) and not lists.known(word) for word in words):
            return 0.0
        known = [word for word in words if lists.known(word)]
        if len(words) == 1:
            inside = start > 0 and text[max(0, start - 3) : start].rstrip(" ")[-1:] not in _STARTS
            if not inside or shown.isupper():
                return 0.0
            if words[0] in lists.inside:
                return 0.45
            return 0.0 if lists.common(words[0]) else 0.45 if known else 0.41 if len(words[0]) > 3 else 0.0
        if shown.isupper() and (len(words) > 3 or any(len(word) < 4 and word not in known for word in words)):
            return 0.0
        if shown.isupper() and not known and _line_is_upper(text, start, len(shown)):
            return 0.0
        return 0.6 if known else 0.45


def _line_is_upper(text: str, start: int, length: int) -> bool:
    """The rest of the line is in capitals too: a heading, not a name."""
    begin, end = text.rfind("\n", 0, start) + 1, text.find("\n", start)
    rest = text[begin:start] + text[start + length : len(text) if end < 0 else end]
    letters = [c for c in rest[:400] if c.isalpha()]
    return bool(letters) and sum(c.isupper() for c in letters) * 2 > len(letters)
