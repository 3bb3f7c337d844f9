"""Long numbers, however people write them: one scan for digit groups, and checksums over neighbouring groups.

A card, a French social-security number or a SIRET may be written in groups, with dots, over a line break or in
front of other numbers ("4111 1111 1111 1111 12/26"); so every window of whole groups is tried, longest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.privacy.recognizers import checks
from chalicelib.privacy.rules import CONTEXT_WINDOW, DIGITS
from chalicelib.privacy.spans import Span

_BREAK = r"(?:\n[>| ]{0,6})?"
_RUN = re.compile(rf"(?<![\d])\d+(?:[ .\-/_]{{0,2}}{_BREAK}[ ]?\d+)*")
_GROUP = re.compile(r"\d+")
_MAX_GROUPS = 8
_IBAN_START = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z]{{2}}[ ]?\d[ ]?\d(?=[ .\-]?{_BREAK}[A-Za-z0-9])")
_IBAN_REST = re.compile(rf"(?:[ .\-]{{0,2}}{_BREAK}[A-Za-z0-9]){{0,30}}")
_CORSICA = re.compile(
    r"(?<!\w)[12][ .-]?\d\d[ .-]?\d\d[ .-]?2[AB][ .-]?\d{3}[ .-]?\d{3}[ .-]?\d\d(?!\w)", re.IGNORECASE
)
_MONEY = re.compile(r"[ ]?(?:€|\$|£|eur|usd|chf|gbp|euros?|dollars?|%|k€|km|kg)\b|[ ]?[€$£%]", re.IGNORECASE)


def _near(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


_SIREN = _near(r"siren|rcs|r\.c\.s\.?|siège|immatriculée?|entreprise|société|tva")
_PIVA = _near(r"p\.? ?iva|partita iva|p\.i\.|vat|c\.?f\.?|codice fiscale")
_NHS = _near(r"nhs|national health|patient")
_SSN = _near(r"ssn|social security|social|tax ?id|itin")


class Numbers:
    """IBAN, card, NIR, SIRET, SIREN, partita IVA, NHS number, SSN, and long numbers of unknown kind."""

    needs = DIGITS

    def find(self, text: str) -> Iterator[Span]:
        """Every find in `text`."""
        yield from _ibans(text)
        for match in _CORSICA.finditer(text):
            if checks.nir("".join(c for c in match.group().upper() if c.isalnum())):
                yield Span(match.start(), match.end(), "FR_NIR", "nir", 1.0, 2)
        for run in _RUN.finditer(text):
            if run.end() - run.start() >= 8:
                yield from _windows(text, run.start(), run.end())


def _windows(text: str, start: int, end: int) -> Iterator[Span]:
    groups = [m.span() for m in _GROUP.finditer(text, start, end)]
    if len(groups) > _MAX_GROUPS:
        yield from _spelled(text, groups)
    first = 0
    while first < len(groups):
        size = _window(text, groups, first)
        if size is None:
            first += 1
            continue
        kind, count, score, rank = size
        yield Span(groups[first][0], groups[first + count - 1][1], kind, kind.lower(), score, rank)
        first += count


def _spelled(text: str, groups: list[tuple[int, int]]) -> Iterator[Span]:
    """A number in more groups than usual ("4 1 1 1 …"), when it has a line to itself or is the whole run."""
    lines: list[list[tuple[int, int]]] = [[]]
    for group in groups:
        if lines[-1] and "\n" in text[lines[-1][-1][1] : group[0]]:
            lines.append([])
        lines[-1].append(group)
    for line in [groups, *lines] if len(lines) > 1 else [groups]:
        if _MAX_GROUPS < len(line) <= 19:
            kind = _certain("".join(text[a:b] for a, b in line))
            if kind:
                yield Span(line[0][0], line[-1][1], kind, kind.lower(), 0.9, 2)


def _window(text: str, groups: list[tuple[int, int]], first: int) -> tuple[str, int, float, int] | None:
    """The longest window of groups from `first` that is an identifier: (kind, groups, score, rank)."""
    digits = ""
    best: tuple[str, int, float, int] | None = None
    for count, (a, b) in enumerate(groups[first : first + _MAX_GROUPS], 1):
        digits += text[a:b]
        length = len(digits)
        if length > 19:
            break
        if length < 9:
            continue
        kind = _certain(digits)
        if kind:
            best = kind, count, 1.0, 2
        elif best is None or best[2] < 0.9:
            likely = _likely(text, digits, groups[first : first + count])
            if likely:
                best = likely[0], count, likely[1], 1
    if best is None and first < len(groups):
        a, b = groups[first]
        if b - a >= 9 and not _MONEY.match(text, b):
            return "ID_NUMBER", 1, 0.4, 1
    return best


def _certain(digits: str) -> str:
    length = len(digits)
    if length == 15 and checks.nir(digits):
        return "FR_NIR"
    if length == 14 and checks.siret(digits):
        return "FR_SIRET"
    return "CREDIT_CARD" if 12 <= length <= 19 and checks.card(digits) else ""


def _likely(text: str, digits: str, groups: list[tuple[int, int]]) -> tuple[str, float] | None:
    start = groups[0][0]
    before = max(0, start - CONTEXT_WINDOW)
    sizes = tuple(b - a for a, b in groups)
    match len(digits):
        case 9 if checks.siren(digits) and (sizes == (3, 3, 3) or _SIREN.search(text, before, start)):
            return "FR_SIREN", 0.85
        case 9 if checks.ssn(digits) and (_dashed(text, groups, sizes) or _SSN.search(text, before, start)):
            return "US_SSN", 0.85
        case 10 if checks.nhs(digits) and (sizes == (3, 3, 4) or _NHS.search(text, before, start)):
            return "UK_NHS", 0.9 if " " in text[start : groups[-1][1]] else 0.8
        case 11 if checks.partita_iva(digits) and (len(sizes) == 1 or _PIVA.search(text, before, start)):
            return "IT_VAT", 0.85
        case 13 if digits[0] in "12" and 1 <= int(digits[3:5]) <= 12 and sizes[0] in (1, 13):
            return "FR_NIR", 0.6
    return None


def _dashed(text: str, groups: list[tuple[int, int]], sizes: tuple[int, ...]) -> bool:
    return sizes == (3, 2, 4) and text[groups[0][1] : groups[1][0]].strip() in ("-", ".", "/", "")


def _ibans(text: str) -> Iterator[Span]:
    for start in _IBAN_START.finditer(text):
        length = checks.IBAN_LENGTHS.get(start.group()[:2].upper())
        rest = _IBAN_REST.match(text, start.end())
        if length is None or rest is None:
            continue
        value, end = "".join(c for c in start.group() if c.isalnum()), start.end()
        for position in range(start.end(), rest.end()):
            if text[position].isalnum():
                value, end = value + text[position], position + 1
                if len(value) == length:
                    break
        if sum(c.isdigit() for c in value) >= 10 and checks.iban(value.upper()):
            yield Span(start.start(), end, "IBAN_CODE", "iban", 1.0, 2)
