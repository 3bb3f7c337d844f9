"""Telephone numbers by expressions: national forms of eight countries, and any international form (E.123, E.164)."""

from __future__ import annotations

import re

from chalicelib.privacy.rules import DIGITS, Rule, rule

_BREAK = r"(?:\n[>| ]{0,6})?"
_SEP = rf"[ .\-/]{{0,2}}{_BREAK}"
_BEFORE = r"(?<![\w+,])(?<!\d[.\-/])"
_AFTER = r"(?!\w|[.,\-/]\d)"
_EXTENSION = r"(?:[ ,]{0,2}(?:x|ext\.?|extension|poste|int\.?|interno|#)[ ]?\d{1,6})?"


def _phone(name: str, pattern: str, score: float, needs: str = DIGITS, rank: int = 1) -> Rule:
    return rule(name, "PHONE_NUMBER", pattern, score, needs=needs, rank=rank)


def _length(text: str) -> bool:
    return 6 <= sum(c.isdigit() for c in text) <= 15


_DIGITS = re.compile(r"\d+")
_DATE = re.compile(
    r"\(?(?:\d{1,2}[ ]?[./ -][ ]?\d{1,2}[ ]?[./ -][ ]?(?:19|20)?\d\d|"
    r"(?:19|20)\d\d[./ -]\d\d?[./ -]\d\d?)(?!\d|[ ./-]{1,3}\d)"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:([ .])\d{3})(?:\1\d{3})*$")
_CALLING = re.compile(
    r"1|2[07]|3[0-469]|4[0-9]|5[1-8]|6[0-6]|7|8[1246]|9[0-58]|2\d\d|3[578]\d|42[013]|5\d\d|6[789]\d|8[058]\d|9[679]\d"
)


def _wide(text: str) -> bool:
    """Groups in any form: an area code in brackets or behind a 0, a calling code, or a slash; no date, amount, ISBN."""
    groups = _DIGITS.findall(text)
    total = sum(map(len, groups))
    if not 7 <= total <= 15 or _DATE.match(text) or _THOUSANDS.match(text) or len(groups[-1]) == 1:
        return False
    if any(group[:2] in ("19", "20") and len(group) == 4 for group in groups[:2]) or groups[0] in ("0", "978", "979"):
        return False
    if "(" in text or (groups[0][0] == "0" and total >= 8):
        return True
    if "000" in groups:
        return False
    if "/" in text:
        return total >= (8 if text.count("/") == 1 else 9)
    if "." in text:
        fours = [len(group) for group in groups] == [4, 4] and groups[0][0] != "0"
        return fours or (len(groups) > 2 and total > 8 and all(len(g) > 1 and g[0] != "0" for g in groups))
    return total >= 8 and (len(groups) > 2 or bool(_CALLING.fullmatch(groups[0])) or total >= 9)


def _extended(text: str) -> bool:
    """What stands before an extension is no date and no amount."""
    return not _DATE.match(text) and "000" not in _DIGITS.findall(text)


def _eight(text: str) -> bool:
    """Eight digits that are no date written without signs and no round amount."""
    year = text[:2] in ("19", "20") and "01" <= text[4:6] <= "12"
    day = text[4:6] in ("19", "20") and "01" <= text[2:4] <= "12" and text[:2] <= "31"
    return not (year or day or text.endswith("000") or len(set(text)) < 3)


