"""Port to what the operator's pages show: totals, the latest mail, the history of one mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.messages import Receipt


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many mails of the whole ledger ended so; `reason` is a code, empty for those that are stored."""

    state: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Hour:
    """How many mails received in the hour that begins at `start` (timezone-aware) are in that state."""

    start: datetime
    state: str
    number: int


@dataclass(frozen=True, slots=True)
class Day:
    """What is recorded of the mail of a span. `verdicts` are results of the intake, of mail that reached the ledger:
    refusals and repeats are recorded nowhere. `categories` and `urgent` count stored mail."""

    hours: tuple[Hour, ...]
    verdicts: Mapping[str, int]
    categories: Mapping[str, int]
    urgent: int


@dataclass(frozen=True, slots=True)
class MailLine:
    """One mail in a list, anonymized. Subject to language are empty while (or because) no text of it is stored."""

    mail_id: str
    account: str
    source: str
    state: str
    reason: str
    received_at: datetime
    ended_at: datetime
    subject: str = ""
    sender: str = ""
    category: str = ""
    urgency: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """What an operator decided about a mail: `redriven`, `discarded` or `reconsidered`."""

    decision: str
    stage: str
    reason: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MailStory:
    """Everything that may be shown of one mail. `canonical_id` is set for a duplicate: the mail that it is again.

    `expired_at` says when its content was removed; `rule` which one kept it out.
    """

    line: MailLine
    stage: str
    error: str
    attempts: int
    canonical_id: str
    rule: str
    trace_id: str
    classifier: str
    confidence: float | None
    expired_at: datetime | None
    receipts: tuple[Receipt, ...]
    deeds: tuple[OperatorAction, ...]


class Reports(Protocol):
    """Read only, anonymized, bounded (PostgreSQL). It cannot read bodies or originals."""

    def totals(self) -> list[StateCount]:
        """The whole ledger by state and reason, the most first, 200 reasons at most. `Retryable`."""

    def day(self, since: datetime) -> Day:
        """The mail received since then. `Retryable`."""

    def latest(self, limit: int, before: str = "", state: str = "") -> list[MailLine]:
        """Mails of the ledger, the one received last first; those after the mail `before`; of one state. `Retryable`.

        Empty for a `before` that is not in the ledger.
        """

    def story(self, mail_id: str) -> MailStory | None:
        """One mail with its receipts and decisions in the order of time; None for one that never ended. `Retryable`."""
