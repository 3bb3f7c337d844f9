"""The in-memory mail store: same answers as the one in PostgreSQL, for tests without a server."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.adapters.postgres import store_rows as rows
from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Envelope, Exclusion, Quarantine, Receipt, Routing
from chalicelib.ports import Original, Stored
from tests.twins.outbox import MemoryOutbox


@dataclass
class Entry:
    """A ledger row."""

    state: str
    reason: str
    canonical_id: str | None = None
    last_at: datetime | None = None
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    account: str = ""
    source: str = ""
    received_at: str = "1970-01-01T00:00:00+00:00"
    stage: str = "store"
    error: str = ""
    attempts: int = 1
    trace_id: str = ""
    spool_key: str = ""


@dataclass
class Delivery:
    """A row of `core.deliveries`."""

    state: str = "waiting"
    attempts: int = 0
    status: int | None = None
    code: str = ""
    routing: Routing | None = None
    last_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    resent: int = 0
    resent_at: datetime | None = None


@dataclass
class MemoryMailStore:
    """`ports.MailStore` in memory; tests read its fields."""

    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    ledger: dict[str, Entry] = field(default_factory=dict)
    emails: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    originals: dict[str, Original] = field(default_factory=dict)
    receipts: dict[tuple[str, str, str], Receipt] = field(default_factory=dict)
    identities: dict[tuple[str, str], str] = field(default_factory=dict)
    exclusions: dict[str, Exclusion] = field(default_factory=dict)
    deliveries: dict[tuple[str, str], Delivery] = field(default_factory=dict)
    erasures: list[tuple[str, datetime]] = field(default_factory=list)
    """(address key, when it was asked for) of each erasure."""

    def __post_init__(self) -> None:
        self._lock = threading.RLock()

    def store(self, envelope: Envelope, text: str, original: Original, receipts: Sequence[Receipt]) -> Stored:
        content, verdict = envelope.content, envelope.classification
        if content is None or verdict is None:
            raise Permanent("incomplete_envelope")
        if len(original.source) > rows.SOURCE_BYTES:
            raise Permanent("original_too_large")
        _storable(envelope.account, envelope.source)
        mail_id, account = _identifier(envelope.mail_id), envelope.account
        with self._lock:
            entry = self.ledger.get(mail_id)
            stored = entry is not None and entry.state == "stored"
            if not stored and (_erased(entry) or self._erased_person(content.address_keys, envelope.received_at)):
                self.ledger[mail_id] = Entry("excluded", "erased", **_about(envelope))
                return Stored("erased", mail_id)
            self.add_receipts([(mail_id, receipt) for receipt in receipts])
            if stored:
                return Stored("already_stored", mail_id)
            claimed = rows.claimed_identities(content)
            known = (self.identities.get((account, name)) for name in claimed)
            canonical = (entry.canonical_id if entry else None) or next((other for other in known if other), None)
            for name in rows.identities(content):
                self.identities.setdefault((account, name), canonical or mail_id)
            if canonical is not None:
                self.ledger[mail_id] = Entry("excluded", "duplicate", canonical, **_about(envelope))
                return Stored("duplicate", canonical)
            self.ledger[mail_id] = Entry("stored", "", **_about(envelope))
            self.emails[mail_id] = rows.email_values(envelope, content, verdict, text)
            self.originals[mail_id] = original
            values = rows.outbox_values(mail_id, envelope, content, verdict)
            fields, until = rows.notice_fields(envelope, content, verdict), values["not_before"]
            not_before = datetime.fromisoformat(until).timestamp() if until else 0.0
            self.outbox.add(values["key"], values["topic"], mail_id, values["urgency"], fields, not_before)
            self.sources[mail_id] = envelope.source
            for _, destination, _ in rows.delivery_values(mail_id, envelope):
                self.deliveries.setdefault((mail_id, destination), Delivery(routing=envelope.routing))
            return Stored("stored", mail_id)

    def quarantine(self, note: Quarantine) -> None:
        mail_id = _identifier(note.mail_id)
        with self._lock:
            entry = self.ledger.get(mail_id)
            last_at = datetime.fromisoformat(note.last_at) if note.last_at else None
            if entry is None or entry.state == "quarantined":
                takes = True
            else:  # a late repeat must not undo what was decided after it
                later = last_at is None or last_at > entry.updated_at
                takes = entry.state == "excluded" and entry.canonical_id is None and later and not _erased(entry)
            if takes:
                values = rows.quarantine_values(note)
                about = _about(note) | {name: values[name] for name in ("stage", "error", "attempts")}
                self.ledger[mail_id] = Entry("quarantined", values["reason"], last_at=last_at, **about)

    def exclude(self, note: Exclusion) -> None:
        mail_id = _identifier(note.mail_id)
        with self._lock:
            entry = self.ledger.get(mail_id)
            held = self.exclusions.get(mail_id)
            decided = _decided(note)
            stored = entry is not None and entry.state == "stored"
            if note.sender_key and not stored and self._erased_person([note.sender_key], note.received_at):
                self.ledger[mail_id] = Entry("excluded", "erased", **_about(note))
                return
            if entry is None:
                takes = True
            elif entry.state == "quarantined":
                takes = entry.last_at is None or decided > entry.last_at
            else:
                by_rules = entry.state == "excluded" and held is not None and held.reason == entry.reason
                takes = by_rules and held is not None and decided > _decided(held)
            if takes:
                stage = rows.exclusion_values(note)["stage"]
                self.ledger[mail_id] = Entry("excluded", note.reason, **_about(note) | {"stage": stage})
                self.exclusions[mail_id] = note
            self.add_receipts([(mail_id, receipt) for receipt in note.receipts])

    def sender_history(self, account: str, sender_key: str) -> dict[str, int]:
        with self._lock:
            own = [row for row in self.emails.values() if row["account"] == account]
            mails = [row for row in own if sender_key and row["sender_key"] == sender_key]
            latest = sorted(mails, key=lambda row: str(row["received_at"]), reverse=True)[:50]
            return dict(Counter(row["category"] for row in latest))

    def ledger_state(self, mail_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        with self._lock:
            known = {mail_id: self.ledger.get(_identifier(mail_id)) for mail_id in mail_ids}
            return {mail_id: (entry.state, entry.reason) for mail_id, entry in known.items() if entry}

    def ledger_counts(self) -> dict[str, int]:
        with self._lock:
            return dict(Counter(entry.state for entry in self.ledger.values()))

    def add_receipts(self, receipts: Sequence[tuple[str, Receipt]]) -> None:
        for mail_id, receipt in [(_identifier(mail_id), receipt) for mail_id, receipt in receipts]:
            self.receipts.setdefault((mail_id, receipt.module, receipt.action), receipt)

    def ping(self) -> None:
        """Memory always answers."""

    def _erased_person(self, address_keys: Sequence[str], received_at: str) -> bool:
        received = datetime.fromisoformat(received_at)
        return any(key in address_keys and requested >= received for key, requested in self.erasures)


def _erased(entry: Entry | None) -> bool:
    return entry is not None and (entry.state, entry.reason) == ("excluded", "erased")


def _about(message: Envelope | Exclusion | Quarantine) -> dict[str, Any]:
    return {name: getattr(message, name) for name in ("account", "source", "received_at", "trace_id", "spool_key")}


def _decided(note: Exclusion) -> datetime:
    return datetime.fromisoformat(rows.exclusion_values(note)["decided_at"])


def _identifier(mail_id: str) -> str:
    try:
        return str(uuid.UUID(mail_id))
    except ValueError:
        raise Permanent("malformed_mail_id") from None


def _storable(*codes: str) -> None:
    if any(rows.UNSTORABLE.search(code) or not code for code in codes):
        raise Permanent("database_rejected")
