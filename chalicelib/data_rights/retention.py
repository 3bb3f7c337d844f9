"""Removes mail that is over its time: each account its days, the ledger's row stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.clock import Now, utc_now
from chalicelib.core.mail_ids import MailRef
from chalicelib.core.spool_keys import EVERYTHING, ORIGINALS, keys, uploads_of
from chalicelib.ports import Archive, Spool, Telemetry

BATCH = 25
"""Mails between two looks at the clock: their objects go first, then their rows, in one transaction."""
RETURNED = timedelta(days=2)
"""How long ago an erased mail may have come back and still be looked for; a run is due every hour."""


class _Find(Protocol):
    def __call__(self, account: str, before: datetime, limit: int) -> list[MailRef]: ...


@dataclass(frozen=True)
class Removed:
    """Mails by what was removed of them (`mails`, `originals`, `returned`), and whether nothing was left to do."""

    mails: dict[str, int]
    rows: dict[str, int]
    complete: bool


@dataclass
class Retention:
    """`days` and `original_days` are account → days; an account that is in neither keeps its mail for ever."""

    archive: Archive
    spool: Spool
    telemetry: Telemetry
    days: Mapping[str, int]
    original_days: Mapping[str, int]
    now: Now = utc_now
    _rows: Counter[str] = field(default_factory=Counter, init=False)

    def due(self, limit: int) -> dict[str, list[MailRef]]:
        """What a run would remove, at most `limit` of each kind and account. Changes nothing. `Retryable`."""
        found: dict[str, list[MailRef]] = {"mails": [], "originals": []}
        for kind, days, find in self._kinds():
            for account, kept in sorted(days.items()):
                found[kind] += find(account, self.now() - timedelta(days=kept), limit)
        return found

    def run(self, limit: int, time_left: Callable[[], float]) -> Removed:
        """Remove at most `limit` mails, and stop when less than 15 seconds are left. Doing it again is harmless.

        `Retryable` when the spool or the database is away: the next run goes on where this one stopped.
        """
        self._rows = Counter()
        self._drop_uploads(time_left)
        removed = Counter({"returned": self._clean_returned(limit)})
        for kind, days, find in self._kinds():
            for account, kept in sorted(days.items()):
                before = self.now() - timedelta(days=kept)
                while places := find(account, before, min(BATCH, limit - removed.total())):
                    self._remove(kind, places)
                    removed[kind] += len(places)
                    if removed.total() >= limit or time_left() < 15:
                        return Removed(dict(removed), dict(self._rows), False)
        return Removed(dict(removed), dict(self._rows), True)

    def _drop_uploads(self, time_left: Callable[[], float]) -> None:
        """Uploads are named by their sender and not by a mail: they go by their own age."""
        for account in sorted(self.days.keys() | self.original_days.keys()):
            kept = min(held[account] for held in (self.days, self.original_days) if account in held)
            before = self.now() - timedelta(days=kept)
            for entry in self.spool.list(uploads_of(account)):
                if time_left() < 15:
                    return
                if entry.modified < before:
                    self.spool.delete(entry.key)

    def _kinds(self) -> tuple[tuple[str, Mapping[str, int], _Find], ...]:
        archive = self.archive
        return ("mails", self.days, archive.expired), ("originals", self.original_days, archive.originals)

    def _remove(self, kind: str, places: list[MailRef]) -> None:
        """The spool first: a run that is killed in between finds the rows again, and never an object without a row."""
        mail_ids = [place.mail_id for place in places]
        if kind == "originals":
            self._clear(places, ORIGINALS)
            self._rows.update(self.archive.drop_originals(mail_ids))
        else:
            self._clear(places, EVERYTHING)
            self._rows.update(self.archive.expire(mail_ids))
        for place in places:
            self.telemetry.log("expired", kind=kind, mail_id=place.mail_id, account=place.account)
        self.telemetry.count("Expired", len(places), kind=kind)

    def _clean_returned(self, limit: int) -> int:
        places = self.archive.returned(self.now() - RETURNED, limit)
        self._clear(places, EVERYTHING)
        return len(places)

    def _clear(self, places: list[MailRef], prefixes: tuple[str, ...]) -> None:
        self.spool.delete(*(key for place in places for key in keys(place, prefixes)))
