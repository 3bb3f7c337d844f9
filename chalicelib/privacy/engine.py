"""The anonymizer: finds personal data in every part of a mail and puts tokens in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.core.errors import MailroomError, Permanent, Retryable
from chalicelib.mail.language import detect
from chalicelib.mail.model import Address, Mail
from chalicelib.privacy.finder import EACH, Deadline, Finder
from chalicelib.privacy.html import REST, find_in_html
from chalicelib.privacy.lists import Lists, shipped
from chalicelib.privacy.mapping import Originals, fingerprint
from chalicelib.privacy.model import Anonymized, Replacement
from chalicelib.privacy.ner import Ner
from chalicelib.privacy.people import Mentions, addresses, kind, known_people
from chalicelib.privacy.presidio import chosen
from chalicelib.privacy.rules import Recognizer
from chalicelib.privacy.spans import Span
from chalicelib.privacy.tokens import Number, Tokens, escape
from chalicelib.privacy.verify import left_over

TIME_LIMIT = 40.0
"""Seconds for one mail, far above what `MAX_TEXT` needs."""
MAX_TEXT = 250_000
"""Characters of text that are read; what is behind them is cut, never passed on unread."""
CUT = "\n[… text cut here …]"


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    text: str
    spans: tuple[Span, ...]


class RulesAnonymizer:
    """`Anonymizer` by rules and lists alone, without a model: for tests, and the base of the real one.

    `time_limit` is in seconds per mail; over it the mail is `Retryable("anonymizer_timeout")`. `extra` are
    recognizers of the operator's (see `docs/privacy.md`), `lists` replaces the shipped name lists.
    """

    def __init__(
        self,
        time_limit: float = TIME_LIMIT,
        *,
        extra: Sequence[Recognizer] = (),
        lists: Lists | None = None,
        ner: Ner | None = None,
    ) -> None:
        self._lists = lists or shipped()
        self._limit = time_limit
        self.finder = Finder(self._lists, ner, extra)

    def anonymize(self, mail: Mail, number: Number | None = None) -> Anonymized:
        """See `ports.Anonymizer`."""
        return _closed(lambda: self._anonymize(mail, number, mail.full_text, self.finder.find))

    def anonymize_html(self, mail: Mail, number: Number | None = None) -> Anonymized:
        """The same with the mail's HTML in the place of its text: visible text and attributes, tags untouched."""

        def find(text: str, mentions: Mentions, deadline: Deadline) -> tuple[Span, ...]:
            return find_in_html(text, lambda shown: self.finder.find(shown, mentions, deadline))

        return _closed(lambda: self._anonymize(mail, number, mail.html, find))

    def _anonymize(self, mail: Mail, number: Number | None, body: str, find: _Find) -> Anonymized:
        deadline = Deadline(self._limit)
        people = known_people(mail, self._lists)
        mentions = Mentions(people, self._lists)
        text = body if len(body) <= MAX_TEXT else body[:MAX_TEXT] + CUT
        fields = [
            *self._mailboxes(mail),
            _Field("subject", mail.subject, self.finder.find_in_subject(mail.subject, mentions, deadline)),
            _Field("text", text, find(text, mentions, deadline)),
            *(
                _Field("attachment", a.filename, self.finder.find_in_name(a.filename, mentions, deadline))
                for a in mail.attachments
            ),
        ]
        tokens = Tokens(people, number)
        for field in fields:
            for count, (span, original) in enumerate(_originals(field)):
                tokens.introduce(span.entity, original)
                if count % EACH == 0:
                    deadline.check()
        replacements: list[Replacement] = []
        given: list[list[tuple[str, str]]] = [[] for _ in fields]
        done = [
            (field.name, _replace(field, tokens, replacements, pairs, deadline))
            for field, pairs in zip(fields, given, strict=True)
        ]
        deadline.check()
        if left_over("\n".join(text for _, text in done), people, [a.address for a in addresses(mail)]):
            raise Permanent("personal_data_left")
        by_name = dict(done)
        return Anonymized(
            subject=by_name["subject"],
            sender=by_name.get("sender", ""),
            recipients=tuple(text for name, text in done if name == "recipients"),
            text=by_name["text"],
            quoted_at=_quoted_at(text, mail, replacements),
            attachments=tuple(text for name, text in done if name == "attachment"),
            language=detect(f"{mail.subject}\n{mail.full_text}"),
            mapping=_with_forms(tokens.mapping, [text for _, text in done], given),
            replacements=tuple(replacements),
        )

    def _mailboxes(self, mail: Mail) -> Iterator[_Field]:
        if mail.sender:
            yield self._mailbox("sender", mail.sender)
        for address in (*mail.to, *mail.cc):
            yield self._mailbox("recipients", address)

    def _mailbox(self, name: str, address: Address) -> _Field:
        """A mailbox: its whole name and its whole address are personal, whatever they look like."""
        shown, mailbox = address.name.strip(), address.address.strip()
        middle = len(shown)
        spans = []
        if shown:
            entity = "EMAIL_ADDRESS" if "@" in shown else kind(shown, self._lists)
            spans.append(Span(0, middle, entity, "header", 1.0, 2))
        if mailbox:
            start = middle + 1 if shown else 0
            spans.append(Span(start, start + len(mailbox), "EMAIL_ADDRESS", "header", 1.0, 2))
        return _Field(name, " ".join(part for part in (shown, mailbox) if part), tuple(spans))


