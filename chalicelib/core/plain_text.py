"""Foreign text on one line that a person may read: no control, zero-width or direction characters."""

from __future__ import annotations

import re

MAX_VALUE = 160
"""Characters of one value; what is longer is cut."""

UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]+"
)


def plain(value: str) -> str:
    """One line of at most `MAX_VALUE` characters. Nothing in it is markup unless a reader makes it so."""
    text = " ".join(UNSEEN.sub(" ", value).split())
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
