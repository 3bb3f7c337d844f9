"""Numbers the tokens of one mail: reading order, one token per person or value, continued through the thread."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from chalicelib.privacy.mapping import TOKEN
from chalicelib.privacy.normalize import View
from chalicelib.privacy.people import Person, name_parts

_LITERAL = re.compile(r"<(\\*)([A-Z][A-Z_]*_\d{1,9})>")
_COMPACT = frozenset(
    "PHONE_NUMBER IBAN_CODE CREDIT_CARD FR_NIR FR_SIRET FR_SIREN VAT_NUMBER "
    "IT_VAT IT_FISCAL_CODE US_SSN UK_NHS UK_NINO BIC "
    "LICENSE_PLATE PASSPORT ID_NUMBER ADDRESS".split()
)
_COUNTRY = re.compile(r"^(?:00|011)?(?:33|39|44|32|41|49|34|1)0?(?=\d{8,})")
_NAMED = frozenset({"PERSON", "ORGANIZATION"})


class Tokens:
    """The tokens of one mail. `known` (token → original) are those of its thread; they stay in `mapping`."""

    def __init__(self, known: Mapping[str, str] | None = None, people: Iterable[Person] = ()) -> None:
        self.mapping: dict[str, str] = {}
        self._by_key: dict[tuple[str, object], str] = {}
        self._counts: dict[str, int] = {}
        self._full: dict[frozenset[str], None] = {}
        self._joined = {_joint: p.parts for p in people for _joint in ("".join(p.parts), "".join(reversed(p.parts)))}
        self._joined |= {p.parts[0][0] + p.parts[-1]: p.parts for p in people if len(p.parts) > 1}
        for token, original in (known or {}).items():
            match = TOKEN.fullmatch(token)
            if match:
                entity, _, number = match.group(1).rpartition("_")
                self._counts[entity] = max(self._counts.get(entity, 0), int(number))
                self.introduce(entity, original)
                self.mapping[token] = original
        for token, original in self.mapping.items():
            entity = token[1:].rpartition("_")[0]
            self._by_key.setdefault((entity, self._key(entity, original)), token)

    def introduce(self, entity: str, original: str) -> None:
        """Make a full name known before the first token is given: "Jean" joins "Jean Dupont" wherever either stands."""
        if entity == "PERSON":
            parts = self._parts(original)
            if len(parts) > 1:
                self._full[parts] = None

    def token(self, entity: str, original: str) -> str:
        """The token of this value; the same for every form of it."""
        key = (entity, self._key(entity, original))
        token = self._by_key.get(key)
        if token is None:
            self._counts[entity] = self._counts.get(entity, 0) + 1
            token = self._by_key[key] = f"<{entity}_{self._counts[entity]}>"
            self.mapping[token] = original
        elif entity == "PERSON" and len(self._parts(original)) > len(self._parts(self.mapping[token])):
            self.mapping[token] = original
        return token

    def _parts(self, original: str) -> frozenset[str]:
        """The parts of a name; of a joined form in an address ("jdupont"), those of the person it stands for."""
        parts = name_parts(View(original).text.replace("_", " ").replace(".", " ").replace("+", " "))
        return frozenset(part for word in parts for part in self._joined.get(word, (word,)))

    def _key(self, entity: str, original: str) -> object:
        if entity in _NAMED:
            parts = self._parts(original)
            if parts:
                return self._person(parts) if entity == "PERSON" else parts
        text = unicodedata.normalize("NFKC", View(original).text).casefold()
        if entity in _COMPACT:
            text = "".join(c for c in text if c.isalnum())
            if entity == "PHONE_NUMBER":
                text = _COUNTRY.sub("0", text.replace("330", "33", 1) if text.startswith("330") else text)
        return " ".join(text.split())

    def _person(self, parts: frozenset[str]) -> frozenset[str]:
        """The fullest name that these parts mean without doubt; themselves when two people could be meant."""
        fuller = [full for full in self._full if parts < full]
        longest = [full for full in fuller if not any(full < other for other in fuller)]
        return longest[0] if len(longest) == 1 else parts


def escape(text: str) -> str:
    """A literal token in the mail, so that it can never be taken for one of ours; `deanonymize` undoes it."""
    return _LITERAL.sub(r"<\\\1\2>", text)
