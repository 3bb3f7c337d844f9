"""The in-memory outbox: same answers as the one in PostgreSQL, for tests without a server."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from chalicelib.adapters.postgres.store_rows import clean_fields, system_key
from chalicelib.ports import Claim, Notice, Sent
from chalicelib.resilience import pacing, refusals


@dataclass
class Row:
    """A notice and what became of it."""

    notice: Notice
    claimed_until: float = 0.0
    sent: Sent | None = None
    not_before: float = 0.0
    rest_until: float = 0.0


class MemoryOutbox:
    """`ports.Outbox` in memory. `clock` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.rows: dict[str, Row] = {}
        self._clock = clock
        self._sends: list[float] = []
        self._rest_until = 0.0
        self._refusals = 0
        self._lock = threading.RLock()

    def add(
        self,
        key: str,
        topic: str,
        mail_id: str | None,
        urgency: int,
        fields: Mapping[str, str],
        not_before: float = 0.0,
    ) -> None:
        """Add a notice unless its key is known; what the twin of the store does in its transaction."""
        with self._lock:
            if key not in self.rows:
                notice = Notice(len(self.rows) + 1, topic, mail_id, urgency, dict(fields), datetime.now(UTC))
                self.rows[key] = Row(notice, not_before=not_before)

    def claim(self, limit: int, lease: float) -> Claim:
        with self._lock:
            now = self._clock()
            pending = [row for row in self._due(now) if row.claimed_until <= now]
            if not pending:
                return Claim((), 0.0)
            due = max(self._rest_until, pacing.next_allowed(self._sends, now))
            if due > now:
                return Claim((), due - now)
            pending.sort(key=lambda row: (-row.notice.urgency, row.notice.created_at, row.notice.id))
            head = pending[0].notice
            most = limit if head.max_batch is None else min(limit, head.max_batch)
            alike = [row for row in pending if (row.notice.topic, row.notice.max_batch) == (head.topic, head.max_batch)]
            chosen = alike[: max(1, most)]
            for row in chosen:
                row.notice = _doubted(row.notice, row.claimed_until > 0)
                row.claimed_until = now + lease
            self._sends = [*pacing.recent(self._sends, now), now]
            return Claim(tuple(row.notice for row in chosen), 0.0)

    def mark_sent(self, ids: Sequence[int], sent: Sent) -> None:
        with self._lock:
            for row in self._rows(ids):
                row.sent = row.sent or sent
            self._refusals = 0

    def release(self, ids: Sequence[int], after: float) -> None:
        with self._lock:
            for row in self._rows(ids):
                row.claimed_until = 0.0
            self._rest_until = max(self._rest_until, self._clock() + max(0.0, after))

    def unknown(self, ids: Sequence[int], after: float) -> None:
        with self._lock:
            self.release(ids, after)
            for row in self._rows(ids):
                row.notice = _doubted(row.notice, row.sent is None)

    def chat_refused(self, ids: Sequence[int]) -> float:
        with self._lock:
            pause = refusals.rest(self._refusals)
            self._refusals += 1
            self.release(ids, pause)
            return pause

    def refused(self, ids: Sequence[int], max_batch: int, rest: float) -> None:
        with self._lock:
            for row in self._rows(ids):
                if not row.sent:
                    row.claimed_until, row.rest_until = 0.0, self._clock() + rest if rest > 0 else 0.0
                    counted = row.notice.refusals + (rest > 0)
                    row.notice = replace(row.notice, max_batch=max_batch, refusals=counted)

    def sent(self, mail_ids: Sequence[str]) -> frozenset[str]:
        with self._lock:
            now = self._clock()
            if self._refusals and self._rest_until > now:
                return frozenset(mail_ids)
            return frozenset(mail_ids) - {row.notice.mail_id or "" for row in self._due(now)}

    def add_system(self, key: str, fields: Mapping[str, str]) -> None:
        self.add(system_key(key), "system", None, 2, clean_fields(fields))

    def _due(self, now: float) -> list[Row]:
        rows = [row for row in self.rows.values() if row.sent is None]
        paused = Counter(row.notice.topic for row in rows if row.rest_until > now)
        return [
            row
            for row in rows
            if max(row.not_before, row.rest_until) <= now and paused[row.notice.topic] < refusals.STUCK
        ]

    def _rows(self, ids: Sequence[int]) -> list[Row]:
        return [row for row in self.rows.values() if row.notice.id in ids]


def _doubted(notice: Notice, doubt: bool) -> Notice:
    return replace(notice, unknown_sends=notice.unknown_sends + doubt)
