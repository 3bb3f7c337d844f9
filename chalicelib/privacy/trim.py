"""Cuts off a model's span what is not the name, and drops spans that name nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import Lists
from chalicelib.privacy.people import CIVILITY
from chalicelib.privacy.spans import Span

_HEAD = re.compile(
    r"(?:[^\w<]+|(?:bonjour|bonsoir|salut|coucou|hello|hi|hey|dear|ch[eè]re?s?|"
    r"ciao|salve|buongiorno|buonasera|gentile|gentilissim[oa]|"
    r"car[oa]|egregi[oa]|merci|thanks|grazie|cordialement|regards|saluti|hallo|"
    r"liebe[r]?|hola|estimad[oa]|from|to|cc|de|à|da|a|re|fwd?|tr|objet|"
    rf"subject|oggetto|le|la|les|il|lo|gli|i|the|{CIVILITY})(?=[\s,:]|$)[\s,:]*)",
    re.IGNORECASE,
)
_TAIL = re.compile(r"(?:[^\w.)]+|'s|’s|\.(?<![A-Z]\.))$")
_HYPHENED = re.compile(r"-(?:vous|tu|nous|moi|je|ils?|elles?|on|ce|toi|les?|la|y|en|t-)\b", re.IGNORECASE)
"""A verb and its pronoun: "Pouvez-vous"."""
_OPENS = re.compile(r"(?:^|[\n.?!:>*•-])[ >]*$")
"""A sentence or a line begins here: a capital proves nothing, and the French model is misled by it."""
_LINE = re.compile(r"\n")
_AND = re.compile(r"\n|[ ](?:e|ed|et|and|und)[ ](?=[^\W\d_]{2})")
"""Where one person ends: "Anna Verdi e Paolo" are two. Not "y": Spanish surnames hold it."""
_SAID = re.compile(r"(?:[ ](?:ci|è|é|sarà|será|sera|farà|verrà|non|si))+$")
"""What follows a name and looks like one without its accent: "Paolo ci sarà"."""
_CODE = re.compile(r"\d|[/:=_\\<>{}]")
"""Digits and signs of codes, which no name holds."""
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def trim(span: Span, text: str, lists: Lists) -> Iterator[Span]:
    """The span without salutation and edges, one per line and person; nothing when only common words are left."""
    start = span.start
    for gap in (_AND if span.entity == "PERSON" else _LINE).finditer(text, span.start, span.end):
        yield from _line(replace(span, start=start, end=gap.start()), text, lists)
        start = gap.end()
    yield from _line(replace(span, start=start), text, lists)


def _line(span: Span, text: str, lists: Lists) -> Iterator[Span]:
    start, end = span.start, span.end
    while start < end:
        head = _HEAD.match(text, start, end)
        if not head or head.end() == start:
            break
        start = head.end()
    tail = _TAIL.search(text, start, end)
    if tail:
        end = tail.start()
    words = [(m.start(), m.end(), fold(m.group())) for m in _WORD.finditer(text, start, end)]
    if span.entity == "PERSON":
        while words and _plain(words[0][2], lists) and len(words) > 1:
            words.pop(0)
            start = words[0][0]
        while words and _plain(words[-1][2], lists) and len(words) > 1:
            words.pop()
            end = words[-1][1]
        said = _SAID.search(text, start, end)
        if said:
            end = said.start()
            words = [word for word in words if word[1] <= end]
    named = [word for _, _, word in words if not lists.common(word)]
    if span.entity == "PERSON":
        named += [word for _, _, word in words if word in lists.first and len(words) > 1]
    if end - start < 2 or not named or (len(words) == 1 and len(words[0][2]) < 3 and not text[start:end].isupper()):
        return
    shown = text[start:end]
    if not any(c.isupper() for c in shown) or _CODE.search(shown) or (len(words) == 1 and _acronym(shown, lists)):
        return
    if len(words) == 1 and _HYPHENED.match(text, end):
        return
    unknown = len(words) == 1 and not lists.known(words[0][2]) and words[0][2] not in lists.places
    if unknown and span.recognizer == "ner_fr" and _OPENS.search(text[max(0, start - 4) : start]):
        return
    yield span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)


def _acronym(shown: str, lists: Lists) -> bool:
    """ "TTC", "VAT": capitals alone, too short for a name that no list has."""
    return shown.isupper() and len(shown) < 4 and not lists.known(fold(shown)) and fold(shown) not in lists.places


def _plain(word: str, lists: Lists) -> bool:
    return lists.word(word) and word not in lists.first and word not in lists.last
