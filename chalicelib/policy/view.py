"""One mail as the conditions read it: each form of a text is made once, when the first condition asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from time import monotonic

from chalicelib.core.phrases import fold
from chalicelib.mail.bounds import MAX_ADDRESSES, MAX_ATTACHMENTS, MAX_SUBJECT_CHARS
from chalicelib.mail.links import Provider, find
from chalicelib.policy import expressions
from chalicelib.policy.decision import Facts
from chalicelib.policy.expressions import Expression

MAX_BODY_CHARS = 32_000
"""The rules read so much of a body."""
MAX_LABELS = 100
MAX_LABEL_CHARS = 200
_WORD = re.compile(r"[^\W_]+")


class TookTooLong(Exception):
    """The expressions of this decision have used their time."""


class Text:
    """A text in the forms that conditions compare: folded, by words, as bytes for expressions."""

    __slots__ = ("__dict__", "cut", "source")

    def __init__(self, source: str, limit: int) -> None:
        self.source = source[:limit]
        self.cut = len(source) > limit

    @cached_property
    def folded(self) -> str:
        """Lower case without accents."""
        return fold(self.source)

    @cached_property
    def words(self) -> str:
        """The words, each between single spaces, punctuation gone."""
        return f" {' '.join(_WORD.findall(self.folded))} "

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words, each once."""
        return frozenset(self.words.split())

    @cached_property
    def prepared(self) -> bytes:
        """What expressions read."""
        return expressions.prepare(self.folded, self.cut)


class View:
    """The mail, bounded. `budget` (seconds) is what its expressions may take before `TookTooLong`."""

    def __init__(self, facts: Facts, providers: tuple[Provider, ...], budget: float) -> None:
        self.facts = facts
        self.patterns: dict[str, tuple[bool, bool]] = {}
        self._providers = providers
        self._budget = budget
        self._until = 0.0

    @cached_property
    def subject(self) -> Text:
        """The subject."""
        return Text(self.facts.subject, MAX_SUBJECT_CHARS)

    @cached_property
    def body(self) -> Text:
        """The beginning of the plain text."""
        return Text(self.facts.body, MAX_BODY_CHARS)

    @cached_property
    def sender_name(self) -> Text:
        """The name that the sender gives itself."""
        return Text(self.facts.sender_name, MAX_SUBJECT_CHARS)

    @cached_property
    def sender(self) -> Text:
        """The sender's address."""
        return Text(self.facts.sender, MAX_SUBJECT_CHARS)

    @cached_property
    def attachment(self) -> Text:
        """The file names, one a line."""
        return _lines(self.facts.attachments[:MAX_ATTACHMENTS])

    @cached_property
    def recipient(self) -> Text:
        """The addresses, one a line."""
        return _lines(self.facts.recipients[:MAX_ADDRESSES])

    @cached_property
    def recipient_addresses(self) -> frozenset[str]:
        """The addresses."""
        return frozenset(self.facts.recipients[:MAX_ADDRESSES])

    @cached_property
    def recipient_domains(self) -> frozenset[str]:
        """Their domains."""
        return frozenset(address.rpartition("@")[2] for address in self.recipient_addresses)

    @cached_property
    def sender_domain(self) -> str:
        """The domain of the sender's address."""
        return self.facts.sender.rpartition("@")[2]

    @cached_property
    def labels(self) -> frozenset[str]:
        """The labels of the push, folded."""
        return frozenset(fold(label[:MAX_LABEL_CHARS]) for label in self.facts.labels[:MAX_LABELS])

    @cached_property
    def link_providers(self) -> frozenset[str]:
        """Names of the providers whose links the mail holds."""
        return frozenset(link.provider for link in find(self.facts.body, self.facts.html, self._providers))

    def matches(self, expression: Expression, field: str) -> bool:
        """Does the expression match in that field? Raises `TookTooLong`."""
        now = monotonic()
        if not self._until:
            self._until = now + self._budget
        elif now > self._until:
            raise TookTooLong
        text: Text = getattr(self, field)
        return expression.found(text.prepared)


def _lines(texts: Iterable[str]) -> Text:
    return Text("\n".join(texts), MAX_BODY_CHARS)
