"""The header list: everybody whom the headers name, and every form in which the text may name them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from chalicelib.mail.model import Address, Mail
from chalicelib.privacy.spans import Span

CIVILITY = r"(?:M(?:\.|r\.?|rs\.?|me|lle|s\.?|iss|gr|onsieur|adame|ademoiselle|aître|\.?me)|Dr\.?|D(?:octeur|octor|ott\.?(?:ssa)?|ottor(?:e|essa)?)|Pr\.?|Prof\.?(?:esseur|essor|essoressa|ssa)?|Me|Sig\.?(?:r?a|nor(?:a|e|ina)?)?|Avv\.?(?:ocat[oa])?|Ing\.?|Geom\.?|Rag\.?|Arch\.?|Sir|Lord|Lady|Herr|Frau|Señora?)"
_CIVILITY = re.compile(rf"^{CIVILITY}(?:\s+|$)", re.IGNORECASE)
_PART = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
PARTICLES = frozenset(
    "de du des la le van von der den di da del della dello dos d l of the and et e y zu ten ter".split()
)
_NOT_NAMES = frozenset(
    "info contact service support team noreply reply no not admin sales billing office mail email newsletter "
    "equipe secretariat accueil compta comptabilite direction postmaster mailer daemon notification notifications "
    "alert alerts news hello bonjour help webmaster system root via on behalf the for pour le la du chez group groupe "
    "service clients client customer care account accounts ordini assistenza segreteria ufficio commerciale "
    "security marketing staff press orders order hr rh it dr pr prof me mme mr mrs ms sig".split()
)


def _folded(code: int) -> str:
    plain = unicodedata.normalize("NFKD", chr(code))
    first = next((c for c in plain if not unicodedata.combining(c)), chr(code)).lower()
    return {"ß": "s", "ø": "o", "ł": "l", "đ": "d", "æ": "a", "œ": "o"}.get(first, first)[:1]


_FOLD = {code: _folded(code) for code in (*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00))}


def fold(text: str) -> str:
    """Lower case without accents, for Latin letters; the length never changes, so offsets stay true."""
    return text.translate(_FOLD)


COMMON = frozenset(
    "petit grand blanc noir brun roux long page rose may will mark bill martin marin berger boulanger marchand "
    "leger roy roi fort bon bonnet moulin vigne prince roman noel juin avril grace hope faith joy green brown white "
    "black young king price bell wood stone field day rich frank art dean grant chance drew gene jean pierre "
    "rossi bianchi verde verdi villa costa sole luna stella santa bruno chiara serena allegra gioia felice fiore".split()
)
"""Words that are names and words: alone they count as a mention only with a capital."""


@dataclass(frozen=True, slots=True)
class Person:
    """A known person: `name` as the header wrote it, its folded `parts`, and the addresses that go with it."""

    name: str
    parts: tuple[str, ...]
    addresses: frozenset[str] = field(default=frozenset())


def name_parts(name: str) -> tuple[str, ...]:
    """The folded parts of a display name that can name a person: no civility, no particle, no function word."""
    if "@" in name:
        return ()
    clean = _CIVILITY.sub("", name.strip().strip("\"'"))
    clean = re.split(r"\s*[(\[|/]|\s+-\s+|\svia\s", clean)[0]
    words = [fold(word) for word in _PART.findall(clean)]
    return tuple(word for word in words if word not in PARTICLES and word not in _NOT_NAMES and len(word) > 1)[:6]


def header_people(mail: Mail) -> tuple[Person, ...]:
    """Everybody in From, To, Cc and Reply-To, one entry per person."""
    found: dict[tuple[str, ...], Person] = {}
    for address in addresses(mail):
        parts = name_parts(address.name)
        if not parts:
            continue
        key = tuple(sorted(parts))
        known = found.get(key)
        joined = frozenset({address.address.casefold()} - {""}) | (known.addresses if known else frozenset())
        found[key] = Person(known.name if known else address.name, known.parts if known else parts, joined)
    return tuple(found.values())


def addresses(mail: Mail) -> Iterable[Address]:
    """All mailboxes of the address headers, in header order."""
    if mail.sender:
        yield mail.sender
    yield from mail.to
    yield from mail.cc
    yield from mail.reply_to


class Mentions:
    """Finds each mention of the known people: full, first or last name, reversed, initials, in addresses and file names."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = tuple(people)
        self._full = {"".join(order) for p in self.people for order in _orders(p.parts)}
        words = sorted({w for p in self.people for w in p.parts} | self._full, key=len, reverse=True)
        initials = "".join(sorted({w[0] for p in self.people for w in p.parts}))
        self._pattern: re.Pattern[str] | None = None
        if words:
            word = "|".join(map(re.escape, words))
            joint = r"(?:[ ,.'_-]{1,3}(?:(?:de|du|des|la|le|van|von|der|di|da|del|della|d)[ '_-]{1,2}){0,2})"
            self._pattern = re.compile(
                rf"(?<![a-z])(?:[{re.escape(initials)}]\.?[ -]{{0,2}}(?:[{re.escape(initials)}]\.[ -]?)?)?"
                rf"(?<![a-z])(?:{word})(?:{joint}(?:{word}|[{re.escape(initials)}]\b\.?))*(?![a-z])"
            )

    def find(self, text: str) -> Iterable[Span]:
        """Spans in `text` (a reading view)."""
        if self._pattern is None:
            return
        for match in self._pattern.finditer(fold(text)):
            shown = match.group()
            start, end = match.span()
            while end > start and not text[end - 1].isalnum():
                end -= 1
            if len(shown) <= 3 or shown in COMMON:
                if not text[start].isupper():
                    continue
            yield Span(start, end, "PERSON", "header_list", 1.0, 2)


def _orders(parts: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    if len(parts) > 1:
        yield parts
        yield parts[::-1]
        yield (parts[0][0], *parts[1:])
        yield (*parts[1:], parts[0][0])