class PresidioAnonymizer(RulesAnonymizer):
    """`Anonymizer` over spaCy's NER, own and Presidio's recognizers. Build it once per process: the models load here.

    Raises `ConfigurationError` when a model is missing.
    """

    def __init__(
        self, time_limit: float = TIME_LIMIT, *, extra: Sequence[Recognizer] = (), lists: Lists | None = None
    ) -> None:
        super().__init__(time_limit, extra=(*chosen(), *extra), lists=lists, ner=Ner())


_Find = Callable[[str, Mentions, Deadline], tuple[Span, ...]]


class _InnerFailure(Exception):
    """Names the type of an inner failure; its text stays away, for it may quote the mail."""


def _closed(work: Callable[[], Anonymized]) -> Anonymized:
    """Fail closed: whatever breaks inside, nothing of the mail goes on."""
    try:
        return work()
    except MailroomError:
        raise
    except Exception as error:  # noqa: BLE001 - translated, not swallowed
        failure = type(error).__name__
    raise Retryable("anonymizer_failed") from _InnerFailure(failure)


def _originals(field: _Field) -> Iterator[tuple[Span, str]]:
    """Each find with its text; what tags divide is put together, and its further stretches come without any."""
    for index, span in enumerate(field.spans):
        if span.rank == REST:
            yield span, ""
            continue
        original, after = field.text[span.start : span.end], index + 1
        while after < len(field.spans) and field.spans[after].rank == REST:
            original += field.text[field.spans[after].start : field.spans[after].end]
            after += 1
        yield span, original


def _quoted_at(text: str, mail: Mail, replacements: Sequence[Replacement]) -> int | None:
    """Where the quotation starts in the anonymized text; None without one, and in HTML, which is read whole."""
    if not mail.quoted or not text.startswith(mail.text):
        return None
    length = position = 0
    for one in replacements:
        if one.field == "text" and one.end <= len(mail.text):
            length += len(escape(text[position : one.start])) + len(one.token)
            position = one.end
    return length + len(escape(mail.text[position:]))


def _replace(
    field: _Field, tokens: Tokens, replacements: list[Replacement], given: list[tuple[str, str]], deadline: Deadline
) -> str:
    """The field with tokens. `given` collects each token with the form that stood there."""
    pieces, position, token = [], 0, ""
    for count, (span, original) in enumerate(_originals(field)):
        pieces.append(escape(field.text[position : span.start]))
        if span.rank != REST:
            token = tokens.token(span.entity, original)
            pieces.append(token)
            given.append((token, original))
        replacements.append(
            Replacement(field.name, span.start, span.end, span.entity, token, span.recognizer, span.score)
        )
        position = span.end
        if count % EACH == 0:
            deadline.check()
    return "".join([*pieces, escape(field.text[position:])])


def _with_forms(mapping: Mapping[str, str], texts: Sequence[str], given: Sequence[list[tuple[str, str]]]) -> Originals:
    forms: dict[str, dict[int, str]] = {}
    for text, pairs in zip(texts, given, strict=True):
        other = {at: original for at, (token, original) in enumerate(pairs) if mapping[token] != original}
        if other:
            forms[fingerprint(text)] = other
    return Originals(mapping, forms)
