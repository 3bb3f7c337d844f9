"""The anonymizer: finds personal data in every part of a mail and puts stable tokens in its place."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.mail.model import Address, Mail
from chalicelib.privacy.identifiers import NET, NUMBERS
from chalicelib.privacy.language import detect
from chalicelib.privacy.model import Anonymized, Replacement
from chalicelib.privacy.names import find_names, listed
from chalicelib.privacy.ner import Ner
from chalicelib.privacy.normalize import View
from chalicelib.privacy.people import Mentions, addresses, header_people
from chalicelib.privacy.phones import PHONES
from chalicelib.privacy.rules import Rule
from chalicelib.privacy.spans import Span, resolve
from chalicelib.privacy.tokens import Tokens, escape
from chalicelib.privacy.trim import trim
from chalicelib.privacy.verify import left_over
from chalicelib.runtime.errors import MailroomError, Permanent, Retryable

RULES: tuple[Rule, ...] = (*NET, *NUMBERS, *PHONES)
_PIECE = re.compile(r".{1,2000}(?:\n|$|(?<=\s))|.{1,2000}|\n", re.DOTALL)
_PARAGRAPH = re.compile(r"\n[> \t]*\n")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    text: str
    spans: tuple[Span, ...]


class RulesAnonymizer:
    """`Anonymizer` by rules and lists alone, without a model: for tests, and the base of the real one.

    `time_limit` is in seconds per mail; over it the mail is `Retryable("anonymizer_timeout")`.
    """

    def __init__(self, time_limit: float = 25.0) -> None:
        self._ner: Ner | None = None
        self._limit = time_limit
        listed("first_names")
        listed("surnames")

    def anonymize(self, mail: Mail, known: Mapping[str, str] | None = None) -> Anonymized:
        """See `ports.Anonymizer`."""
        try:
            return self._anonymize(mail, known)
        except MailroomError:
            raise
        except Exception as error:  # noqa: BLE001 - fail closed: whatever broke, nothing of the mail goes on
            raise Retryable("anonymizer_failed") from _Silent(type(error).__name__)

    def _anonymize(self, mail: Mail, known: Mapping[str, str] | None) -> Anonymized:
        deadline = time.monotonic() + self._limit
        people = header_people(mail)
        mentions = Mentions(people)
        recipients = [*mail.to, *mail.cc, *mail.reply_to]
        fields = [_header("sender", mail.sender)] if mail.sender else []
        fields += [_header("recipients", address) for address in recipients]
        fields += [_Field("subject", mail.subject, self._find(mail.subject, mentions, deadline))]
        fields += [_Field("text", mail.text, self._find(mail.text, mentions, deadline))]
        fields += [_Field("attachment", a.filename, self._find_in_name(a.filename, mentions)) for a in mail.attachments]
        tokens = Tokens(known)
        for part in fields:
            tokens.introduce("PERSON", [part.text[s.start : s.end] for s in part.spans if s.entity == "PERSON"])
        replacements: list[Replacement] = []
        done = [(part.name, _replace(part, tokens, replacements)) for part in fields]
        shown = "\n".join(text for _, text in done)
        if left_over(shown, people, (a.address for a in addresses(mail))):
            raise Permanent("personal_data_left")
        by_name = {name: text for name, text in done}
        return Anonymized(
            subject=by_name["subject"],
            sender=by_name.get("sender", ""),
            recipients=tuple(text for name, text in done if name == "recipients"),
            text=by_name["text"],
            attachments=tuple(text for name, text in done if name == "attachment"),
            language=detect(f"{mail.subject}\n{mail.text}"),
            mapping=tokens.mapping,
            replacements=tuple(replacements),
        )

    def _find(self, text: str, mentions: Mentions, deadline: float) -> tuple[Span, ...]:
        if not text.strip():
            return ()
        view = View(text)
        found: list[Span] = list(mentions.find(view.text))
        for rule in RULES:
            found += rule.find(view.text)
            _in_time(deadline)
        found += [s for s in (trim(span, view.text) for span in find_names(view.text)) if s]
        ner = self._ner
        for start, piece in _pieces(view.text) if ner else ():
            assert ner is not None
            language = detect(piece)
            for model in [language] if language in ner.languages else ner.languages:
                for spans in ner.find([piece], model):
                    moved = (replace(s, start=s.start + start, end=s.end + start) for s in spans)
                    found += [s for s in (trim(span, view.text) for span in moved) if s]
                _in_time(deadline)
        result = []
        for span in resolve(found):
            start, end = view.original(span.start, span.end)
            result.append(replace(span, start=start, end=end))
        return tuple(s for s in resolve(result) if text[s.start : s.end].strip(" \t\n,.;:'\"()-"))

    @staticmethod
    def _find_in_name(name: str, mentions: Mentions) -> tuple[Span, ...]:
        """A file name: its words are separated by anything, and the models make nothing of it."""
        words = View(name).text.translate(_SEPARATORS)
        view = View(name)
        found = [span for text in {view.text, words} for rule in RULES for span in rule.find(text)]
        found += [*mentions.find(words), *find_names(words)]
        return tuple(replace(s, start=a, end=b) for s in resolve(found) for a, b in [view.original(s.start, s.end)])


class PresidioAnonymizer(RulesAnonymizer):
    """`Anonymizer` over spaCy's NER, own recognizers and lists. Build it once per process: the models load here.

    Raises `ConfigurationError` when a model is missing.
    """

    def __init__(self, time_limit: float = 25.0) -> None:
        super().__init__(time_limit)
        self._ner = Ner()


_SEPARATORS = str.maketrans("_-.+", "    ")


class _Silent(Exception):
    """Names the type of an inner failure; its text stays away, it may quote the mail."""


def _in_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise Retryable("anonymizer_timeout")


def _pieces(text: str) -> list[tuple[int, str]]:
    """The text cut into paragraphs of at most 2,000 characters, with their offsets."""
    pieces, start = [], 0
    ends = [m.end() for m in _PARAGRAPH.finditer(text)] + [len(text)]
    for end in ends:
        pieces += [(start + m.start(), m.group()) for m in _PIECE.finditer(text[start:end]) if m.group().strip()]
        start = end
    return pieces


def _header(name: str, address: Address) -> _Field:
    """A mailbox: its whole name and its whole address are personal, whatever they look like."""
    shown = " ".join(part for part in (address.name.strip(), address.address.strip()) if part)
    middle = len(address.name.strip())
    spans = []
    if middle:
        spans.append(Span(0, middle, "EMAIL_ADDRESS" if "@" in address.name else "PERSON", "header", 1.0, 2))
    if address.address.strip():
        spans.append(Span(middle + 1 if middle else 0, len(shown), "EMAIL_ADDRESS", "header", 1.0, 2))
    return _Field(name, shown, tuple(spans))


def _replace(part: _Field, tokens: Tokens, replacements: list[Replacement]) -> str:
    pieces, position = [], 0
    for span in part.spans:
        original = part.text[span.start : span.end]
        token = tokens.token(span.entity, original)
        pieces += [escape(part.text[position : span.start]), token]
        replacements.append(
            Replacement(part.name, span.start, span.end, span.entity, token, span.recognizer, span.score)
        )
        position = span.end
    return "".join([*pieces, escape(part.text[position:])])
