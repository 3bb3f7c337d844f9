"""Cuts off a name's span what is not the name: salutations, civilities, punctuation."""

from __future__ import annotations

import re
from dataclasses import replace

from chalicelib.privacy.people import CIVILITY
from chalicelib.privacy.spans import Span

_HEAD = re.compile(
    r"^(?:[\W_]+|(?:bonjour|bonsoir|salut|coucou|hello|hi|hey|dear|ch[eè]re?s?|ciao|salve|buongiorno|buonasera|gentile|"
    r"gentilissim[oa]|car[oa]|egregi[oa]|merci|thanks|grazie|cordialement|regards|saluti|hallo|liebe[r]?|hola|estimad[oa]|"
    rf"from|to|cc|de|à|da|a|re|fwd?|tr|objet|subject|le|la|les|il|lo|the|{CIVILITY})(?=[\s,:]|$)[\s,:]*)",
    re.IGNORECASE,
)
_TAIL = re.compile(r"(?:[\s,;:!?()\[\]{}\"<>|*_-]+|'s)$")


def trim(span: Span, text: str) -> Span | None:
    """The span without its salutation and edges; None when nothing of a name is left."""
    start, end = span.start, span.end
    while start < end:
        head = _HEAD.match(text[start:end])
        if not head or not head.end():
            break
        start += head.end()
    tail = _TAIL.search(text[start:end])
    if tail:
        end = start + tail.start()
    if end - start < 2 or not any(c.isalpha() for c in text[start:end]):
        return None
    return span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)