PHONES: tuple[Rule, ...] = (
    # +, 00 or 011 and 7 to 14 digits: any country (E.164), with the "(0)" that people write.
    _phone(
        "phone_international",
        (
            rf"(?<![\w+])(?:\(?\+|(?:\(?00)(?=[ ]?[1-9])|011[ .-](?=[1-9]))"
            rf"[ ]?(?:0(?=[1-9]))?[1-9](?:{_SEP}[()]?[ ]?\d[)]?){{6,14}}{_EXTENSION}"
            r"(?![\d])"
        ),
        0.95,
        "+0",
        2,
    ),
    _phone("phone_fr", rf"{_BEFORE}\(?0[ ]?\)?[1-9](?:{_SEP}\d\d){{4}}(?!\w|[.,-]\d)", 0.9, "0", 2),
    _phone(
        "phone_us",
        (
            rf"{_BEFORE}(?:1[ .\-]?)?(?:\([2-9]\d\d\)[ .\-]?|[2-9]\d\d[ .\-])[2-9]\d\d[ .\-]\d{{4}}{_EXTENSION}(?!\w|"
            r"[.\-/]\d)"
        ),
        0.85,
    ),
    _phone(
        "phone_us_1",
        rf"{_BEFORE}(?:\+?1[ .\-])(?:\(\d{{3}}\)|\d{{3}})[ .\-]?\d{{3}}[ .\-]?\d{{4}}{_EXTENSION}(?!\w|[.\-/]\d)",
        0.85,
        "1",
    ),
    _phone(
        "phone_us_loose",
        rf"{_BEFORE}(?:\(\d{{3}}\)[ ]?|\d{{3}}[.\-])\d{{3}}[.\-]\d{{4}}{_EXTENSION}(?!\w|[.\-/]\d)",
        0.75,
    ),
    _phone(
        "phone_uk",
        rf"{_BEFORE}\(?0(?:\d{{2}}\)?[ ]\d{{4}}[ ]\d{{4}}|\d{{3}}\)?[ ]\d{{3}}[ ]\d{{3,4}}|\d{{4}}\)?[ ]\d{{5,6}}|"
        rf"\d{{4}}\)?[ ]\d{{3}}[ ]\d{{3}}|7\d{{3}}[ ]?\d{{3}}[ ]?\d{{3}}){_EXTENSION}(?!\w)",
        0.85,
        "0",
    ),
    _phone("phone_it_mobile", rf"{_BEFORE}3[2-9]\d[ .\-/]?\d{{2,3}}[ .\-]?\d{{2}}[ .\-]?\d{{2,3}}{_AFTER}", 0.7, "3"),
    _phone(
        "phone_it_land", rf"{_BEFORE}0\d{{1,3}}[ ./\-]\d{{3,4}}[ .\-]?\d{{2,4}}(?:[ .\-]?\d{{2}})?{_AFTER}", 0.7, "0"
    ),
    _phone("phone_trunk", rf"{_BEFORE}\(?0\d{{1,4}}\)?(?:[ ./\-]{{1,2}}\d{{2,4}}){{2,4}}{_AFTER}", 0.7, "0"),
    _phone(
        "phone_slash",
        rf"{_BEFORE}(?!0\d[ ]?[/\-][ ]?(?:19|20)\d\d(?!\d))\(?0\d{{1,5}}\)?[ ]?[/\-][ ]?\d{{3,9}}"
        rf"(?:[ .\-]\d{{1,4}}){{0,3}}{_AFTER}",
        0.7,
        "0",
    ),
    _phone("phone_bracket", rf"(?<![\w+])\(0\d{{1,5}}\)[ ]?\d{{3,9}}(?:[ \-]\d{{1,4}}){{0,3}}{_AFTER}", 0.75, "("),
    _phone("phone_plain", rf"{_BEFORE}0[1-9]\d{{7,10}}{_AFTER}", 0.6, "0"),
    _phone("phone_es", rf"{_BEFORE}[679]\d\d(?:[ .\-]\d{{3}}[ .\-]\d{{3}}|(?:[ .\-]\d\d){{3}}){_AFTER}", 0.7),
    _phone("phone_groups", rf"{_BEFORE}(?:\d{{2}}[ ]){{3,4}}\d{{2}}(?!\w|[.,\-/ ]\d|[ ]?[€$£%])", 0.5),
    # Groups of digits that are no date, year range, amount or time: somebody's number, whatever the country.
    rule(
        "phone_any",
        "PHONE_NUMBER",
        r"(?<![\w.,/:-])(?<![€$£][ ])(?!(?:19|20)\d\d[ -]|\d{1,2}[ -]\d{1,2}[ -](?:19|20)\d\d(?!\d))(?:\(\d{2,5}\)|"
        r"\d{2,5})(?:[ -]\d{2,4}){2,4}"
        r"(?!\w|[.,\-/ :]\d|[ ]?[€$£%]|[ ](?:eur|euros?|usd|chf|gbp)\b)",
        0.42,
        check=lambda text: 8 <= len(text) <= 12 and not text.endswith("000"),
        needs=DIGITS,
    ),
    rule(
        "phone_local",
        "PHONE_NUMBER",
        r"(?<![\w.,/:-])(?!(?:19|20)\d\d-(?:19|20)\d\d)(?:\(\d{1,5}\)[ -]?\d{5,10}|"
        r"[2-9]\d\d-\d{4}|\d{4}[ -]\d{4}|\d{2,3}[ -]\d{6,8}|\d{4,5}[ -]\d{5,6})"
        r"(?!\w|[.,\-/ :]\d|[ ]?[€$£%])",
        0.42,
        needs=DIGITS,
    ),
    rule(
        "phone_near",
        "PHONE_NUMBER",
        rf"(?<![\w])\(?\+?\d(?:[ .\-/()]{{0,2}}\d){{5,14}}{_EXTENSION}(?!\w|[ ]?[€$£%])",
        0.65,
        check=_length,
        near=r"t[ée]l(?:[ée]phone|[ée]fono)?\.?|(?:tele)?phone|mobile|mob\.?|cell(?:ulare|"
        r"phone)?\.?|portable|fax|gsm|call(?:ing)?|appel(?:er|ez|le)|"
        r"whatsapp|sms|text|natel|handy|móvil|hotline|standard|joignable|contact|"
        r"num[ée]ro|numero|number|ligne directe|linea diretta|interno|"
        r"chiam(?:i|are|armi|o|ate)|richiam(?:i|are|armi|arci)|recapito|dial|reach|ring|rappel(?:er|ez|le)|06|07",
        needs=DIGITS,
    ),
    # With an extension, any run of digits is a telephone number.
    rule(
        "phone_extension",
        "PHONE_NUMBER",
        r"(?<![\w.,/+-])\+?\(?\d(?:[ .\-/()]{0,3}\d){6,14}"
        r"(?:[ ]?x[ ]?|[ ]?#|"
        r"[ ,;]{1,2}\(?(?:x|ext(?:ension)?|poste|int(?:erno)?|durchwahl|anexo)\.?[ =]?)\d{2,6}(?!\w)\)?",
        0.8,
        check=_extended,
        needs=DIGITS,
        whole=True,
    ),
    # Any other grouping that people use: double spaces, " - ", " / ", the calling code without +, (area) with dots.
    rule(
        "phone_wide",
        "PHONE_NUMBER",
        r"(?<![\w.,/:+-])(?<![\d.,/-][ ])(?:\(0?[1-9]\d{0,4}\)|\d{1,5})"
        r"(?:(?:[ ]{1,2}|[ ]?[./-][ ]?|(?<=\)))(?:\(0?\d{1,4}\)|\d{1,9})){1,6}"
        r"(?!\w|[.,\-/:]\d|[ ]{1,2}\d|[ ]?[€$£%]|[ ](?:eur|euros?|usd|chf|gbp|kg|km)\b)",
        0.42,
        check=_wide,
        needs=DIGITS,
        whole=True,
    ),
    rule(
        "phone_short",
        "PHONE_NUMBER",
        r"(?<![\w.,/:+-])(?<![\d.,/-][ ])[1-9]\d\d[ .-](?:\d\d[ .-]\d\d|(?!19|20)\d{4})"
        r"(?!\w|[.,\-/:]\d|[ ]\d|[ ]?[€$£%]|[ ](?:eur|euros?|usd|chf|gbp|kg|km)\b)",
        0.41,
        check=lambda text: not text.endswith("00"),
        needs=DIGITS,
    ),
    # Denmark, Norway, Singapore: eight digits in one. A number of something else has its word before it.
    rule(
        "phone_eight",
        "PHONE_NUMBER",
        r"(?<![\w.,/:+#°º=_-])(?<![#°º.][ ])(?<!\d[ ])[2-9]\d{7}(?!\w|[.,\-/:]\d|[ ]\d|[ ]?[€$£%]|"
        r"[ ](?:eur|euros?|usd|chf|gbp|kg|km|[a-z]{3,12}s)\b)",
        0.41,
        check=_eight,
        unless=r"fact(?:ure|\.)?|fattura|invoice|rechnung|commande|order|ordine|bestellung|ref|référence|reference|"
        r"riferimento|ticket|bon|devis|preventivo|quote|version|versione|build|isbn|issn|article|articolo|item|sku|"
        r"lot|lotto|batch|code|codice|colis|parcel|id|no|num[ée]ro|numero|issue|page|dossier|pratica|document",
        needs=DIGITS,
    ),
)
