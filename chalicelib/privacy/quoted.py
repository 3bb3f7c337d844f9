"""People whom a text names in header lines of quoted mail, in "X wrote:" lines and in invitations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.mail.model import Address
from chalicelib.privacy.fold import fold

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
        if _CAPITAL.match(name) and any(c.isalpha() for c in name) and not _DAY.search(fold(name)):
            yield Address(name, "")
    for match in _CALENDAR.finditer(head):
        name = next(group for group in match.groups() if group)
        yield Address(" ".join(reversed([p for p in name.split(";") if p])) if ";" in name else name, "")


_DAY = re.compile(r"\b(?:lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun|gio|sab|dom|am|pm|utc|gmt|on|le|il)\b")
