"""The second look: does an anonymized text still show an identifier that is certain? Shares no expression with the first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chalicelib.privacy import checks
from chalicelib.privacy.mapping import TOKEN
from chalicelib.privacy.normalize import View
from chalicelib.privacy.people import Person, fold

_AT = re.compile(r"[^\s@<>\"',;:()\[\]]@[^\W_][\w-]*(?:\.[\w-]+)*")
_RUN = re.compile(r"\d(?:[ .\-/]?\d){8,33}")
_IBAN = re.compile(r"\b[A-Z]{2}\d\d(?: ?[A-Z0-9]){11,30}\b")
_PHONE = re.compile(r"\+[1-9](?:[ .\-()]{0,2}\d){8,13}(?!\d)")


def left_over(text: str, people: Iterable[Person], addresses: Iterable[str]) -> str:
    """The kind of what is still visible, or an empty string."""
    seen = View(TOKEN.sub("\x1f", text)).text
    if _AT.search(seen):
        return "email"
    if _PHONE.search(seen):
        return "phone"
    if any(checks.iban("".join(m.group().split())) for m in _IBAN.finditer(seen)):
        return "iban"
    for match in _RUN.finditer(seen):
        digits = "".join(c for c in match.group() if c.isdigit())
        if checks.card(digits) or checks.nir(digits):
            return "number"
    plain = fold(seen)
    for person in people:
        if len(person.parts) > 1 and re.search(
            rf"(?<![a-z]){'[ ,.]{1,2}'.join(map(re.escape, person.parts))}(?![a-z])", plain
        ):
            return "name"
    return "address" if any(address and address.casefold() in plain for address in addresses) else ""
