"""Cuts a text into the pieces that are worth a model's time, and knows the way back to the text's offsets."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chalicelib.mail.language import detect
from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import Lists
from chalicelib.privacy.spans import Span

MAX_PIECE = 2000
"""Characters of one piece; longer paragraphs are cut at a line, a sentence or a space."""
_PARAGRAPH = re.compile(r"\n[>| \t]*\n")
_SENTENCE = re.compile(r"[^\n]*?(?:(?<=[^\W\d_][^\W\d_][^\W\d_][^\W\d_][.!?])[ ]+(?=[A-ZÀ-Ý])|\n|$)")
_PREFIX = re.compile(r"[>| \t]{0,40}")
_CAPITAL = re.compile(r"(?<![^\W_])[A-ZÀ-ÖØ-ÞŒŠŽ][^\W\d_]*(?:['’-][^\W\d_]+)*")
_OPENING = re.compile(r"[\W\d_]*")


@dataclass(slots=True)
class Piece:
    """`text` for the model; `anchors` are (offset in it, offset in the source text), ascending."""

    text: str = ""
    language: str = ""
    anchors: list[tuple[int, int]] = field(default_factory=list)

    def add(self, text: str, at: int) -> None:
        """Append text that stands at offset `at` of the source."""
        self.anchors.append((len(self.text), at))
        self.text += text

    def source(self, offset: int) -> int:
        """Offset in the source of a character of the piece."""
        here, there = self.anchors[bisect_right(self.anchors, (offset, 1 << 60)) - 1]
        return there + offset - here


def pieces(text: str, certain: Sequence[Span], lists: Lists, main: str) -> Iterator[Piece]:
    """The pieces of `text` in which a name can be, with their language (`main` where a paragraph does not tell).

    A sentence goes in when it holds a capitalised word that is not just a common word or already part of a
    `certain` span (disjoint, in order). Quote marks at line starts are left out, so that a quoted paragraph reads,
    and is remembered, like the original.
    """
    starts = [span.start for span in certain]
    begin = 0
    for end in [*(m.end() for m in _PARAGRAPH.finditer(text)), len(text)]:
        yield from _paragraph(text, begin, end, certain, starts, lists, main)
        begin = end


def _paragraph(
    text: str, begin: int, end: int, certain: Sequence[Span], starts: list[int], lists: Lists, main: str
) -> Iterator[Piece]:
    piece = Piece()
    language = ""
    position = begin
    while position < end:
        match = _SENTENCE.match(text, position, min(end, position + MAX_PIECE))
        stop = match.end() if match and match.end() > position else min(end, position + MAX_PIECE)
        if stop == position + MAX_PIECE and stop < end:
            stop = max(text.rfind(" ", position, stop) + 1, position + MAX_PIECE // 2)
        start = position
        if start == begin or text[start - 1] == "\n":
            prefix = _PREFIX.match(text, start, stop)
            start = prefix.end() if prefix else start
        if start < stop and _worth(text, start, stop, certain, starts, lists):
            if len(piece.text) + stop - start > MAX_PIECE:
                yield piece
                piece = Piece()
            language = language or _language(text[begin : min(end, begin + MAX_PIECE)], main)
            piece.language = language
            piece.add(text[start:stop], start)
        position = stop
    if piece.text:
        yield piece


def _language(paragraph: str, main: str) -> str:
    found = detect(paragraph)
    return main if found == "und" else found


def _worth(text: str, start: int, end: int, certain: Sequence[Span], starts: list[int], lists: Lists) -> bool:
    opening = _OPENING.match(text, start, end)
    first = opening.end() if opening else start
    for match in _CAPITAL.finditer(text, start, end):
        index = bisect_right(starts, match.start()) - 1
        if index >= 0 and certain[index].end >= match.end():
            continue
        folded = fold(match.group())
        if not lists.word(folded) and (match.start() > first or folded not in lists.ambiguous):
            return True
    return False
