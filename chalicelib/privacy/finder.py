"""Finds the personal data of one text: rules and lists first, then the models where a name can still be."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from chalicelib.core.errors import Retryable
from chalicelib.mail.language import detect
from chalicelib.privacy.fold import fold
from chalicelib.privacy.left_alone import BLANK, files, undated, unnumbered
from chalicelib.privacy.lists import Lists
from chalicelib.privacy.ner import Ner
from chalicelib.privacy.normalize import View
from chalicelib.privacy.people import Mentions
from chalicelib.privacy.pieces import Piece, pieces
from chalicelib.privacy.recognizers.addresses import ADDRESSES
from chalicelib.privacy.recognizers.blocks import AddressBlocks
from chalicelib.privacy.recognizers.capitals import Capitals
from chalicelib.privacy.recognizers.digits import Numbers
from chalicelib.privacy.recognizers.identifiers import NET
from chalicelib.privacy.recognizers.keys import SECRETS
from chalicelib.privacy.recognizers.names import Names
from chalicelib.privacy.recognizers.national import NATIONAL
from chalicelib.privacy.recognizers.organizations import ORGANIZATIONS
from chalicelib.privacy.recognizers.phones import PHONES
from chalicelib.privacy.recognizers.places import Places
from chalicelib.privacy.recognizers.references import REFERENCES
from chalicelib.privacy.recognizers.relations import Relations
from chalicelib.privacy.recognizers.spoken import SPOKEN
from chalicelib.privacy.recognizers.units import UNITS, completed
from chalicelib.privacy.rules import Recognizer, Rule
from chalicelib.privacy.spans import Span, resolve
from chalicelib.privacy.trim import trim

NER_SCORE = 0.7
_BATCH = 16
_WORD = re.compile(r"[^\W\d_]{2,}")
_SEPARATORS = str.maketrans("_-.+~", "     ")
_GUESSES = frozenset(
    "ipv4 zip_city place_code address_block post_code plate_fni plate_near passport_fr id_card_it ssn vat_eu".split()
)
"""Rules by shape alone, beside those of telephones: a date or a document's number has their shape too."""
_WEAK_NUMBERS = frozenset({"CREDIT_CARD", "ID_NUMBER", "FR_SIREN", "UK_NHS", "IT_VAT", "US_SSN"})
_WEAK_NAMES = frozenset({"capitals", "ner_fr", "ner_en", "place_led_loosely", "organization_three"})
_SUBJECT_GUESSES = _WEAK_NAMES | {
    "organization_led",
    "organization_head",
    "organization_form",
    "address_block",
    "street_name",
    "name_list",
}
_FILE_NAME_SECONDS = 10.0
EACH = 256
"""After so many finds of one rule the deadline is looked at again."""


class Deadline:
    """`Retryable("anonymizer_timeout")` once `seconds` have passed."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raise when the time is over."""
        if time.monotonic() > self._end:
            raise Retryable("anonymizer_timeout")


