"""Which of two forms of one text a person would read: the plain part, or the HTML that says more."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]{3,}")
_PLACEHOLDER = re.compile(
    r"\bhtml\b|\bmime\b|browser|navigateur|e-?mail client|messagerie|view (?:this|it)|online", re.I
)
FEWEST_WORDS = 5
"""HTML of fewer words is a picture or a footer."""
MAX_COMPARED = 20_000


def richer(plain: str, html: str) -> str:
    """The plain text, unless it is empty, a placeholder, or a small piece of what the HTML says."""
    if not plain or not html:
        return plain or html
    own, other = (_WORD.findall(text[:MAX_COMPARED].lower()) for text in (plain, html))
    if len(other) < FEWEST_WORDS:
        return plain
    shared = len(set(own) & set(other)) / max(1, len(set(own)))
    if shared < 0.5 and (len(other) * 2 >= len(own) or _PLACEHOLDER.search(plain[:500])):
        return html
    return html if len(plain) < 500 and len(other) > 3 * len(own) + 10 else plain


def without_twins(texts: Sequence[tuple[str, str]]) -> list[str]:
    """Of (media type, text), the texts; one that stands as plain text and once more as HTML is there once."""
    kept: list[tuple[str, str, str]] = []
    for kind, text in texts:
        words = "".join(_WORD.findall(text.lower())) if len(text) <= MAX_COMPARED else text
        if text and not any(words == known and kind != other for other, _, known in kept):
            kept.append((kind, text, words))
    return [text for _, text, _ in kept]
