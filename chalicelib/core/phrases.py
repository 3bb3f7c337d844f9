"""Finds many configured phrases in a text in one linear pass, whatever the accents and the case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

LIGATURES = (("œ", "oe"), ("æ", "ae"), ("ø", "o"), ("ł", "l"), ("ı", "i"))
INVISIBLE = re.compile("[\u0300-\u036f\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
"""Combining accents, and what a sender puts inside a word to hide it from a word list."""

TOKEN = re.compile(r"<[a-z][a-z_]{0,40}_\d{1,9}>|[^\W_]+|[.,!?;:]")
"""A personal-data token, a word, or the end of a clause; never more than one look at a character."""

BREAK = "."
"""Marks the end of a clause or a personal-data token: no phrase spans it."""

MAXIMUM_STEM = 24
PIECE = 1_024
"""Only a letter with several marks of a rare script, cut between its marks, could come out differently."""


def fold(text: str) -> str:
    """Lower case without accents, ligatures or invisible characters (Unicode NFKD, then case folding)."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    for ligature, letters in LIGATURES:  # not `translate`, which costs ten times as much on a text that has none
        folded = folded.replace(ligature, letters)
    # In pieces, since normalising orders a run of combining marks in quadratic time: 32,000 of them cost 0.8 s.
    pieces = (folded[start : start + PIECE] for start in range(0, len(folded), PIECE))
    return INVISIBLE.sub("", "".join(unicodedata.normalize("NFKD", piece) for piece in pieces)).casefold()


def tokens(text: str, limit: int) -> list[str]:
    """The words of the first `limit` characters, folded; `BREAK` where a phrase must not pass."""
    found = TOKEN.findall(fold(text[:limit])[:limit])
    return [token if token[0] not in "<.,!?;:" else BREAK for token in found]


@dataclass(slots=True)
class _Node:
    words: dict[str, _Node] = field(default_factory=dict)
    stems: dict[str, _Node] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)
    payloads: list[int] = field(default_factory=list)

    def step(self, token: str) -> Iterator[_Node]:
        if token in self.words:
            yield self.words[token]
        for length in self.lengths:
            if length > len(token):
                return
            child = self.stems.get(token[:length])
            if child is not None:
                yield child


@dataclass(frozen=True, slots=True)
class Hit:
    """Phrase number `index` at the tokens `start` to `end` (exclusive)."""

    index: int
    start: int
    end: int


class Phrases:
    """A set of phrases, compiled once.

    A phrase is one or more words; a word that ends in `*` matches every word that begins so.
    The work is linear in the number of tokens: at each one, the longest phrase bounds it.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._root = _Node()
        for index, phrase in enumerate(phrases):
            self._add(index, phrase)

    def _add(self, index: int, phrase: str) -> None:
        node = self._root
        for word, stem in split(phrase):
            children = node.stems if stem else node.words
            if stem and len(word) not in node.lengths:
                node.lengths = sorted([*node.lengths, len(word)])
            node = children.setdefault(word, _Node())
        node.payloads.append(index)

    def find(self, words: Sequence[str]) -> Iterator[Hit]:
        """Every occurrence of every phrase, by start."""
        for start, first in enumerate(words):
            nodes = list(self._root.step(first))
            end = start + 1
            while nodes:
                for node in nodes:
                    for index in node.payloads:
                        yield Hit(index, start, end)
                if end == len(words):
                    break
                nodes = [child for node in nodes for child in node.step(words[end])]
                end += 1


def split(phrase: str) -> list[tuple[str, bool]]:
    """The folded words of a configured phrase, each with whether it is a stem. Raises ValueError."""
    parts: list[tuple[str, bool]] = []
    for piece in phrase.split():
        words = re.findall(r"[^\W_]+", fold(piece))
        if not words or not re.fullmatch(r"[^*]+\*?", piece):
            raise ValueError("a phrase is words; `*` may only end one")
        stem = piece.endswith("*")
        if stem and not 3 <= len(words[-1]) <= MAXIMUM_STEM:
            raise ValueError(f"the stem before `*` needs 3 to {MAXIMUM_STEM} letters")
        parts += [(word, stem and position == len(words) - 1) for position, word in enumerate(words)]
    if not parts:
        raise ValueError("an empty phrase")
    return parts