class Finder:
    """All recognizers. `ner` None leaves the models out; `extra` are the operator's recognizers."""

    def __init__(self, lists: Lists, ner: Ner | None = None, extra: Sequence[Recognizer] = ()) -> None:
        self._lists = lists
        self._ner = ner
        self._rules: tuple[Recognizer, ...] = (
            *NET,
            Numbers(),
            *NATIONAL,
            *PHONES,
            *ADDRESSES,
            *UNITS,
            *REFERENCES,
            *SPOKEN,
            *SECRETS,
            Names(lists),
            Relations(lists),
            Places(lists),
            Capitals(lists),
            AddressBlocks(lists),
            *ORGANIZATIONS,
            *extra,
        )

    def find(self, text: str, mentions: Mentions, deadline: Deadline) -> tuple[Span, ...]:
        """Disjoint spans of `text` in reading order."""
        if not text.strip():
            return ()
        view = View(text)
        dateless = undated(view.text)
        plain = unnumbered(dateless)
        found = [*_checked(mentions.find(view.text), deadline), *self._ruled(view.text, dateless, plain, deadline)]
        found = list(completed(found, view.text))
        found = [
            _without_common_head(s, view.text, self._lists) if s.entity == "ORGANIZATION" and s.rank == 1 else s
            for s in found
        ]
        if self._ner:
            found += self._named(view.text, resolve(s for s in found if s.score >= NER_SCORE), self._ner, deadline)
        return _back(view, _unfiled(view.text, plain, found), self._lists)

    def find_in_subject(self, subject: str, mentions: Mentions, deadline: Deadline) -> tuple[Span, ...]:
        """Of a subject, where capitals prove nothing: no model reads it, and a guessed name must hold a listed one."""
        if not subject.strip():
            return ()
        view = View(subject)
        dateless = undated(view.text)
        plain = unnumbered(dateless)
        ruled = list(self._ruled(view.text, dateless, plain, deadline))
        found = [*mentions.find(view.text), *completed(ruled, view.text)]
        found = [
            s for s in found if s.recognizer not in _SUBJECT_GUESSES or self._lists_one(view.text[s.start : s.end])
        ]
        return _back(view, _unfiled(view.text, plain, found), self._lists)

    def _lists_one(self, name: str) -> bool:
        """Does it hold a name that is nothing else?"""
        words = [fold(word) for word in _WORD.findall(name)]
        lists = self._lists
        return any(lists.is_first(word) or (word in lists.last and not lists.common(word)) for word in words)

    def find_in_name(self, name: str, mentions: Mentions, deadline: Deadline | None = None) -> tuple[Span, ...]:
        """Of a file name: its words are separated by anything, and the models make nothing of it."""
        deadline = deadline or Deadline(_FILE_NAME_SECONDS)
        view = View(name)
        words = view.text.translate(_SEPARATORS)
        found = [*mentions.find(words), *self._read(view.text, deadline)]
        if words != view.text:
            found += (s for s in self._read(words, deadline) if s.entity not in ("URL", "ADDRESS"))
        return _back(view, found, self._lists)

    def _read(self, text: str, deadline: Deadline) -> Iterator[Span]:
        dateless = undated(text)
        return self._ruled(text, dateless, unnumbered(dateless), deadline)

    def _ruled(self, text: str, dateless: str, plain: str, deadline: Deadline) -> Iterator[Span]:
        """What the rules find; those that go by shape do not see dates, amounts and numbers of documents."""
        for rule in self._rules:
            if isinstance(rule, Numbers):
                found = _checked(rule.find(dateless), deadline)
                yield from (s for s in found if s.entity not in _WEAK_NUMBERS or plain[s.start] != BLANK)
                continue
            seen = plain if _guesses(rule) else text
            if not rule.needs or any(c in seen for c in rule.needs):
                yield from _checked(rule.find(seen), deadline)

    def _named(self, text: str, certain: Sequence[Span], ner: Ner, deadline: Deadline) -> Iterator[Span]:
        main = detect(text)
        wanted = [
            (model, piece) for piece in pieces(text, certain, self._lists, main) for model in ner.models(piece.language)
        ]
        for model, group in groupby(sorted(wanted, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
            chosen = [piece for _, piece in group]
            for start in range(0, len(chosen), _BATCH):
                batch = chosen[start : start + _BATCH]
                deadline.check()
                for piece, finds in zip(batch, ner.find([p.text for p in batch], model), strict=True):
                    yield from self._trimmed(text, piece, finds, f"ner_{model}")

    def _trimmed(self, text: str, piece: Piece, finds: Sequence[tuple[int, int, str]], name: str) -> Iterator[Span]:
        for start, end, entity in finds:
            span = Span(piece.source(start), piece.source(end - 1) + 1, entity, name, NER_SCORE, 0)
            yield from trim(span, text, self._lists)


def _guesses(rule: Recognizer) -> bool:
    """Does it go by the shape of digits alone?"""
    if isinstance(rule, Rule):
        phone = rule.entity == "PHONE_NUMBER" and rule.name not in ("phone_international", "phone_spoken")
        return phone or rule.name in _GUESSES
    return isinstance(rule, AddressBlocks)


def _checked(spans: Iterable[Span], deadline: Deadline) -> Iterator[Span]:
    for count, span in enumerate(spans):
        if count % EACH == 0:
            deadline.check()
        yield span
    deadline.check()


def _without_common_head(span: Span, text: str, lists: Lists) -> Span:
    """ "Société Exemple SARL" is hidden from "Exemple" on: the head is a word, and often the sentence's."""
    words = list(_WORD.finditer(text, span.start, span.end))
    for word, following in pairwise(words):
        if not lists.common(fold(word.group())):
            return replace(span, start=word.start())
        if not lists.common(fold(following.group())):
            return replace(span, start=following.start())
    return span


def _unfiled(text: str, plain: str, found: Sequence[Span]) -> list[Span]:
    """Without guessed names in names of files ("Libretto_2026-01.pdf") and in dates and numbers of documents."""
    for start, end in files(text):
        plain = plain[:start] + BLANK * (end - start) + plain[end:]
    return [s for s in found if s.recognizer not in _WEAK_NAMES or BLANK not in plain[s.start : s.end]]


def _tells(rest: str, lists: Lists) -> bool:
    """What an overlap left of a find is worth hiding, unless it is made of common words."""
    return any(c.isdigit() for c in rest) or any(not lists.common(fold(word)) for word in _WORD.findall(rest))


def _back(view: View, found: Sequence[Span], lists: Lists) -> tuple[Span, ...]:
    """In the source's offsets, disjoint again (two characters of the view may be one of the source)."""
    starts, ends = {span.start for span in found}, {span.end for span in found}
    done = []
    for span in resolve(found):
        rest = span.start not in starts or span.end not in ends
        if rest and not _tells(view.text[span.start : span.end], lists):
            continue
        done.append(span)
    if view.text is not view.source:
        moved = [(span, *view.original(span.start, span.end)) for span in done]
        done = resolve(replace(span, start=start, end=end) for span, start, end in moved)
    return tuple(s for s in done if any(c.isalnum() for c in view.source[s.start : s.end]))
