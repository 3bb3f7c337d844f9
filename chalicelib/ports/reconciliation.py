"""Ports for finding mail without a webhook: a mailbox's listing, and the result of its last comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of an account; `special_use` is its RFC 6154 attribute, or empty."""

    path: str
    special_use: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries as a `messageNew` webhook has them under `data`, newest first; `more` pages follow."""

    entries: tuple[Mapping[str, Any], ...]
    more: bool = False


class Listing(Protocol):
    """What a mailbox holds (EmailEngine)."""

    def folders(self, account: str) -> Sequence[Folder]:
        """All folders. `Permanent("account_unknown")`, `NotReady` for trouble of that account alone, `Retryable`."""

    def received(self, account: str, path: str, since: datetime, page: int) -> Page:
        """Messages that the mail server received since that day (by its own date, not theirs), page 0 first.

        Empty for a folder that is gone. `Permanent`, `NotReady`, `Retryable`.
        """


@dataclass(frozen=True, slots=True)
class ReconciliationRun:
    """The last comparison of an account's mailbox with the ledger.

    `since`: mail received until then is accounted for; None before the first whole listing. `outcome` is `complete`,
    `partial` (some of it is left to the next run), `failed` or `absent` (EmailEngine does not know the account), `code`
    says why. `listed` and `gaps` are of this run; a gap is a mail without webhook that was taken in.
    """

    account: str
    checked_at: datetime
    outcome: str
    code: str = ""
    since: datetime | None = None
    listed: int = 0
    gaps: int = 0
    gaps_total: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        values = asdict(self)
        return {name: one.isoformat() if isinstance(one, datetime) else one for name, one in values.items()}


class ReconciliationStore(Protocol):
    """What is remembered of the comparisons (PostgreSQL). All methods raise `Retryable`."""

    def latest(self) -> dict[str, ReconciliationRun]:
        """The last run of each account."""

    def older(self, mail_ids: Iterable[str]) -> frozenset[str]:
        """Those of the mails that were in a mailbox before Mailroom watched it."""

    def note(self, run: ReconciliationRun, older: Iterable[str] = ()) -> None:
        """Record a run, in place of the one before, and mails that were there before; both or neither."""
