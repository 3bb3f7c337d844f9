"""Telephone numbers by expressions: national forms of eight countries, and any international form (E.123, E.164)."""

from __future__ import annotations

import re

from chalicelib.privacy.rules import Rule, rule

_S = r"[ .\-/]?"
_BEFORE, _AFTER = r"(?<![\w+,])(?<!\d[.\-/])", r"(?![\w]|[.,\-/]\d)"
_FLAGS = re.IGNORECASE

PHONES: tuple[Rule, ...] = (
    rule(
        "phone_international",
        "PHONE_NUMBER",
        r"(?<![\w+])(?:\+|00)(?:[ .]?)[1-9](?:[ .\-/]{0,2}(?:\n[> ]{0,6})?[()]?\d[)]?){6,13}(?!\w)",
        0.95,
        needs="+0",
        rank=2,
    ),
    rule("phone_fr", "PHONE_NUMBER", rf"{_BEFORE}\(?0{_S}\)?[1-9](?:[ .\-/]{{0,2}}(?:\n[> ]{{0,6}})?\d{{2}}){{4}}(?!\w|[.,-]\d)", 0.9, needs="0", rank=2),
    rule("phone_us", "PHONE_NUMBER", rf"{_BEFORE}(?:\+?1[ .\-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .\-])[2-9]\d\d[ .\-]\d{{4}}(?: ?(?:x|ext\.?) ?\d{{1,6}})?{_AFTER}", 0.85),
    rule("phone_uk", "PHONE_NUMBER", rf"{_BEFORE}\(?0(?:\d{{2}}\)? \d{{4}} \d{{4}}|\d{{3}}\)? \d{{3}} \d{{3,4}}|\d{{4}}\)? \d{{5,6}}|\d{{4}}\)? \d{{3}} \d{{3}}|7\d{{3}} ?\d{{6}})(?!\w)", 0.85, needs="0"),
    rule("phone_it_mobile", "PHONE_NUMBER", rf"{_BEFORE}3[2-9]\d[ .\-/]?\d{{3}}[ .\-]?\d{{3,4}}{_AFTER}", 0.7, needs="3"),
    rule("phone_it_land", "PHONE_NUMBER", rf"{_BEFORE}0\d{{1,3}}[ ./\-]\d{{3,4}}[ .\-]?\d{{2,4}}(?:[ .\-]?\d{{2}})?{_AFTER}", 0.7, needs="0"),
    rule("phone_trunk", "PHONE_NUMBER", rf"{_BEFORE}\(?0\d{{1,4}}\)?(?:[ ./\-]{{1,2}}\d{{2,4}}){{2,4}}{_AFTER}", 0.7, needs="0"),
    rule("phone_de", "PHONE_NUMBER", rf"{_BEFORE}\(?0\d{{2,5}}\)?[ /\-]{{1,3}}\d{{3,9}}(?:-\d{{1,4}})?{_AFTER}", 0.7, needs="0"),
    rule("phone_es", "PHONE_NUMBER", rf"{_BEFORE}[679]\d\d(?:[ .\-]\d{{3}}[ .\-]\d{{3}}|(?:[ .\-]\d\d){{3}}){_AFTER}", 0.7),
    rule(
        "phone_near",
        "PHONE_NUMBER",
        r"(?<![\w])\(?\+?\d(?:[ .\-/()]{0,2}\d){5,14}(?!\w)",
        0.6,
        near=r"t[ée]l(?:[ée]phone)?\.?|phone|mobile|cell(?:ulare|phone)?|portable|fax|telefono|tel\.?|gsm|call|appel(?:er|ez)|whatsapp|sms|natel|handy|móvil|hotline|standard",
    ),
)  # fmt: skip
