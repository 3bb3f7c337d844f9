"""Numbers the tokens of one mail: reading order, one token per person or value, continued through the thread."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from chalicelib.privacy.mapping import TOKEN
from chalicelib.privacy.people import name_parts

_LITERAL = re.compile(r"<(\\*)([A-Z][A-Z_]*_\d{1,9})>")


class Tokens:
    """The tokens of one mail. `known` (token → original) are those of its thread."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self.mapping: dict[str, str] = {}
        self._known = dict(known or {})
        self._by_key: dict[tuple[str, object], str] = {}
        self._counts: dict[str, int] = {}
        self._full: dict[frozenset[str], None] = {}
        for token, original in self._known.items():
            match = TOKEN.fullmatch(token)
            if match:
                entity, _, number = match.group(1).rpartition("_")
                self._counts[entity] = max(self._counts.get(entity, 0), int(number))
                self._by_key.setdefault((entity, self._key(entity, original)), token)
                self.introduce(entity, [original])

    def introduce(self, entity: str, originals: Iterable[str]) -> None:
        """Make full names known before the first token is given, so that "Jean" joins "Jean Dupont" wherever it stands."""
        if entity == "PERSON":
            for original in originals:
                parts = frozenset(name_parts(original))
                if len(parts) > 1:
                    self._full[parts] = None

    def token(self, entity: str, original: str) -> str:
        """The token of this value; the same for every form of it."""
        key = (entity, self._key(entity, original))
        token = self._by_key.get(key)
        if token is None:
            self._counts[entity] = self._counts.get(entity, 0) + 1
            token = self._by_key[key] = f"<{entity}_{self._counts[entity]}>"
        if token not in self.mapping:
            self.mapping[token] = self._known.get(token, original)
        elif entity == "PERSON" and len(name_parts(original)) > len(name_parts(self.mapping[token])):
            self.mapping[token] = original
        return token

    def _key(self, entity: str, original: str) -> object:
        if entity == "PERSON":
            parts = frozenset(name_parts(original))
            if parts:
                return self._person(parts)
        text = unicodedata.normalize("NFKC", original).casefold()
        if entity in _COMPACT:
            text = "".join(c for c in text if c.isalnum())
            if entity == "PHONE_NUMBER":
                text = re.sub(r"^(?:00|\+)?(?:33|39|44|32|41|49|34)0?", "0", text) if len(text) > 10 else text
        return " ".join(text.split())

    def _person(self, parts: frozenset[str]) -> frozenset[str]:
        fuller = [full for full in self._full if parts < full and (len(full) == len(parts) + 1 or len(parts) == 1)]
        return fuller[0] if len(fuller) == 1 else parts


_COMPACT = frozenset({"PHONE_NUMBER", "IBAN_CODE", "CREDIT_CARD", "FR_NIR", "FR_SIRET", "FR_SIREN"})


def escape(text: str) -> str:
    """A literal token in the mail, so that it can never be taken for one of ours; `deanonymize` undoes it."""
    return _LITERAL.sub(r"<\\\1\2>", text)
