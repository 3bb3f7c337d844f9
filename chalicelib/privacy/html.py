"""Reads HTML as its reader does: visible text across inline tags, and the attributes that carry words."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from dataclasses import replace

from chalicelib.privacy.spans import Span

_TAG = re.compile(
    r"<!--.{0,100000}?-->|<(?:script|style)\b.{0,200000}?</(?:script|style)\s*>|<[!/?A-Za-z][^<>]{0,20000}>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"""[\s"'/][A-Za-z_:][\w:.-]{0,60}\s{0,5}=\s{0,5}(?:"([^"]{0,20000})"|'([^']{0,20000})'|([^\s"'<>]{1,20000}))"""
)
REST = -1
"""The rank of a span that goes on with the one before: it belongs to the same token."""
_INLINE = frozenset(
    (
        "a abbr b bdi bdo big cite code em font i ins del kbd mark q s small span strike strong sub sup tt u var wbr"
    ).split()
)
_NAME = re.compile(r"</?([A-Za-z0-9]+)")
_COMMENT = "<!--"


def find_in_html(source: str, find: Callable[[str], tuple[Span, ...]]) -> tuple[Span, ...]:
    """Spans in `source`, by `find` over what is visible and over each attribute value; a name that tags divide is one.

    A find that tags divide becomes one span per stretch of text, so that the tags stay; all but the first have the
    rank `REST`.
    """
    shown: list[str] = []
    offsets = array("l")
    attributes: list[tuple[int, int]] = []

    def add(start: int, end: int) -> None:
        shown.append(source[start:end])
        offsets.extend(range(start, end))

    position = 0
    for tag in _TAG.finditer(source):
        add(position, tag.start())
        position = tag.end()
        name = _NAME.match(tag.group())
        if not name or name.group(1).lower() not in _INLINE:
            shown.append("\n")
            offsets.append(-1)
        attributes += [
            m.span(i) for m in _ATTRIBUTE.finditer(source, tag.start(), tag.end()) for i in (1, 2, 3) if m.group(i)
        ]
        if tag.group().startswith(_COMMENT):
            said = tag.group()[len(_COMMENT) :].removesuffix(">").removesuffix("--")
            start = tag.start() + len(_COMMENT)
            attributes.append((start, start + len(said)))
    add(position, len(source))
    for start, end in attributes:
        shown.append("\n\n")
        offsets.extend((-1, -1))
        add(start, end)
    found: list[Span] = []
    for span in find("".join(shown)):
        found += _stretches(span, offsets)
    return tuple(sorted(found, key=lambda s: s.start))


def _stretches(span: Span, offsets: array[int]) -> list[Span]:
    parts: list[Span] = []
    start = previous = -1
    for index in range(span.start, span.end):
        here = offsets[index]
        if here < 0 or here != previous + 1 or start < 0:
            if start >= 0:
                parts.append(replace(span, start=start, end=previous + 1, rank=REST if parts else span.rank))
            start = here
        previous = here
    if start >= 0:
        parts.append(replace(span, start=start, end=previous + 1, rank=REST if parts else span.rank))
    return parts
