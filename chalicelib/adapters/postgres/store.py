"""The ledger and the mail in PostgreSQL: one transaction for each method of `ports.MailStore`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.postgres import store_rows as rows
from chalicelib.adapters.postgres import store_statements as sql
from chalicelib.adapters.postgres.database import Database
from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Classification, Content, Envelope, Exclusion, Quarantine, Receipt
from chalicelib.ports import Original, Stored

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection


class PostgresMailStore:
    """`ports.MailStore`. `raw_key` is the key of the sealed originals, or where it is read when a mail is stored.

    Only the store stage may read it; it travels as a parameter only.
    """

    def __init__(self, database: Database, raw_key: str | Callable[[], str]) -> None:
        self._database = database
        self._raw_key = raw_key

    def store(self, envelope: Envelope, text: str, original: Original, receipts: Sequence[Receipt]) -> Stored:
        content, verdict = envelope.content, envelope.classification
        if content is None or verdict is None:
            raise Permanent("incomplete_envelope")
        if len(original.source) > rows.SOURCE_BYTES:
            raise Permanent("original_too_large")
        mail_id = _uuid(envelope.mail_id)
        sealed = rows.original_values(original) | {"mail_id": mail_id, "key": self._key()}
        return self._database.run(
            lambda connection: self._store(connection, mail_id, envelope, content, verdict, text, sealed, receipts)
        )

    def quarantine(self, note: Quarantine) -> None:
        values = rows.quarantine_values(note) | {"mail_id": _uuid(note.mail_id)}
        self._database.execute(sql.QUARANTINE_ROW, values)

    def exclude(self, note: Exclusion) -> None:
        mail_id = _uuid(note.mail_id)
        values = rows.exclusion_values(note) | {"mail_id": mail_id}
        (lock,) = rows.lock_keys(note.account, (mail_id,))

        def work(connection: Connection) -> None:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
            held = connection.execute(sql.LEDGER_ROW_OF, (mail_id,)).fetchone()
            erased = connection.execute(sql.ERASED_PERSON, ([note.sender_key], note.received_at)).fetchone()
            # The erasure finds a stored mail by itself, and would not if its row were called erased before.
            if erased and note.sender_key and (held is None or held[0] != "stored"):
                ledger = rows.ledger_values(note) | {"mail_id": mail_id, "canonical": None}
                connection.execute(sql.LEDGER_ROW, ledger | {"state": "excluded", "reason": "erased"})
                return
            if connection.execute(sql.EXCLUDED_ROW, values).fetchone():
                connection.execute(sql.EXCLUSION_ROW, values)
            write_receipts(connection, [(mail_id, receipt) for receipt in note.receipts])

        self._database.run(work)

    def sender_history(self, account: str, sender_key: str) -> dict[str, int]:
        found = self._database.all(sql.SENDER_HISTORY, (account, sender_key, sql.HISTORY_MAILS))
        return {category: int(count) for category, count in found}

    def ledger_state(self, mail_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        wanted = [_uuid(mail_id) for mail_id in mail_ids]
        found = self._database.all(sql.LEDGER_STATE, (wanted,))
        return {mail_id: (state, reason) for mail_id, state, reason in found}

    def ledger_counts(self) -> dict[str, int]:
        return dict(self._database.all(sql.LEDGER_COUNTS))

    def add_receipts(self, receipts: Sequence[tuple[str, Receipt]]) -> None:
        values = [(_uuid(mail_id), receipt) for mail_id, receipt in receipts]
        if values:
            self._database.run(lambda connection: write_receipts(connection, values))

    def ping(self) -> None:
        self._database.ping()

    def _key(self) -> str:
        return self._raw_key if isinstance(self._raw_key, str) else self._raw_key()

    def _store(
        self,
        connection: Connection,
        mail_id: str,
        envelope: Envelope,
        content: Content,
        verdict: Classification,
        text: str,
        sealed: Mapping[str, Any],
        receipts: Sequence[Receipt],
    ) -> Stored:
        account = envelope.account
        steps = [(mail_id, receipt) for receipt in receipts]
        claimed = rows.claimed_identities(content)
        # Two forms of one mail share any of their identities, not a certain one: lock them all, in one order.
        locks = rows.lock_keys(account, (mail_id, *claimed))
        connection.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", (locks,))

        row = connection.execute(sql.LEDGER_ROW_OF, (mail_id,)).fetchone()
        state, reason, recorded = row or (None, None, None)
        if state == "stored":
            write_receipts(connection, steps)
            return Stored("already_stored", mail_id)
        erased = connection.execute(sql.ERASED_PERSON, (list(content.address_keys), envelope.received_at)).fetchone()
        if reason == "erased" or erased:
            # Written again, so that retention sees that it came back.
            values = rows.ledger_values(envelope) | {"mail_id": mail_id, "canonical": None}
            connection.execute(sql.LEDGER_ROW, values | {"state": "excluded", "reason": "erased"})
            return Stored("erased", mail_id)
        known = None if recorded else connection.execute(sql.KNOWN_AS, (account, claimed)).fetchone()
        canonical = str(known[0]) if known else recorded

        ledger = rows.ledger_values(envelope) | {"mail_id": mail_id, "canonical": canonical}
        if canonical is not None:
            if recorded is None:
                connection.execute(sql.LEDGER_ROW, ledger | {"state": "excluded", "reason": "duplicate"})
            # Its other names are the known mail's names from now on.
            connection.execute(sql.IDENTITY_ROWS, (account, canonical, rows.identities(content)))
            write_receipts(connection, steps)
            return Stored("duplicate", canonical)

        connection.execute(sql.LEDGER_ROW, ledger | {"state": "stored", "reason": ""})
        connection.execute(sql.EMAIL_ROW, rows.email_values(envelope, content, verdict, text) | {"mail_id": mail_id})
        connection.execute(sql.RAW_ROW, sealed)
        connection.execute(sql.IDENTITY_ROWS, (account, mail_id, rows.identities(content)))
        write_receipts(connection, steps)
        connection.execute(sql.OUTBOX_ROW, rows.outbox_values(mail_id, envelope, content, verdict))
        connection.cursor().executemany(sql.DELIVERY_ROWS, rows.delivery_values(mail_id, envelope))
        return Stored("stored", mail_id)


def write_receipts(connection: Connection, receipts: Sequence[tuple[str, Receipt]]) -> None:
    """Add receipts of mails; those that are there already stay as they are."""
    connection.cursor().executemany(sql.RECEIPT_ROWS, [rows.receipt_values(*one) for one in receipts])


def _uuid(mail_id: str) -> str:
    try:
        return str(uuid.UUID(mail_id))
    except ValueError:
        raise Permanent("malformed_mail_id") from None
