"""Telephone numbers by expressions: national forms of eight countries, and any international form (E.123, E.164)."""

from __future__ import annotations

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


PHONES: tuple[Rule, ...] = (
    # +, 00 or 011 and 7 to 14 digits: any country (E.164), with the "(0)" that people write.
    _phone(
        "phone_international",
        (
            rf"(?<![\w+])(?:\(?\+|(?:\(?00)(?=[ ]?[1-9])|011[ .-](?=[1-9]))"
            rf"[ ]?[1-9](?:{_SEP}[()]?[ ]?\d[)]?){{6,14}}{_EXTENSION}"
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
        "phone_slash", rf"{_BEFORE}\(?0\d{{1,5}}\)?[ ]?[/\-][ ]?\d{{3,9}}(?:[ .\-]\d{{1,4}}){{0,3}}{_AFTER}", 0.7, "0"
    ),
    _phone("phone_bracket", rf"(?<![\w+])\(0\d{{1,5}}\)[ ]?\d{{3,9}}(?:[ \-]\d{{1,4}}){{0,3}}{_AFTER}", 0.75, "("),
    _phone("phone_plain", rf"{_BEFORE}0[1-9]\d{{7,10}}{_AFTER}", 0.6, "0"),
    _phone("phone_es", rf"{_BEFORE}[679]\d\d(?:[ .\-]\d{{3}}[ .\-]\d{{3}}|(?:[ .\-]\d\d){{3}}){_AFTER}", 0.7),
    _phone("phone_groups", rf"{_BEFORE}(?:\d{{2}}[ ]){{3,4}}\d{{2}}(?!\w|[.,\-/ ]\d|[ ]?[€$£%])", 0.5),
    # Groups of digits that are no date, year range, amount or time: somebody's number, whatever the country.
    rule(
        "phone_any",
        "PHONE_NUMBER",
        r"(?<![\w.,/:-])(?!(?:19|20)\d\d[ -]|\d{1,2}[ -]\d{1,2}[ -](?:19|20)\d\d(?!\d))(?:\(\d{2,5}\)|"
        r"\d{2,5})(?:[ -]\d{2,4}){2,4}"
        r"(?!\w|[.,\-/ :]\d|[ ]?[€$£%])",
        0.42,
        check=lambda text: 8 <= len(text) <= 12,
        needs=DIGITS,
    ),
    rule(
        "phone_local",
        "PHONE_NUMBER",
        r"(?<![\w.,/:-])(?!(?:19|20)\d\d-(?:19|20)\d\d)(?:\(\d{2,5}\)[ -]?\d{5,8}|"
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
)
