"""The tokens of one mail: one for each person or value, whatever the form in which it stands there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from chalicelib.core.keyed_hashes import keyed_hash
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


Number = Callable[[str], int]
"""A value in its normal form → the number of its token, 1 to 999,999,999."""

_SMALLEST, _LARGEST = 100_000_000, 999_999_999


def thread_numbers(thread: str, key: bytes) -> Number:
    """Numbers that a value keeps through its thread, although nothing of the thread is kept.

    `thread` is the thread's keyed hash, which is bound to the account. Two values of a thread share a number with a
    probability of 1 in 900 million.
    """

    def number(value: str) -> int:
        drawn = int(keyed_hash("token", f"{thread}\n{value}", key), 16)
        return _SMALLEST + drawn % (_LARGEST - _SMALLEST + 1)

    return number


class Tokens:
    """`mapping` (token → original) holds only originals that stand in this mail.

    `number` gives the tokens their numbers; without one they count from 1 in reading order, which suits a mail that is
    looked at alone.
    """

    def __init__(self, people: Iterable[Person] = (), number: Number | None = None) -> None:
        self.mapping: dict[str, str] = {}
        self._by_key: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._number = number
        self._full: set[frozenset[str]] = set()
        self._full_of: dict[str, list[frozenset[str]]] = {}
        self._meant: dict[frozenset[str], frozenset[str]] = {}
        self._joined = {_joint: p.parts for p in people for _joint in ("".join(p.parts), "".join(reversed(p.parts)))}
        self._joined |= {p.parts[0][0] + p.parts[-1]: p.parts for p in people if len(p.parts) > 1}

    def introduce(self, entity: str, original: str) -> None:
        """Make a full name known before the first token is given: "Jean" joins "Jean Dupont" wherever either stands."""
        if entity != "PERSON":
            return
        parts = self._parts(original)
        if len(parts) > 1 and parts not in self._full:
            self._full.add(parts)
            self._meant.clear()
            for part in parts:
                self._full_of.setdefault(part, []).append(parts)

    def token(self, entity: str, original: str) -> str:
        """The token of this value; the same for every form of it."""
        key = (entity, self._key(entity, original))
        token = self._by_key.get(key)
        if token is None:
            token = self._by_key[key] = self._new(entity, key[1])
            self.mapping[token] = original
        elif entity == "PERSON" and len(self._parts(original)) > len(self._parts(self.mapping[token])):
            self.mapping[token] = original
        return token

    def _new(self, entity: str, value: str) -> str:
        if self._number is None:
            self._counts[entity] = self._counts.get(entity, 0) + 1
            return f"<{entity}_{self._counts[entity]}>"
        tried, token = 0, f"<{entity}_{self._number(f'{entity} {value}')}>"
        while token in self.mapping:  # one token must never mean two people, however rarely numbers meet
            tried += 1
            token = f"<{entity}_{self._number(f'{entity} {value} {tried}')}>"
        return token

    def _parts(self, original: str) -> frozenset[str]:
        """The parts of a name; of a joined form in an address ("jdupont"), those of the person it stands for."""
        parts = name_parts(View(original).text.replace("_", " ").replace(".", " ").replace("+", " "))
        return frozenset(part for word in parts for part in self._joined.get(word, (word,)))

    def _key(self, entity: str, original: str) -> str:
        """The value in its normal form: the same in every mail that means the same."""
        if entity in _NAMED:
            parts = self._parts(original)
            if parts:
                return " ".join(sorted(self._person(parts) if entity == "PERSON" else parts))
        text = unicodedata.normalize("NFKC", View(original).text).casefold()
        if entity in _COMPACT:
            text = "".join(c for c in text if c.isalnum())
            if entity == "PHONE_NUMBER":
                text = _COUNTRY.sub("0", text.replace("330", "33", 1) if text.startswith("330") else text)
        return " ".join(text.split())

    def _person(self, parts: frozenset[str]) -> frozenset[str]:
        """The fullest name that these parts mean without doubt; themselves when two people could be meant."""
        if parts not in self._meant:
            self._meant[parts] = self._fullest(parts)
        return self._meant[parts]

    def _fullest(self, parts: frozenset[str]) -> frozenset[str]:
        rarest = min((self._full_of.get(part, []) for part in parts), key=len)
        fuller = [full for full in rarest if parts < full]
        longest = max(fuller, key=len, default=parts)
        return longest if all(full <= longest for full in fuller) else parts


def escape(text: str) -> str:
    """A literal token in the mail, so that it can never be taken for one of ours; `deanonymize` undoes it."""
    return _LITERAL.sub(r"<\\\1\2>", text)
