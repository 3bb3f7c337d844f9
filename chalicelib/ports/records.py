"""Ports to what PostgreSQL keeps: mail, ledger, flags and rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.core.messages import Envelope, Exclusion, Quarantine, Receipt


@dataclass(frozen=True, slots=True)
class Original:
    """Clear text of a mail on its way into pgcrypto; never logged, never queued."""

    sender: str
    subject: str
    body: str
    source: bytes
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a mail at the store stage.

    `stored`, `already_stored`, `duplicate` of `canonical_id`, or `erased`: a person's mail must not come back.
    """

    outcome: str
    canonical_id: str


class MailStore(Protocol):
    """The ledger and the mail in PostgreSQL; each method is one transaction."""

    def store(self, envelope: Envelope, text: str, original: Original, receipts: Sequence[Receipt]) -> Stored:
        """Ledger, anonymized mail, encrypted original, identities, receipts and outbox row, all or nothing.

        Idempotent by mail id. A mail whose `matches` or `identities` belong to another mail of the
        account becomes ledger state `excluded`, reason `duplicate`. `Retryable("database_unavailable")`.
        """

    def quarantine(self, note: Quarantine) -> None:
        """Ledger state `quarantined`, unless the mail is stored already."""

    def exclude(self, note: Exclusion) -> None:
        """Ledger state `excluded` with the rules' reason, and what is needed to re-evaluate it; receipts.

        Idempotent. A mail that is stored, a duplicate or discarded by an operator stays so; one in quarantine, or
        excluded before, changes when the note was decided later.
        """

    def sender_history(self, account: str, sender_key: str) -> dict[str, int]:
        """category → number of stored mails of that sender, among the account's last 50 of them."""

    def ledger_state(self, mail_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """mail id → (state, reason) for those that are known."""

    def ledger_counts(self) -> dict[str, int]:
        """state → number of mails."""

    def add_receipts(self, receipts: Sequence[tuple[str, Receipt]]) -> None:
        """Add receipts of mails by id, in one transaction; a repeat of (mail id, module, action) changes nothing."""

    def ping(self) -> None: ...


class Ledger(Protocol):
    """What the audit and the dead-letter queues need of the ledger beyond `MailStore` (PostgreSQL)."""

    def quarantined(self) -> dict[str, datetime]:
        """mail id → when its row last changed, for all in state `quarantined`. `Retryable`."""

    def unsent(self, before: datetime, limit: int) -> list[str]:
        """Stored mails whose notice was due before that time and is not sent yet, oldest first. `Retryable`."""

    def redriven(self, stage: str, mail_ids: Sequence[str] | None, author: str) -> None:
        """Record who redrives these mails (None: all of the stage); they stay `quarantined` meanwhile.

        `Retryable`, `Permanent("database_rejected")` for an author that does not fit.
        """

    def discard(self, note: Quarantine, reason: str, author: str) -> str:
        """State `excluded`, reason `discarded:<reason>`, unless the mail is stored; returns its state now.

        Who and when is recorded. Errors as `redriven`.
        """

    def write_off(self, mail_id: str, reason: str, author: str) -> bool:
        """As `discard`, for a mail that is in no dead-letter queue any more; False when it is not `quarantined`."""


@dataclass(frozen=True, slots=True)
class ExclusionQuery:
    """Which excluded mails: every condition that is not empty holds. The keys as in `messages.Exclusion`."""

    sender_key: str = ""
    domain_key: str = ""
    rule: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Excluded:
    """A mail that the rules excluded; codes and keyed hashes only. `received_at` is timezone-aware."""

    mail_id: str
    account: str
    source: str
    spool_key: str
    received_at: datetime
    trace_id: str
    reason: str
    rule: str
    sender_key: str
    domain_key: str


class Exclusions(Protocol):
    """Mail that the operator's rules excluded (PostgreSQL); the store stage writes it (`MailStore.exclude`)."""

    def find(self, query: ExclusionQuery, after: str, limit: int) -> list[Excluded]:
        """In the order of the mail ids, those after `after`. Duplicates and discarded mail are not among them."""

    def reconsidered(self, mails: Sequence[Excluded], author: str) -> None:
        """Record who has them re-evaluated. `Permanent("database_rejected")` for an author that does not fit."""


@dataclass(frozen=True, slots=True)
class FlagChange:
    """Who changed a flag when; `old` is None the first time."""

    name: str
    old: bool | None
    new: bool
    author: str
    changed_at: datetime


class FlagStore(Protocol):
    """The durable copy of the runtime flags (PostgreSQL)."""

    def flags(self) -> dict[str, bool]: ...

    def set_flag(self, name: str, value: bool, author: str) -> None:
        """Write and record who and when."""

    def history(self, each: int) -> list[FlagChange]:
        """The latest `each` changes of every flag, newest first. `Retryable`."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """Who made which version of the rules, when and why; `restores` is the version that a rollback went back to."""

    version: int
    author: str
    comment: str
    created_at: datetime
    restores: int | None = None


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of the rules. The document holds the operator's addresses: never logged, never queued."""

    change: RuleChange
    document: Mapping[str, Any]


class RuleStore(Protocol):
    """The versions of the operator's rules (PostgreSQL); the highest is in force."""

    def current(self) -> RuleVersion | None:
        """The version in force, None before the first. `Retryable`."""

    def version(self, number: int) -> RuleVersion | None:
        """One version, None where there is none of that number. `Retryable`."""

    def versions(self, limit: int) -> list[RuleChange]:
        """The latest changes, newest first, without their documents. `Retryable`."""

    def save(
        self, document: Mapping[str, Any], author: str, comment: str, base_version: int, restores: int | None = None
    ) -> RuleVersion:
        """Write version `base_version + 1` and record who (1 to 100 characters), when and why (up to 500).

        `Permanent("version_conflict")` when `base_version` (0 before the first) is not the one in force, also when
        another writer was faster; `Permanent("database_rejected")` for a value that does not fit; `Retryable`.
        """
