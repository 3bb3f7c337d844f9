"""Makes any text safe to store, compare and show: no NUL, no lone surrogate, nothing invisible that splits words."""

from __future__ import annotations

import re

_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_JOINERS_BETWEEN_LETTERS = re.compile("(?<=[A-Za-z\u00c0-\u024f])[\u200c\u200d]+(?=[A-Za-z\u00c0-\u024f])")
_PADDING = re.compile("(?<![\u200c\u200d])[\u200c\u200d]++(?=\\s|$)|(?<=\\s)[\u200c\u200d]++|^[\u200c\u200d]++")
_KEPT = {0x200C, 0x200D}
"""Joiners carry meaning in Persian, Hindi and emoji."""

_TABLE: dict[int, str | None] = {
    code: None
    for low, high in (
        (0x00, 0x08),
        (0x0E, 0x1F),
        (0x7F, 0x9F),
        (0xAD, 0xAD),
        (0x34F, 0x34F),
        (0x61C, 0x61C),
        (0x180E, 0x180E),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x2069),
        (0xFEFF, 0xFEFF),
    )
    for code in range(low, high + 1)
    if code not in _KEPT
}
_TABLE |= {0x0B: "\n", 0x0C: "\n", 0x0D: "\n", 0x85: "\n"}
_SPACES = str.maketrans({"\u00a0": " ", "\u2007": " ", "\u202f": " "})
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """`text` without NUL, other control characters, lone surrogates and invisible characters; line ends are "\\n".

    Lone surrogates become U+FFFD, pairs of them the character they mean. Soft hyphens, zero-width and
    direction marks go: they hide a name from a search and reverse a file name on a screen.
    Idempotent and linear.
    """
    if not _SUSPECT.search(text):
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _JOINERS_BETWEEN_LETTERS.sub("", text.translate(_TABLE))


def without_padding(text: str) -> str:
    """Without joiners that join nothing: newsletters fill the preview of a mail with them."""
    return _PADDING.sub("", text) if "\u200c" in text or "\u200d" in text else text


def one_line(text: str, limit: int) -> str:
    """A header's text: cleaned, white space collapsed, at most `limit` characters."""
    return " ".join(clean(text).split())[:limit].rstrip()


def tidy(text: str) -> str:
    """A body's text: cleaned, plain spaces, no spaces at line ends, at most one empty line in a row."""
    lines = clean(text).translate(_SPACES).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join([line.rstrip() for line in lines])).strip()
