"""The rest of an address: house numbers in words before the street, flat, floor, staircase and town behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chalicelib.privacy.recognizers.spoken import HOUSE_IN_WORDS, NUMBER_WORD
from chalicelib.privacy.rules import Rule, rule
from chalicelib.privacy.spans import Span

_ORDINAL = (
    r"(?:\d{1,2}[ ]?(?:er|ère|e|è|ème|eme|nd|nde|st|rd|th|°|º|o|a)?|premier|première|deuxième|second|seconde|troisième|"
    r"quatrième|cinquième|sixième|dernier|first|third|fourth|fifth|sixth|top|ground|lower ground|upper|primo|secondo|"
    r"terzo|quarto|quinto|sesto|ultimo)"
)
_UNIT = (
    r"(?:(?:appartement|appt?\.?|apt\.?|bât(?:iment)?\.?|bat\.?|esc(?:alier)?\.?|porte|interno|int\.?|scala|sc\.|"
    r"piano|appartamento|palazzina|edificio|flat|unit|suite|ste\.?|floor|block|staircase|entrance|building|bldg|room|"
    r"étage|studio|logement|lot|tour|tower|interphone|boîte|bte)"
    r"[ ]?(?:n°[ ]?)?(?:[A-Za-z]{0,2}\d{1,4}[A-Za-z]?|[A-Z])(?!\w)|"
    rf"{_ORDINAL}[ ](?:étage|floor|piano|fl\.)(?:[ ](?:à )?(?:gauche|droite|left|right|sinistra|destra|face))?(?!\w)|"
    rf"\d(?:er|e|ème)[ ](?:à )?(?:gauche|droite|face)(?!\w)|rez-de-chaussée|rdc(?!\w)|piano terra|basement(?!\w)|"
    rf"(?i:au )?{_ORDINAL}[ ](?:étage|floor|piano)(?!\w))"
)
_CAP = r"(?-i:[A-ZÀ-ÖØ-Þ][\w'’-]{1,24})"
_TOWN = (
    rf"(?:\d{{4,5}}[ ])?{_CAP}(?:[ -](?:(?:de|du|des|la|le|les|l'|d'|sur|sous|en|lès|di|del|della|on|upon|"
    rf"the|in)[ -]?){{0,2}}{_CAP}){{0,4}}"
)
_JOIN = r"(?:[ ]?,[ ]?|[ ]?\n[> ]{0,8}|[ ]-[ ]|[ ])"
_AFTER = re.compile(rf"(?:{_JOIN}{_UNIT}){{1,5}}(?:[ ]?,[ ]?{_TOWN}(?=[ ]?(?:[.,;)?!\n]|$)))?", re.IGNORECASE)
_NUMBER_AFTER = re.compile(rf"[ ]?,?[ ]{NUMBER_WORD}(?![\w-])", re.IGNORECASE)
_TOWN_AFTER = re.compile(rf"[ ]?,[ ]{_TOWN}(?=[ ]?(?:[.;)?!\n]|$))", re.IGNORECASE)

UNITS: tuple[Rule, ...] = (
    # A residence with its parts: "The Pines, Block 4, Unit 212, Mireton".
    rule(
        "address_units",
        "ADDRESS",
        rf"(?<![\w'’-])(?:(?:résidence|residenza|the|the)[ ])?(?:(?:le|la|les|i|il|gli|the)"
        rf"[ ])?{_CAP}(?:[ ]{_CAP}){{0,2}}(?:[ ]?,[ ]{_UNIT}){{2,4}}"
        rf"(?:[ ]?,[ ]{_TOWN})?",
        0.8,
    ),
    rule(
        "address_it_lower",
        "ADDRESS",
        r"(?<![\w'])(?:via|viale|vicolo|piazza|piazzale|corso|largo|contrada|strada)[ ](?:(?:del|della|dello|"
        r"dei|delle|degli|di|"
        r"dell')[ ]?)?[a-zà-ÿ']{3,20}(?:[ ][a-zà-ÿ']{3,20})?[ ,]{1,2}\d{1,4}(?:[ ]?/?[a-zA-Z])?(?!\w)",
        0.8,
    ),
)


def completed(spans: Sequence[Span], text: str) -> Iterator[Span]:
    """`spans` with each address stretched over its house number in words, its flat, floor and town."""
    for span in spans:
        if span.entity != "ADDRESS" or span.score < 0.6:
            yield span
            continue
        start, end = span.start, span.end
        if house := HOUSE_IN_WORDS.search(text, max(0, start - 40), start):
            start = house.start(1)
        for pattern in (_NUMBER_AFTER, _AFTER, _TOWN_AFTER) if start < end else ():
            if pattern is _TOWN_AFTER and not _long(text, span, end):
                continue
            if rest := pattern.match(text, end):
                end = rest.end()
        if text[end - 1] == "." and text[end - 4 : end - 1].isalpha():
            end -= 1
        yield span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)


def _long(text: str, span: Span, end: int) -> bool:
    """A town follows an address that has a number, and no street that is merely mentioned."""
    return end > span.end or (
        any(c.isdigit() for c in text[span.start : span.end]) and text[span.start : span.end].count(" ") > 1
    )
