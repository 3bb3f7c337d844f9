"""The ledger in memory as the audit and the dead-letter queues see it: a view on `MemoryMailStore`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from chalicelib.adapters.postgres import store_rows as rows
from chalicelib.core import stages
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.messages import Quarantine
from tests.twins.store import Entry, MemoryMailStore

Decision = tuple[str | None, str, str, str, str]


@dataclass
class MemoryLedger:
    """`decisions` are (mail id, stage, decision, reason, author); `changed` says when a row was touched last."""

    store: MemoryMailStore
    clock: Callable[[], float] = time.time
    changed: dict[str, datetime] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    down: bool = False

    def quarantined(self) -> dict[str, datetime]:
        self._answer()
        ids = [mail_id for mail_id, entry in self.store.ledger.items() if entry.state == "quarantined"]
        return {mail_id: self.changed.setdefault(mail_id, self._now()) for mail_id in ids}

    def unsent(self, before: datetime, limit: int) -> list[str]:
        self._answer()
        rows_of = self.store.outbox.rows.values()
        late = before.timestamp()
        waiting = [
            row
            for row in rows_of
            if not row.sent and row.notice.mail_id and max(row.notice.created_at.timestamp(), row.not_before) < late
        ]
        return [str(row.notice.mail_id) for row in sorted(waiting, key=lambda row: row.notice.created_at)][:limit]

    def redriven(self, stage: str, mail_ids: Sequence[str] | None, author: str) -> None:
        self._answer()
        self.fits(author)
        for mail_id in self.quarantined() if mail_ids is None else mail_ids:
            self.changed[mail_id] = self._now()
        self.decisions += [
            (mail_id, stage, "redriven", "", author) for mail_id in ([None] if mail_ids is None else mail_ids)
        ]

    def discard(self, note: Quarantine, reason: str, author: str) -> str:
        self._answer()
        self.fits(author)
        entry = self.store.ledger.get(note.mail_id)
        beside = note.stage in {stage.name for stage in stages.SIDE}
        undecided = entry is None or (entry.state != "stored" and entry.canonical_id is None)
        if not beside and undecided and (entry is None or entry.reason != "erased"):
            about = {name: getattr(note, name) for name in ("account", "source", "received_at", "trace_id", "stage")}
            entry = self.store.ledger[note.mail_id] = Entry("excluded", f"discarded:{reason}", **about)
        self.decisions.append((note.mail_id, note.stage, "discarded", reason, author))
        return entry.state if entry else "excluded"

    def write_off(self, mail_id: str, reason: str, author: str) -> bool:
        self._answer()
        self.fits(author)
        entry = self.store.ledger.get(mail_id)
        if entry is None or entry.state != "quarantined":
            return False
        self.store.ledger[mail_id] = replace(
            entry, state="excluded", reason=f"discarded:{reason}", updated_at=self._now()
        )
        self.decisions.append((mail_id, "", "discarded", reason, author))
        return True

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def _answer(self) -> None:
        if self.down:
            raise Retryable("database_unavailable")

    @staticmethod
    def fits(author: str) -> None:
        if not 0 < len(author) <= 100 or rows.UNSTORABLE.search(author):
            raise Permanent("database_rejected")
