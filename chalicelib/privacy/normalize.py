"""A reading view of a text: what a person would read, with the way back to the original offsets."""

from __future__ import annotations

import html
import re
import unicodedata
from array import array

_TRIGGER = re.compile(r"[^\t\n\x20-\x7e\u00a1-\u00ac\u00ae-\u017f\u20ac]|&(?:#\w{1,7}|[A-Za-z]{2,8});")
"""Nothing of this in a text: it reads as it is written."""
_STEP = re.compile(r"&(?:#(?:\d{1,7}|[xX][0-9a-fA-F]{1,6})|[A-Za-z][A-Za-z0-9]{1,8});|.[\u0300-\u036f]*", re.DOTALL)
_HIDDEN = frozenset({"Cf", "Cc", "Mn", "Me"})
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
_QUOTES = dict.fromkeys("\u2018\u2019\u02bc\u2032\u0060\u00b4", "'")
_LIKE = dict(zip(
    "аАвВеЕзкКмМнНоОрРсСтТуУхХіІїјЈѕЅһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορυχκτ",
    "aAbBeE3kKmMhHoOpPcCtTyYxXiIijJsShdqwABEZHIKMNOPTYXaivopuxkt",
    strict=True,
))  # fmt: skip
"""Cyrillic and Greek letters that look Latin (from Unicode TR 39's confusables, the common ones)."""
_WORD = re.compile(r"[^\W_]+")
_LATIN = re.compile(r"[A-Za-z]")
_SIMPLE = {**_DASHES, **_QUOTES}


class View:
    """`text` is the reading view; `original(start, end)` gives the offsets in the source text."""

    __slots__ = ("_ends", "_starts", "source", "text")

    def __init__(self, source: str) -> None:
        self.source = source
        self._starts: array[int] | None = None
        self._ends: array[int] | None = None
        self.text = source
        if _TRIGGER.search(source):
            self._read()

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the source of the view's span (`start` < `end`)."""
        if self._starts is None or self._ends is None:
            return start, end
        return self._starts[start], self._ends[end - 1]

    def _read(self) -> None:
        pieces: list[str] = []
        starts, ends = array("L"), array("L")
        cache: dict[str, str] = {}
        for match in _STEP.finditer(self.source):
            piece = match.group()
            read = cache.get(piece)
            if read is None:
                read = cache[piece] = _reading(piece)
            if read:
                pieces.append(read)
                starts.extend([match.start()] * len(read))
                ends.extend([match.end()] * len(read))
        self.text = _unmask("".join(pieces))
        self._starts, self._ends = starts, ends


def _reading(piece: str) -> str:
    """What one character (with its accents) or one HTML entity reads as; empty for what is invisible."""
    if piece[0] == "&" and len(piece) > 1:
        shown = html.unescape(piece)
        return piece if shown == piece else "".join(_reading(c) for c in shown)
    if len(piece) == 1 and " " <= piece <= "~":
        return piece
    if piece in "\t\n":
        return piece
    if piece in "\r\x0b\x0c\x85\u2028\u2029":
        return "\n" if piece in "\x85\u2028\u2029" else ""
    if piece in _SIMPLE:
        return _SIMPLE[piece]
    digit = unicodedata.decimal(piece, None) if len(piece) == 1 else None
    if digit is not None:
        return str(digit)
    if unicodedata.category(piece[0])[0] == "Z":
        return " "
    read = "".join(c for c in unicodedata.normalize("NFKC", piece) if unicodedata.category(c) not in _HIDDEN)
    return "".join(_SIMPLE.get(c, c) for c in read)


def _unmask(text: str) -> str:
    """Replace look-alike letters in words that mix them with Latin ones; same length."""
    if not any(c in _LIKE for c in text):
        return text

    def plain(match: re.Match[str]) -> str:
        word = match.group()
        if word.isascii():
            return word
        like = [c in _LIKE for c in word]
        if any(like) and (_LATIN.search(word) or (all(like) and len(word) > 1 and _mostly_latin)):
            return "".join(_LIKE.get(c, c) for c in word)
        return word

    letters = [c for c in text if c.isalpha()]
    _mostly_latin = sum(c < "\u0250" for c in letters) * 2 > len(letters)
    return _WORD.sub(plain, text)
