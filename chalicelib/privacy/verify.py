"""The second look: does an anonymized text still show an identifier that is certain?

It shares no expression with the recognizers, except for what is no personal datum, and knows nothing of their spans,
so that a slip there is seen here. It asks only for what is certain (checksums, `@`, international phones, header names
and addresses): a guess here would quarantine good mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from chalicelib.privacy.fold import fold
from chalicelib.privacy.left_alone import undated, unnumbered
from chalicelib.privacy.mapping import TOKEN
from chalicelib.privacy.normalize import View
from chalicelib.privacy.people import Person
from chalicelib.privacy.recognizers import checks

_AT = re.compile(r"[^\s@<>\"',;:()\[\]{}]@[^\W_][\w-]{0,62}\.[^\W\d_]")
_RUN = re.compile(r"(?<![\w.,/-])(?<!\d[ .-])\d(?:[ .-]?\d){11,18}(?![\w]|[ .,/-]\d)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7} ?[A-Z0-9]{0,4}(?![A-Za-z0-9])")
_PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ .-]?\d){8,13}(?![\d])")


def left_over(text: str, people: Iterable[Person], addresses: Iterable[str]) -> str:
    """The kind of what is still visible (`email`, `phone`, `iban`, `number`, `name`, `address`), or an empty string."""
    seen = View(TOKEN.sub(" \x1f ", text)).text
    if _AT.search(seen):
        return "email"
    if _PHONE.search(seen):
        return "phone"
    if any(checks.iban("".join(m.group().split())) for m in _IBAN.finditer(seen)):
        return "iban"
    for match in _RUN.finditer(unnumbered(undated(seen))):
        digits = "".join(c for c in match.group() if c.isdigit())
        if checks.card(digits) or checks.nir(digits):
            return "number"
    plain = " ".join(fold(seen).split())
    if any(_shows(plain, person) for person in people):
        return "name"
    return "address" if any(len(a) > 5 and "@" in a and a.casefold() in plain for a in addresses) else ""


def _shows(plain: str, person: Person) -> bool:
    """The full name as the header wrote it, between word boundaries."""
    name = " ".join(person.parts)
    if person.entity != "PERSON" or len(person.parts) < 2:
        return False
    at = plain.find(name)
    while at >= 0:
        before, after = plain[at - 1 : at], plain[at + len(name) : at + len(name) + 1]
        if not before.isalnum() and not after.isalnum():
            return True
        at = plain.find(name, at + 1)
    return False
