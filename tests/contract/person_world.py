"""Mails of two people in every state: a real PostgreSQL, everything else in memory."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.people import PostgresPeople
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.cache_keys import mapping_key
from chalicelib.core.keyed_hashes import sender_key
from chalicelib.core.messages import Envelope, encode
from chalicelib.data_rights.erase import Eraser
from chalicelib.data_rights.export import DataExport
from chalicelib.data_rights.find import PersonalDataFinder
from chalicelib.mail import sealed
from chalicelib.mail.everyone import all_addresses
from chalicelib.mail.parse import parse
from chalicelib.ports import Original, Stored
from tests.contract.mails import RECEIPT, RECEIVED, envelope, mail_id, note
from tests.twins.cache import MemoryCache
from tests.twins.dead_letters import MemoryDeadLetterQueues
from tests.twins.queues import MemoryQueues
from tests.twins.spool import MemorySpool

RAW_KEY, PSEUDONYM_KEY = "a key of this test only", b"p" * 32
ADA, BOB = "ada@example.org", "bob@example.com"


def raw(sender: str, to: str, more: str = "") -> bytes:
    """A mail of a person."""
    number = zlib.crc32(f"{sender} {to} {more}".encode())
    head = f"From: A Person <{sender}>\r\nTo: {to}\r\n{more}Subject: Hello\r\nMessage-ID: <{number}@example.net>"
    return f"{head}\r\n\r\nDear you\r\n".encode()


@dataclass
class World:
    """Doors, stages and operator, as far as these tests need them."""

    database: Database
    spool: MemorySpool = field(default_factory=MemorySpool)
    cache: MemoryCache = field(default_factory=MemoryCache)
    queues: MemoryQueues = field(default_factory=MemoryQueues)

    def __post_init__(self) -> None:
        self.store = PostgresMailStore(self.database, RAW_KEY)
        self.people = PostgresPeople(self.database, lambda: RAW_KEY)
        self.dead = MemoryDeadLetterQueues(self.queues)

    @property
    def finder(self) -> PersonalDataFinder:
        return PersonalDataFinder(self.people, self.spool, self.dead, PSEUDONYM_KEY)

    @property
    def eraser(self) -> Eraser:
        return Eraser(self.finder, self.people, self.spool, self.cache, self.store, ("practice", "personal"))

    @property
    def takeout(self) -> DataExport:
        return DataExport(self.finder, self.people)

    def key(self, address: str) -> str:
        return sender_key(address, PSEUDONYM_KEY)

    # what a door and the stages leave

    def seal(
        self, name: str, source: bytes, kind: str = sealed.RAW, prefix: str = "sealed", labels: Sequence[str] = ()
    ) -> str:
        """The mail as it lies in the spool."""
        text = sealed.labels_text(labels)
        header = sealed.Header(kind, "practice", mail_id(name), RECEIVED, "trace-1", source="gmail", labels=text)
        self.spool.put(f"{prefix}/practice/{mail_id(name)}", sealed.seal(header, source))
        return mail_id(name)

    def envelope(self, name: str, source: bytes, hashed: bool = True, **more: Any) -> Envelope:
        """As the store stage receives it."""
        mail = parse(source)
        made = envelope(name, **more)
        assert made.content is not None
        hashes = tuple(map(self.key, all_addresses(mail))) if hashed else ()
        sender = self.key(mail.sender.address) if mail.sender and hashed else ""
        return made.changed(content=replace(made.content, address_keys=hashes, sender_key=sender))

    def mail(self, name: str, source: bytes, hashed: bool = True, **more: Any) -> str:
        """Sealed and stored, with the token mappings of its minutes."""
        self.seal(name, source)
        for prefix in ("fetched", "text", "links"):
            self.spool.put(f"{prefix}/practice/{mail_id(name)}", source)
        self.cache.set(mapping_key(mail_id(name)), b"sealed mapping", 600)
        self.deliver(name, source, hashed, **more)
        return mail_id(name)

    def deliver(self, name: str, source: bytes, hashed: bool = True, **more: Any) -> Stored:
        """The store stage's work."""
        original = Original("A Person", "Hello", "Dear you", source)
        return self.store.store(self.envelope(name, source, hashed, **more), "text", original, [RECEIPT])

    def quarantined(self, name: str, source: bytes) -> str:
        """Given up at anonymize, with its failed message."""
        self.seal(name, source)
        self.store.quarantine(note(name))
        self.fail(self.envelope(name, source).changed(content=None, classification=None))
        return mail_id(name)

    def fail(self, message: Envelope, stage: str = "anonymize") -> None:
        self.queues.send_dead(stage, encode(message), {"reason": "mime_unreadable"})

    # what is left

    def states(self, *mail_ids: str) -> list[tuple[str, str]]:
        found = self.store.ledger_state(mail_ids)
        return [found.get(identifier, ("", "")) for identifier in mail_ids]

    def everything(self) -> str:
        """All rows, objects, keys and failed messages as one text; sealed columns opened."""
        tables = ("core.ledger", "core.action_receipts", "core.outbox", "core.exclusions", "core.erasures")
        tables += ("core.decisions", "ingestion.emails", "ingestion.email_identities")
        texts = [self.texts(f"SELECT to_jsonb(t)::text FROM {table} AS t ORDER BY 1") for table in tables]
        texts += [
            self.texts("SELECT encode(pgp_sym_decrypt_bytea(source, %s), 'escape') FROM ingestion.emails_raw", RAW_KEY)
        ]
        texts += [f"{key} {value.decode()}" for key, value in sorted(self.spool.objects.items())]
        texts += [f"{key} {value[0].decode()}" for key, value in sorted(self.cache.values.items())]
        texts += [held.body for stage in sorted(self.queues.dead) for held in self.queues.dead[stage]]
        return "\n".join(texts)

    def texts(self, query: str, *values: str) -> str:
        found: Sequence[Any] = self.database.run(lambda c: c.execute(query.encode(), values or None).fetchall())
        return "\n".join(str(text) for (text,) in found)
