"""Ports to what is kept and for how long: retention, and the mail of one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.core.mail_ids import MailRef


class Archive(Protocol):
    """Removes what is over its time (PostgreSQL). All of it is by id; no content is read."""

    def expired(self, account: str, before: datetime, limit: int) -> list[MailRef]:
        """Mails at their end (`stored`, `excluded`) received before that, oldest first. `Retryable`."""

    def expire(self, mail_ids: Sequence[str]) -> Mapping[str, int]:
        """Remove everything of them but the ledger's rows; rows removed, by kind. A repeat removes nothing."""

    def originals(self, account: str, before: datetime, limit: int) -> list[MailRef]:
        """As `expired`, for mails whose original is still kept."""

    def drop_originals(self, mail_ids: Sequence[str]) -> Mapping[str, int]:
        """Remove the sealed originals only."""

    def returned(self, since: datetime, limit: int) -> list[MailRef]:
        """Erased mails whose row changed since: an endpoint may have accepted them again."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """The receipt of an erasure: no personal data, `address_key` is a keyed hash."""

    id: int
    address_key: str
    author: str
    requested_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MailLocation:
    """A mail that belongs to a person. `state` is empty while it is in flight."""

    place: MailRef
    state: str


class People(Protocol):
    """The mail of one person, for the operator (PostgreSQL)."""

    def begin(self, address_key: str, author: str) -> Erasure:
        """The unfinished erasure of this address, or a new one: from now on `MailStore.store` refuses its mail."""

    def finished(self, address_key: str) -> Erasure | None:
        """The last finished erasure of this address."""

    def finish(self, erasure: Erasure, counts: Mapping[str, int]) -> Erasure:
        """Record how much was erased in all, and that it is finished."""

    def progress(self, erasure: Erasure, counts: Mapping[str, int]) -> None:
        """Record how much was erased until now: a run that is killed is counted too."""

    def of(self, address_key: str) -> list[MailLocation]:
        """Mails whose hashes name this address, excluded ones by their sender, and the duplicates of all of these."""

    def held(self, mail_ids: Sequence[str]) -> list[MailLocation]:
        """Those of the mails that have a ledger row."""

    def unjudged(self, after: str, limit: int) -> list[str]:
        """Ids of stored mails whose addresses were not hashed, those after the id `after`."""

    def judged(self, mail_ids: Sequence[str]) -> frozenset[str]:
        """Those of the mails whose addresses are hashed, so that `of` is right about them."""

    def source(self, mail_id: str) -> bytes | None:
        """The original, opened; None when there is none (any more)."""

    def remember(self, mail_id: str, address_keys: Sequence[str]) -> None:
        """Keep the hashes of a mail that was stored without them."""

    def files(self, mail_id: str) -> list[tuple[str, str]]:
        """(key, upload id or empty) of the files that were off-loaded for a mail."""

    def erase(self, mail: MailLocation, source: str, received_at: str) -> Mapping[str, int]:
        """Remove everything of the mail; its ledger row (made where there is none) becomes `excluded`, `erased`."""

    def rules_naming(self, text: str) -> list[int]:
        """Versions of the operator's rules that contain the text."""

    def record(self, mail_id: str) -> dict[str, Any]:
        """Everything that the database holds of a mail, anonymized, as JSON can hold it."""
