"""Removes expired mail: each account keeps its mail for its own number of days; the row in the ledger stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.clock import Now, TimeLeft, before, fraction, utc_now
from chalicelib.core.mail_ids import MailRef
from chalicelib.core.spool_keys import EVERYTHING, ORIGINALS, keys, uploads_of
from chalicelib.ports import Archive, Spool, Telemetry

BATCH = 25
"""Mails removed at a time: their objects first, then their rows, in one transaction."""

RETURNED = timedelta(days=2)
"""For so long after an erased mail came back the spool is cleared of it; a run is due every hour."""

RESERVE = 15.0
"""Seconds left at which no further batch is begun."""


class _Find(Protocol):
    def __call__(self, account: str, before: datetime, limit: int) -> list[MailRef]: ...


@dataclass(frozen=True)
class Removed:
    """Mails by what was removed (`mails`, `originals`, `returned`), rows by table, and whether nothing is left."""

    mails: dict[str, int]
    rows: dict[str, int]
    complete: bool


@dataclass
class Retention:
    """`days` and `original_days` map an account to days; an account in neither keeps its mail for ever."""

    archive: Archive
    spool: Spool
    telemetry: Telemetry
    days: Mapping[str, int]
    original_days: Mapping[str, int]
    now: Now = utc_now
    _rows: Counter[str] = field(default_factory=Counter, init=False)

    def due(self, limit: int) -> dict[str, list[MailRef]]:
        """Return what a run would remove, at most `limit` of each kind and account. Changes nothing. `Retryable`."""
        found: dict[str, list[MailRef]] = {"mails": [], "originals": []}
        for kind, days, find in self._kinds():
            for account, kept in sorted(days.items()):
                found[kind] += find(account, self.now() - timedelta(days=kept), limit)
        return found

    def run(self, limit: int, time_left: TimeLeft) -> Removed:
        """Remove at most `limit` mails while there is time. Doing it again is harmless. `Retryable`.

        Uploads and returned mail may use a third of the time each, so that neither keeps mail from expiring. The
        accounts take turns at being first: a backlog of one does not hold up the others for more than a run.
        """
        self._rows = Counter()
        working = before(time_left, RESERVE)
        whole = self._drop_uploads(fraction(working, 1 / 3))
        removed = Counter({"returned": self._clean_returned(limit, fraction(working, 1 / 3))})
        for kind, days, find in self._kinds():
            for account in self._in_turn(days):
                end = self.now() - timedelta(days=days[account])
                while places := find(account, end, min(BATCH, limit - removed.total())):
                    self._remove(kind, places)
                    removed[kind] += len(places)
                    if removed.total() >= limit or working() <= 0:
                        return Removed(dict(removed), dict(self._rows), False)
        return Removed(dict(removed), dict(self._rows), whole)

    def _in_turn(self, accounts: Iterable[str]) -> list[str]:
        """The accounts, each hour another one first."""
        names = sorted(accounts)
        first = int(self.now().timestamp() // 3600) % len(names) if names else 0
        return names[first:] + names[:first]

    def _drop_uploads(self, time_left: TimeLeft) -> bool:
        """Remove uploads by their own age, because no mail names them; False when time ran out."""
        for account in self._in_turn(self.days.keys() | self.original_days.keys()):
            kept = min(held[account] for held in (self.days, self.original_days) if account in held)
            end = self.now() - timedelta(days=kept)
            for entry in self.spool.list(uploads_of(account)):
                if time_left() <= 0:
                    return False
                if entry.modified < end:
                    self.spool.delete(entry.key)
        return True

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

    def _clean_returned(self, limit: int, time_left: TimeLeft) -> int:
        """Clear the spool of erased mail that came back, while there is time; return the number of mails."""
        places = self.archive.returned(self.now() - RETURNED, limit)
        for start in range(0, len(places), BATCH):
            if time_left() <= 0:
                return start
            self._clear(places[start : start + BATCH], EVERYTHING)
        return len(places)

    def _clear(self, places: list[MailRef], prefixes: tuple[str, ...]) -> None:
        self.spool.delete(*(key for place in places for key in keys(place, prefixes)))
