"""Webhooks that wait, in memory: a view on the deliveries of `MemoryMailStore`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.messages import Envelope
from chalicelib.ports import Overdue
from tests.twins.store import Delivery, MemoryMailStore


@dataclass
class MemoryOpenDeliveries:
    """`ports.OpenDeliveries`."""

    store: MemoryMailStore

    def count(self, now: datetime, waits: Sequence[float]) -> tuple[int, int]:
        open_ = self._open()
        return len(open_), sum(_late(row, now, waits) for row in open_.values())

    def due(self, now: datetime, waits: Sequence[float], rests: Sequence[float], limit: int) -> list[Overdue]:
        wanted = [
            (row.last_at, mail_id, name, row)
            for (mail_id, name), row in self._open().items()
            if _late(row, now, waits) and _rested(row, now, rests)
        ]
        wanted.sort(key=lambda one: one[:3])
        return [self._overdue(mail_id, name, row) for _, mail_id, name, row in wanted[:limit]]

    def resent(self, pairs: Sequence[tuple[str, str]], at: datetime) -> None:
        for pair in pairs:
            row = self.store.deliveries.get(pair)
            if row is not None and row.state == "waiting":
                row.resent, row.resent_at = row.resent + 1, at

    def _open(self) -> dict[tuple[str, str], Delivery]:
        def is_open(mail_id: str, row: Delivery) -> bool:
            kept = mail_id in self.store.emails and self.store.ledger[mail_id].state == "stored"
            return row.state == "waiting" and row.routing is not None and kept

        return {pair: row for pair, row in self.store.deliveries.items() if is_open(pair[0], row)}

    def _overdue(self, mail_id: str, name: str, row: Delivery) -> Overdue:
        entry = self.store.ledger[mail_id]
        assert row.routing is not None
        routing = replace(row.routing, webhooks=(name,))
        message = Envelope(
            mail_id, entry.account, entry.source, entry.spool_key, entry.received_at, entry.trace_id, routing=routing
        )
        return Overdue(message, row.attempts)


def _late(row: Delivery, now: datetime, waits: Sequence[float]) -> bool:
    return (now - row.last_at).total_seconds() >= waits[min(row.attempts, len(waits) - 1)]


def _rested(row: Delivery, now: datetime, rests: Sequence[float]) -> bool:
    if row.resent_at is None:
        return True
    return row.resent <= len(rests) and (now - row.resent_at).total_seconds() >= rests[max(row.resent, 1) - 1]
