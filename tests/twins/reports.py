"""The operator's reports in memory: a view on `MemoryMailStore` and `MemoryLedger`."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from chalicelib.core.errors import Retryable
from chalicelib.ports import Day, Hour, MailLine, MailStory, OperatorAction, StateCount
from tests.twins.ledger import MemoryLedger
from tests.twins.store import Entry


class MemoryReports:
    """`ports.Reports` over the store of a ledger."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self._store = ledger.store
        self.down = False

    def totals(self) -> list[StateCount]:
        self._answer()
        counted = Counter((entry.state, entry.reason) for entry in self._store.ledger.values())
        return [
            StateCount(*kind, number) for kind, number in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
        ]

    def day(self, since: datetime) -> Day:
        self._answer()
        entries = [entry for entry in self._store.ledger.values() if _received(entry) >= since]
        hours = Counter((_received(entry).replace(minute=0, second=0, microsecond=0), entry.state) for entry in entries)
        shown = [
            receipt.outcome
            for (_, module, action), receipt in self._store.receipts.items()
            if (module, action) == ("ingress", "email.receive") and datetime.fromisoformat(receipt.started) >= since
        ]
        mails = [
            mail for mail in self._store.emails.values() if datetime.fromisoformat(str(mail["received_at"])) >= since
        ]
        return Day(
            tuple(Hour(*key, number) for key, number in sorted(hours.items())),
            dict(Counter(shown)),
            dict(Counter(mail["category"] for mail in mails)),
            sum(mail["urgency"] == "high" for mail in mails),
        )

    def latest(self, limit: int, before: str = "", state: str = "") -> list[MailLine]:
        self._answer()
        lines = sorted(map(self._line, self._store.ledger), key=lambda line: (line.received_at, line.mail_id))[::-1]
        if before:
            places = [place for place, line in enumerate(lines) if line.mail_id == before]
            lines = lines[places[0] + 1 :] if places else []
        return [line for line in lines if state in ("", line.state)][:limit]

    def story(self, mail_id: str) -> MailStory | None:
        self._answer()
        entry = self._store.ledger.get(mail_id)
        if entry is None:
            return None
        mail = self._store.emails.get(mail_id, {})
        note = self._store.exclusions.get(mail_id)
        receipts = [receipt for (of, _, _), receipt in self._store.receipts.items() if of == mail_id]
        return MailStory(
            self._line(mail_id),
            entry.stage,
            entry.error,
            entry.attempts,
            entry.canonical_id or "",
            note.rule if note and (entry.state, entry.reason) == ("excluded", note.reason) else "",
            entry.trace_id,
            mail.get("classifier", ""),
            mail.get("confidence"),
            None,
            tuple(sorted(receipts, key=lambda one: (datetime.fromisoformat(one.started), one.module, one.action))),
            tuple(
                OperatorAction(decision, stage, reason, author, datetime.now(UTC))
                for of, stage, decision, reason, author in self._ledger.decisions
                if of == mail_id
            ),
        )

    def _line(self, mail_id: str) -> MailLine:
        entry = self._store.ledger[mail_id]
        mail = self._store.emails.get(mail_id, {})
        return MailLine(
            mail_id,
            entry.account,
            entry.source,
            entry.state,
            entry.reason,
            _received(entry),
            entry.updated_at,
            *(mail.get(name, "") for name in ("subject", "sender", "category", "urgency", "language")),
        )

    def _answer(self) -> None:
        if self.down:
            raise Retryable("database_unavailable")


def _received(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.received_at)
