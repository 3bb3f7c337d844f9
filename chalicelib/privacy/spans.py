"""A found span, and the choice between spans that overlap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Span:
    """One find: offsets into the text it was found in, `end` exclusive; `score` 0.0 to 1.0.

    `rank` breaks ties between overlapping finds: a header name or a checksummed number (2) beats an
    expression (1), which beats a model's guess (0).
    """

    start: int
    end: int
    entity: str
    recognizer: str
    score: float
    rank: int = 1


def resolve(spans: Iterable[Span]) -> list[Span]:
    """Disjoint spans in reading order that cover every character the given ones covered.

    The winner of an overlap keeps its span; what a loser covered beyond it stays hidden, as a
    smaller span of its own kind: cutting a find must never uncover text.
    """
    taken: list[Span] = []
    for span in sorted(_united(spans), key=lambda s: (-s.rank, -s.score, s.start - s.end, s.start)):
        for start, end in _free(span, taken):
            whole = start == span.start and end == span.end
            _insert(taken, span if whole else replace(span, start=start, end=end))
    return taken


def _united(spans: Iterable[Span]) -> list[Span]:
    """Overlapping finds of one kind become one, named after the stronger: "John" and "John Smith" are one person."""
    last: dict[str, Span] = {}
    done: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        before = last.get(span.entity)
        if before and span.start < before.end:
            strong = span if (span.rank, span.score) > (before.rank, before.score) else before
            end = max(before.end, span.end)
            if strong.start != before.start or strong.end != end:
                strong = replace(strong, start=before.start, end=end)
            last[span.entity] = strong
            continue
        if before:
            done.append(before)
        last[span.entity] = span
    return [*done, *last.values()]


def _insert(taken: list[Span], span: Span) -> None:
    low = _position(taken, span.start)
    taken.insert(low, span)


def _position(taken: list[Span], start: int) -> int:
    low, high = 0, len(taken)
    while low < high:
        middle = (low + high) // 2
        if taken[middle].start < start:
            low = middle + 1
        else:
            high = middle
    return low


def _free(span: Span, taken: list[Span]) -> list[tuple[int, int]]:
    """The parts of `span` that no span in `taken` (disjoint, sorted) covers."""
    position = _position(taken, span.start)
    if position and taken[position - 1].end > span.start:
        position -= 1
    start, parts = span.start, []
    while position < len(taken) and taken[position].start < span.end:
        other = taken[position]
        if other.start > start:
            parts.append((start, other.start))
        start = max(start, other.end)
        position += 1
    if start < span.end:
        parts.append((start, span.end))
    return parts
