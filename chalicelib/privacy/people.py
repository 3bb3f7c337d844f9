"""The header list: everybody whom the headers and quote lines name, and every form in which the text may name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import getaddresses

from chalicelib.mail.model import Address, Mail
from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import Lists
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


_NAME = r"[^\W\d_][\w'’.-]{0,30}(?:[ ,]{1,2}[^\W\d_][\w'’.-]{0,30}){0,4}"
_FIELD = re.compile(
    r"^[>|* ]{0,12}(?:de|from|da|von|à|a|to|cc|cci|bcc|ccn|per|an|envoyé par|"
    r"sent by|expéditeur|mittente|destinataires?|destinatari[oa]?|reply-to|"
    r"répondre à|rispondi a|organizer|organisateur|organizzatore|participants?|"
    r"présents?|presenti|attendees?|required|obligatoire)\*?[ ]?:\*?[ ]?([^\n]{2,400})$",
    re.IGNORECASE | re.MULTILINE,
)
_WROTE = re.compile(
    (
        rf"(?:^|[,:>*] ?|\d ?)({_NAME}) ?(?:[<(\[][^\s<>()\[\]]{{3,200}}[>)\]])?[ \n]{{0,2}}(?:a écrit|"
        r"wrote|writes|ha scritto|écrivait|schrieb|escribió|said)[ ]?:"
    ),
    re.IGNORECASE | re.MULTILINE,
)
_CALENDAR = re.compile(
    (
        r'(?<=[;:])(?:CN|X-[A-Z-]{3,30}NAME)=(?:"([^"\n]{2,120})"|([^;:"\n]{2,120}))|'
        r"^(?:FN|N)(?:;[^:\n]{0,80})?:([^\n]{2,120})"
    ),
    re.MULTILINE,
)
_LOWER_START = re.compile(r"^(?:[a-zà-ÿ][\w'’]* )+")
_CAPITAL = re.compile(r"^[A-ZÀ-ÖØ-Þ\"']")


def quoted(text: str) -> Iterator[Address]:
    """People in the header lines of quoted and forwarded mail, in "X wrote:" lines and in calendar fields."""
    head = text[:200_000]
    for match in _FIELD.finditer(head):
        for piece in re.split(r"[;>]\s*,?|,\s(?=[^,<]{2,60}<)", match.group(1))[:30]:
            name, _, address = piece.strip().partition("<")
            if _CAPITAL.match(name.strip()) and len(name.split()) <= 5 and not any(c.isdigit() for c in name):
                yield Address(name.strip(" \"'*"), address.strip("> "))
    for match in _WROTE.finditer(head):
        name = _LOWER_START.sub("", match.group(1).rsplit(" à ", 1)[-1].strip())
        if _CAPITAL.match(name) and len(name_parts(name)) >= 1 and not _DAY.search(fold(name)):
            yield Address(name, "")
    for match in _CALENDAR.finditer(head):
        name = next(group for group in match.groups() if group)
        yield Address(" ".join(reversed([p for p in name.split(";") if p])) if ";" in name else name, "")


_DAY = re.compile(r"\b(?:lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun|gio|sab|dom|am|pm|utc|gmt|on|le|il)\b")


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
            if not text[start].isupper() and shown in _EVERYDAY and not _addressed(folded, start, end):
                continue
            yield from _apart(text, start, end)
        if self._signed:
            for match in self._signed.finditer(text):
                yield Span(match.start(1), match.end(1), "PERSON", "header_initials", 0.9, 2)


_EVERYDAY = frozenset(
    "hope will may can might mark bill art grant chance drew rich long page price day field young king green brown white "
    "black grand petit petite bon bonne fort noir noire blanc blanche roux bell wood rose pat sue rob don guy max ray "
    "frank dean case trace skip brook lane forest dale ford star sky sunny summer autumn dawn eve april june august "
    "joy faith grace patience temple mercy major sergeant cash cliff stone wise best good small little big short sharp "
    "swift bush hill banks rivers waters church bishop abbot pope cook baker butcher smith miller fisher hunter taylor "
    "leger roi roy moulin vigne prince noel juin avril marin olive prune capucine victoire constance prudence clemence "
    "france aime desire parfait marchand boulanger berger boucher charpentier fournier tailleur chevalier dumoulin lune "
    "soleil fleur ange parent cousin voisin ami loup lion renard poisson oiseau perle luna stella sole gioia felice fiore "
    "verde verdi rossi bianchi neri costa villa serena allegra chiara bianca viola alba aurora letizia vera vero santa "
    "leone lupo volpe gatto monte valle fonte campo porta serra conti conte barone greco romano lombardo ferrari fabbri "
    "line lea ava eva lola mona ada ida iris ivy lou jo al ed si do re sol la le les de du des et ou mais donc or ni car "
    "un une il elle on je tu nous vous ils elles me te se ne pas plus en y au aux ce ces cet cette mon ma mes ton ta tes "
    "son sa ses notre nos votre vos leur leurs qui que quoi dont pour par sur sous avec sans chez dans est sont a ai as "
    "the and is are was were of to in for on with you your we our he she it this that not but my at as be have has from "
    "would could please by if does there their they them its so just any all no yes hi an me "
    "lo gli uno e ho ha sono nel nella per con su voi noi io lei lui che non ma di del della dei delle al alla questo "
    "suo sua mio mia come da dal dalla ci si piu anche ed o dan van den der ben tim tom gene jean jack pierre marie "
    "angel destiny star client test home data date support".split()
) - frozenset("tim tom jean jack pierre marie lola mona ada ida iris ivy eva ava lea".split())
"""Words that a lower-case text means as words unless somebody is addressed: "I hope", "un petit mot"."""
_CALLED = re.compile(
    r"(?:^[>|* ]{0,8}|(?:^|\W)(?:bonjour|bonsoir|salut|coucou|hello|hi|hey|dear|cher|chere|ciao|salve|caro|cara|gentile|"
    r"merci|thanks|grazie|bises|bisous|love|cheers|yo|slt|cc|ok|oui|yes|si|non|no|"
    r"m\.|mr\.?|mrs\.?|mme\.?|mlle|ms\.?|monsieur|madame|signora?|sig\.(?:ra)?|dr\.?|dott\.(?:ssa)?)[ ,]{1,2}|"
    r"(?:^|\W)(?:pour|avec|chez|for|with|to|from|by|per|con|da|di|de|d'|a|et|and|e)[ ])$"
)
_AFTER_CALL = re.compile(r"[ ]?(?:[,!?:;.]|\n|$)|[ ](?:and|et|e)[ ](?:i|moi|me|io)(?![a-z])")
_MET = re.compile(
    r"(?<![a-z])(?:avec|chez|with|vu|vois|rencontre|rencontrer|appelle|appeler|appelez|contacter|contactez|prevenir|previens|"
    r"demande a|demander a|dis a|met|saw|see|meet|call|ask|asked|tell|told|visto|vista|incontrato|sentito|chiama|chiamare|"
    r"chiamato|chiedi a|dillo a)[ ]$"
)


def _addressed(folded: str, start: int, end: int) -> bool:
    """A lower-case word is a name where it is called, greeted or signs, with nothing but a sign or a line's end after."""
    line = folded.rfind("\n", 0, start) + 1
    before = folded[max(line, start - 24) : start]
    if _MET.search(before):
        return True
    return bool(_CALLED.search(before)) and bool(_AFTER_CALL.match(folded, end))


def _apart(text: str, start: int, end: int) -> Iterator[Span]:
    """A mention, cut at line breaks between whole lines: two lines of a list are two people."""
    for at in [m.start() for m in re.finditer("\n", text[start:end])]:
        position = start + at
        left = text[text.rfind("\n", 0, position) + 1 : position].strip("> *|-")
        if len(left) < 32:
            yield Span(start, position, "PERSON", "header_list", 1.0, 2)
            start = position + 1 + len(text[position + 1 : end]) - len(text[position + 1 : end].lstrip("> "))
    yield Span(start, end, "PERSON", "header_list", 1.0, 2)


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
