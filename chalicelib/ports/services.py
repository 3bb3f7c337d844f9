"""Ports to messenger, source, anonymizer, classifier and telemetry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.core.messages import Classification, Content
from chalicelib.mail.model import Mail
from chalicelib.mail.reference import Facts
from chalicelib.privacy.model import Anonymized
from chalicelib.privacy.tokens import Number


@dataclass(frozen=True, slots=True)
class MessageReference:
    """Where EmailEngine keeps a message, and what it stated of it (`mail.reference`).

    All but `account` and `id` may be empty, `size` 0. `id` may name another mail by now.
    """

    account: str
    id: str
    email_id: str
    message_id: str
    path: str
    date: str = ""
    size: int = 0
    subject: str = ""
    sender: str = ""

    @property
    def facts(self) -> Facts:
        """What the fetched mail is compared with."""
        return Facts(self.message_id, self.date, self.size, self.subject, self.sender)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched message: RFC 822 bytes; or, where the source is not to be had, the JSON's bytes and its mail."""

    raw: bytes
    mail: Mail | None


class MessageSource(Protocol):
    """Where a referenced message is fetched from (EmailEngine)."""

    def fetch(self, reference: MessageReference) -> Fetched:
        """Source first, then `textType=*`; a message that moved is searched for.

        `Permanent` with `message_gone`, `message_replaced` (its id names another mail, and it is nowhere else),
        `message_ambiguous`, `message_refused` or `account_unknown`; `NotReady` for trouble of that account alone;
        `Retryable`.
        """


class Telemetry(Protocol):
    """Logs and metrics that can carry ids and codes only (`adapters.observability`)."""

    def log(self, event: str, **fields: Any) -> None: ...

    def warn(self, event: str, **fields: Any) -> None:
        """As `log`, for what an operator should see."""

    def failure(self, event: str, error: BaseException, **fields: Any) -> None:
        """An error by class and place, never by its text."""

    def count(self, name: str, value: float = 1, **dimensions: str) -> None: ...

    def duration(self, name: str, seconds: float, **dimensions: str) -> None: ...


class Anonymizer(Protocol):
    """Removes personal data."""

    def anonymize(self, mail: Mail, number: Number | None = None) -> Anonymized:
        """Replace every personal datum by a token.

        `number` gives the tokens their numbers (`privacy.tokens.thread_numbers`). Fails closed: any inner failure is
        `Retryable("anonymizer_failed")`, a mail that still shows a certain identifier afterwards
        `Permanent("personal_data_left")`.
        """


class Classifier(Protocol):
    """Classifies a mail by its anonymized content alone."""

    def classify(self, content: Content, text: str, history: Mapping[str, int]) -> Classification:
        """`history` is category → number of the sender's earlier mails in this account; empty where unknown.

        Never raises for what the mail says; `Retryable` or `Permanent` for its own failures.
        """
