"""Excluded mail in memory: a view on `MemoryMailStore`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.ports import Excluded, ExclusionQuery
from tests.twins.ledger import MemoryLedger


class MemoryExclusions:
    """`ports.Exclusions` over the store of a ledger, whose `decisions` it writes."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    def find(self, query: ExclusionQuery, after: str, limit: int) -> list[Excluded]:
        store = self._ledger.store
        found = []
        for mail_id, note in sorted(store.exclusions.items()):
            entry = store.ledger[mail_id]
            wanted = (
                (note.sender_key, query.sender_key),
                (note.domain_key, query.domain_key),
                (note.rule, query.rule),
                (note.reason, query.reason),
            )
            still = entry.state == "excluded" and entry.reason == note.reason
            if still and mail_id > after and all(asked in ("", held) for held, asked in wanted):
                received = datetime.fromisoformat(note.received_at)
                shown = (note.source, note.spool_key, received, note.trace_id, note.reason, note.rule)
                found.append(Excluded(mail_id, note.account, *shown, note.sender_key, note.domain_key))
        return found[:limit]

    def reconsidered(self, mails: Sequence[Excluded], author: str) -> None:
        self._ledger.fits(author)
        for mail in mails:
            self._ledger.decisions.append((mail.mail_id, "anonymize", "reconsidered", mail.reason, author))
