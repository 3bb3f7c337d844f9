"""The header list: everybody whom the headers and quote lines name, and every form in which the text may name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import getaddresses

from chalicelib.mail.model import Address, Mail
from chalicelib.privacy.everyday import EVERYDAY, addressed, apart
from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import Lists
from chalicelib.privacy.quoted import quoted
from chalicelib.privacy.spans import Span

MAX_PEOPLE = 300
CIVILITY = (
    r"(?:m\.|mr\.?|mrs\.?|mme\.?|mlle\.?|ms\.?|miss|mgr\.?|messrs\.?|mm\.|monsieur|"
    r"madame|mademoiselle|maître|dr\.?|docteur|doctor|"
    r"dott\.?(?:ssa)?|dottor(?:e|essa)?|pr\.?|prof\.?(?:ssa)?|professeure?|professor|"
    r"professore(?:ssa)?|sig\.?(?:ra|na)?\.?|signor(?:a|e|ina|i)?|"
    r"avv\.?(?:ta)?|avvocat[oa]|ing\.?|geom\.?|rag\.?|arch\.?|sir|lord|lady|"
    r"dame|rev\.?|capt\.?|herr|frau|señora?|sra?\.)"
)
_CIVILITY = re.compile(rf"^(?:{CIVILITY}(?:\s+|$))+", re.IGNORECASE)
_PART = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
PARTICLES = frozenset(
    "de du des la le van von der den di da del della dello dos d l of the and et e y zu ten ter bin ben al el".split()
)
JOINERS = PARTICLES - frozenset("of the and et e y l".split())
"""Particles that hold one name together; the others join two people."""
_FIRST_NAMES_TOO = frozenset("ben al della dan".split())
"""Particles that are a first name at the start of one: "Ben Carter"."""
_ROLES = frozenset(
    "info contact service services support team noreply reply no not admin "
    "sales billing office mail email newsletter equipe "
    "secretariat accueil compta comptabilite direction postmaster mailer daemon "
    "notification notifications alert alerts news hello "
    "bonjour help webmaster system root via on behalf for pour chez group groupe "
    "clients client customer care account accounts "
    "ordini assistenza segreteria ufficio commerciale security marketing staff "
    "press orders order hr rh it me do donotreply "
    "recrutement jobs facturation facture factures invoice shop boutique store "
    "online undisclosed recipients mailing list".split()
)
_COMPANY = frozenset(
    "sarl sas sasu sa eurl sci scop inc ltd llc llp plc corp corporation gmbh "
    "ag spa srl snc company companies cie bank banque banca "
    "assurance assicurazioni insurance universite university universita hopital "
    "hospital ospedale clinique clinica cabinet studio mairie comune "
    "association associazione foundation fondation school ecole scuola lycee "
    "institut institute istituto laboratoire pharmacie farmacia "
    "ministere ministry agence agency agenzia media solutions consulting partners groupe group holding".split()
)


@dataclass(frozen=True, slots=True)
class Person:
    """A known person or organisation (`entity`): the name as written, its folded `parts`, and its addresses."""

    name: str
    parts: tuple[str, ...]
    entity: str = "PERSON"
    addresses: frozenset[str] = field(default=frozenset())

    @property
    def name_initials(self) -> tuple[str, ...]:
        """The initials by which a person signs, in capitals."""
        return tuple(part[0].upper() for part in self.parts)


def name_parts(name: str) -> tuple[str, ...]:
    """The folded parts of a display name that can name somebody: no civility, no particle, no role word."""
    if "@" in name:
        return ()
    clean = _CIVILITY.sub("", name.strip().strip("\"'"))
    clean = re.split(r"\s*[(\[|/]|\s+[-–]\s+|\svia\s", clean)[0]
    words = [fold(word) for word in _PART.findall(clean)]
    named = [
        word
        for at, word in enumerate(words)
        if (word not in PARTICLES or (at == 0 and word in _FIRST_NAMES_TOO)) and word not in _ROLES and len(word) > 1
    ]
    return tuple(named)[:6]


def kind(name: str, lists: Lists) -> str:
    """`PERSON` or `ORGANIZATION`, for a display name."""
    words = [fold(word) for word in _PART.findall(name)]
    parts = name_parts(name)
    if not parts or any(word in _COMPANY for word in words):
        return "ORGANIZATION"
    if any(lists.is_first(word) for word in parts) or _CIVILITY.match(name.strip()):
        return "PERSON"
    if len(parts) == 1 and parts[0] not in lists.last:
        return "ORGANIZATION" if lists.word(parts[0]) else "PERSON"
    return (
        "ORGANIZATION"
        if len(parts) > 1 and all(word in lists.words and word not in lists.last for word in parts)
        else "PERSON"
    )


def addresses(mail: Mail) -> Iterable[Address]:
    """All mailboxes of the address headers, in header order."""
    if mail.sender:
        yield mail.sender
    yield from mail.to
    yield from mail.cc
    yield from mail.reply_to


def known_people(mail: Mail, lists: Lists) -> tuple[Person, ...]:
    """Everybody in the address headers, in other headers that carry names, and in quote lines; one entry each."""
    named = [*addresses(mail), *_other_headers(mail), *quoted(mail.full_text)]
    found: dict[tuple[str, ...], Person] = {}
    for address in named[:MAX_PEOPLE]:
        name = address.name if name_parts(address.name) else _from_local_part(address.address, lists)
        parts = name_parts(name)
        if not parts:
            continue
        entity = kind(name, lists)
        if entity == "ORGANIZATION":
            parts = tuple(part for part in parts if part not in _COMPANY) or parts
        key = tuple(sorted(parts))
        known = found.get(key)
        joined = frozenset({address.address.casefold()} - {""}) | (known.addresses if known else frozenset())
        found[key] = Person(known.name if known else name, known.parts if known else parts, entity, joined)
    return tuple(found.values())


_NAMED = frozenset(
    (
        "sender",
        "resent-from",
        "resent-to",
        "x-original-from",
        "x-original-sender",
        "delivered-to",
        "x-original-to",
        "bcc",
    )
)


def _other_headers(mail: Mail) -> Iterator[Address]:
    for name, value in mail.headers:
        if name in _NAMED:
            for shown, address in getaddresses([value[:2000]]):
                yield Address(shown, address)


def _from_local_part(address: str, lists: Lists) -> str:
    """ "jean.dupont@…" names somebody even where the display name is missing."""
    words = [word for word in re.split(r"[._\-+\d]+", address.partition("@")[0]) if len(word) > 2]
    if len(words) < 2 or not any(fold(word) in lists.first or fold(word) in lists.last for word in words):
        return ""
    return " ".join(word.capitalize() for word in words[:3])


class Mentions:
    """Finds each mention of the known people: full, first, last, reversed, initials; also in addresses and files."""

    def __init__(self, people: Iterable[Person], lists: Lists) -> None:
        self.people = tuple(people)
        self._lists = lists
        self.needs = ""
        whole = {p.parts: p for p in self.people if p.entity != "PERSON"}
        persons = [p for p in self.people if p.entity == "PERSON"]
        joined = {"".join(order) for p in persons for order in _orders(p.parts)}
        words = sorted({w for p in persons for w in p.parts if len(w) > 1} | joined, key=lambda w: (-len(w), w))
        initials = "".join(sorted({w[0] for p in persons for w in p.parts}))
        self._pattern = _pattern(words, initials) if words else None
        initials_of = {"".join(p.name_initials) for p in persons if len(p.name_initials) > 1}
        self._signed = (
            re.compile(
                rf"^[>|* ]{{0,8}}(?:[-–—][ ]?)?({'|'.join(r'[. ]{0,2}'.join(i) for i in sorted(initials_of))})\.?[ ]*$",
                re.MULTILINE,
            )
            if initials_of
            else None
        )
        phrases = [r"[\s,._-]{1,3}".join(map(re.escape, parts)) for parts in whole]
        self._phrases = (
            re.compile(rf"(?<![a-z])(?:{'|'.join(sorted(phrases, key=len, reverse=True))})(?![a-z])")
            if phrases
            else None
        )

    def find(self, text: str) -> Iterator[Span]:
        """Spans in `text` (a reading view)."""
        folded = fold(text)
        if self._phrases:
            for match in self._phrases.finditer(folded):
                if text[match.start()].isupper() or " " in match.group():
                    yield Span(match.start(), match.end(), "ORGANIZATION", "header_list", 1.0, 2)
        for match in self._pattern.finditer(folded) if self._pattern else ():
            start, end = _without_words(text, *match.span())
            shown = folded[start:end]
            if not text[start].isupper() and shown in EVERYDAY and not addressed(folded, start, end):
                continue
            yield from apart(text, start, end)
        if self._signed:
            for match in self._signed.finditer(text):
                yield Span(match.start(1), match.end(1), "PERSON", "header_initials", 0.9, 2)


_FIRST_LETTER = re.compile(r"^[^\W\d_]\W+")
_LAST_LETTER = re.compile(r"\W+[^\W\d_]?\W*$")


def _without_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Initials are capitals: "à Jean" and "Jean a dit" begin and end with a word."""
    shown = text[start:end]
    first = _FIRST_LETTER.match(shown)
    if first and shown[0].islower() and "." not in first.group():
        start += first.end()
    last = _LAST_LETTER.search(text, start, end)
    if last and not (last.group().strip()[:1].isupper() or last.group().strip(" ,-_")[:1].isupper()):
        end = last.start()
    return start, end


def _pattern(words: list[str], initials: str) -> re.Pattern[str]:
    word = "|".join(map(re.escape, words))
    one = f"[{re.escape(initials)}]"
    joint = r"(?:[ ]?\n[> ]{0,6}|[ ,.'_+-]{1,3})(?:(?:de|du|des|la|le|van|von|der|di|da|del|della|d)[ '_-]{1,2}){0,2}"
    return re.compile(
        rf"(?<![a-z])(?:{one}(?:\.[ ]?|[ _-])){{0,2}}(?:{word})(?:{joint}(?:(?:{word})(?![a-z])|"
        rf"{one}(?![a-z'])\.?)){{0,5}}(?![a-z])"
    )


def _orders(parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if len(parts) > 1:
        yield parts
        yield parts[::-1]
        yield (parts[0][0], *parts[1:])
        yield (*parts[1:], parts[0][0])
        yield (parts[0], parts[-1])
        yield (parts[-1], parts[0])
