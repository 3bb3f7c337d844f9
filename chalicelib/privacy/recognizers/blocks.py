"""Postal addresses of any country, by their build: capitalised words, a house number and a post code in one run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import Lists
from chalicelib.privacy.rules import DIGITS
from chalicelib.privacy.spans import Span

_PART = (
    r"(?:[A-ZÀ-ÖØ-ÞĀ-Ž]\w{0,3}\.(?=[ ])|[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’/°º-]{0,30}|#?\d{1,8}(?:[-/]\d{1,5})?(?:\.(?=,)"
    r")?[A-Za-z]{0,2}(?!\w)|[A-Za-z]{1,2}-?\d{3,6}(?!\w)|"
    r"\([A-Z]{2}\)|(?:de|la|le|los|las|du|des|del|della|delle|di|da|do|dos|das|"
    r"van|von|der|den|den|am|an|im|in|of|the|y|e|i|u|pod|nad|na|pri|and|ul|os|"
    r"al|"
    r"c/o|n[°º]?|s/n|bis|ter|no|ulica|ulice|utca|trg|cesta|tér|út|nám|altos|"
    r"bajos|tie|katu|vej|gate|straat|plein|apt|piso|str)(?![\w]))"
)
_JOIN = r"(?:[ ]{1,2}|[ ]?,[ ]?|[ ]?\n[> ]{0,8}|[ ]?[-–/][ ]?)"
_RUN = re.compile(rf"(?<![\w@.,/#-]){_PART}(?:{_JOIN}{_PART}){{1,24}}")
_SPLIT = re.compile(r"[^\s,/–]+")
_STREET = re.compile(
    r"(?:stra(?:ß|ss)e|str\.?|gasse|weg|platz|allee|ufer|ring|damm|berg|gatan|"
    r"vagen|vag|gata|grand|vej|gade|alle|gate|veien|vegen|straat|laan|plein|"
    r"gracht|kade|dijk|"
    r"katu|tie|kuja|polku|utca|ut|ter|ulica|ul\.?|aleja|namesti|trida|strada|"
    r"trg|cesta|calle|avenida|avda\.?|av\.?|paseo|plaza|camino|carrer|rua|praca|"
    r"travessa|"
    r"estrada|rue|avenue|boulevard|bd|place|chemin|impasse|quai|route|via|viale|"
    r"piazza|corso|largo|vicolo|street|st\.?|road|rd\.?|lane|ln\.?|drive|dr\.?|"
    r"court|ct\.?|"
    r"square|sq\.?|terrace|way|parkway|highway|hwy|circle|close|crescent|grove|"
    r"mews|row|walk|ave\.?|blvd\.?|box|flat|apt\.?|unit|suite|nagar|marg|chowk|"
    r"hill|park|gardens?|view|bypass)$"
)
_LED = re.compile(
    r"(?:address(?:es)?(?: is| to| as|:)?|live[sd]? at|living at|residing at|"
    r"resid\w+ at|located (?:at|on|in)|(?:ship|send|sent|deliver\w*|mail|forward|"
    r"come|go|moved?|moving|get|drive|directions?) (?:it |them |this |over )?(?:to|"
    r"at)|"
    r"is at|based (?:at|in)|office (?:at|in|is)|house (?:at|on)|home (?:at|on)|"
    r"visit (?:us )?(?:at|on)|near|adresse|indirizzo|demeurant|résid\w+|habit\w+|"
    r"domicil\w+|abit\w+|residente|located|lives? (?:on|in)|find (?:us|me) (?:at|"
    r"on))[ :]{0,3}(?:is |in |au |à |the |at )?$",
    re.IGNORECASE,
)
_CODE = re.compile(r"\d{4,6}|\d{8}|\d{2}-\d{3}|\d{4,5}-\d{3,4}|[a-z]{1,2}-?\d{4,5}|\d{4}[a-z]{2}")
_SPLIT_CODE = re.compile(r"(?<!\w)(?:\d{3} \d{2}|\d{4} [A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})(?!\w)")
_HOUSE = re.compile(
    r"(?<![^\W\d_])[^\W\d_]{4,}+[ ,]{1,2}\d{1,4}[A-DF-Za-df-z]?(?!\w)|(?<!\w)"
    r"\d{1,5}[A-DF-Za-df-z]?[ ,]{1,2}[^\W\d_]{4,}"
)
_MONTH = re.compile(
    (
        r"^(?:jan|feb|fev|mar|apr|avr|mai|may|jun|jui|jul|aug|aou|sep|oct|nov|dec|"
        r"gen|mag|giu|lug|ago|set|ott|dic|lun|mon|tue|wed|thu|fri|sat|sun)"
    ),
    re.IGNORECASE,
)
_NO_PLACE = re.compile(
    r"^(?:page|chapter|chapitre|capitolo|section|room|version|article|art|table|"
    r"figure|step|level|windows|iphone|grade|class|question|week|semaine|day|"
    r"jour|type|model|no|number|pdf|covid|q|v|rev|phase|lot|item|line|gate|bus|"
    r"tome|vol|year|classe|classes|aula|salle)$"
)


_LABELS = frozenset("iban bic swift targa plate plaque dob cvv cvc tel fax ref vin ssn nhs ean sku".split())
_Part = tuple[int, int, str]


class AddressBlocks:
    """`ADDRESS`. A run must show a house number, capitalised words, and a post code, a street word or a lead."""

    needs = DIGITS

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def find(self, text: str) -> Iterator[Span]:
        """Every find in `text`."""
        for match in _RUN.finditer(text):
            if not any(c.isdigit() for c in match.group()):
                continue
            words = [(m.start(), m.end(), fold(m.group()).strip(".'")) for m in _SPLIT.finditer(text, *match.span())]
            for stretch in self._stretches(text, words):
                parts = self._trimmed(stretch)
                if len(parts) > 1:
                    start, end = parts[0][0], parts[-1][1]
                    score = self._score(text, start, [word for _, _, word in parts], text[start:end])
                    if score:
                        yield Span(start, end, "ADDRESS", "address_block", score)

    def _stretches(self, text: str, words: list[_Part]) -> Iterator[list[_Part]]:
        """Cut at abbreviations and labels that no address holds ("VAT", "IBAN"), and at "Roma, in Via Verdi"."""
        stretch: list[_Part] = []
        for part in words:
            label = part[2] in self._lists.words and text[part[0] : part[1]].isupper() and not _STREET.search(part[2])
            if label or part[2] in _LABELS or (part[2] == "in" and text[: part[0]][-2:] == ", "):
                yield stretch
                stretch = []
            else:
                stretch.append(part)
        yield stretch

    def _trimmed(self, parts: list[_Part]) -> list[_Part]:
        first, last = 0, len(parts)
        while first < last and self._plain(parts[first][2]):
            first += 1
        while last > first and self._plain(parts[last - 1][2]):
            last -= 1
        return parts[first:last]

    def _plain(self, word: str) -> bool:
        """A word that neither begins nor ends an address."""
        if word[:1].isdigit() or word.startswith("#"):
            return False
        return len(word) < 2 or (word in self._lists.words and not _STREET.search(word))

    def _score(self, text: str, start: int, words: list[str], shown: str) -> float:
        numbers = [word for word in words if any(c.isdigit() for c in word)]
        names = [
            w
            for w in words
            if w[:1].isalpha() and not any(c.isdigit() for c in w) and w not in self._lists.words and len(w) > 2
        ]
        if (
            not numbers
            or not names
            or any(_MONTH.match(w) and len(w) < 10 and w in self._lists.words for w in words)
            or any(_NO_PLACE.match(w) for w in words)
        ):
            return 0.0
        code = any(_CODE.fullmatch(n) for n in numbers) or bool(_SPLIT_CODE.search(shown))
        street = any(
            _STREET.search(word)
            for word in words
            if len(word) > 2 or word in ("st", "rd", "dr", "av", "bd", "ul", "ut", "ct")
        )
        broken = "," in shown or "\n" in shown
        led = bool(_LED.search(text[max(0, start - 40) : start]))
        if street and (broken or len(words) > 2 or led):
            return 0.75
        if code and len(numbers) > 1 and broken:
            return 0.7
        if led and (len(words) > 2 or broken or len(numbers) == 1):
            return 0.65
        if broken and _HOUSE.search(shown) and len(names) > 1 and len(numbers) < 4:
            return 0.5
        return 0.55 if code and len(names) >= 1 and broken and len(words) >= 3 else 0.0
