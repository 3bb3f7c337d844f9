"""Folding of Latin letters for comparison: lower case, without accents, and always of the same length."""

from __future__ import annotations

import unicodedata

_SPECIAL = {"ß": "s", "ø": "o", "ł": "l", "đ": "d", "æ": "a", "œ": "o", "ı": "i", "’": "'"}


def _folded(code: int) -> str:
    char = chr(code).lower()[0]
    if char in _SPECIAL:
        return _SPECIAL[char]
    return next((c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c)), char)[0]


_FOLD = {code: _folded(code) for code in (*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00), 0x2019)}


def fold(text: str) -> str:
    """Lower case without accents. The length never changes, so offsets stay true."""
    return text.translate(_FOLD)
