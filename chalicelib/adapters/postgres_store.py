"""The ledger and the mail in PostgreSQL: one transaction for each method of `ports.MailStore`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.adapters import store_rows as rows
from chalicelib.adapters.postgres import Database
from chalicelib.pipeline.messages import Classification, Content, Envelope, Exclusion, Quarantine, Receipt
from chalicelib.ports import Original, Stored
from chalicelib.runtime.errors import Permanent

if TYPE_CHECKING:
    from chalicelib.adapters.postgres import Connection

LEDGER_ROW = """
    INSERT INTO core.ledger AS ledger (mail_id, account_id, source, state, reason, stage, canonical_id,
                                       received_at, trace_id, spool_key)
    VALUES (%(mail_id)s, %(account)s, %(source)s, %(state)s, %(reason)s, 'store', %(canonical)s,
            %(received_at)s, %(trace_id)s, %(spool_key)s)
    ON CONFLICT (mail_id) DO UPDATE SET
        state = excluded.state, reason = excluded.reason, error = '', stage = excluded.stage,
        canonical_id = excluded.canonical_id, attempts = ledger.attempts + 1, updated_at = now(),
        spool_key = excluded.spool_key
"""

QUARANTINE_ROW = """
    INSERT INTO core.ledger AS ledger (mail_id, account_id, source, state, reason, error, stage, attempts,
                                       received_at, first_at, last_at, trace_id, spool_key)
    VALUES (%(mail_id)s, %(account)s, %(source)s, 'quarantined', %(reason)s, %(error)s, %(stage)s, %(attempts)s,
            %(received_at)s, %(first_at)s, %(last_at)s, %(trace_id)s, %(spool_key)s)
    ON CONFLICT (mail_id) DO UPDATE SET
        state = excluded.state, reason = excluded.reason, error = excluded.error, stage = excluded.stage,
        attempts = excluded.attempts, canonical_id = NULL, updated_at = now(), first_at = excluded.first_at,
        last_at = excluded.last_at, spool_key = excluded.spool_key
    WHERE (ledger.state = 'quarantined'
           -- A late repeat of a note must not undo what an operator decided after it.
           OR (ledger.state = 'excluded' AND ledger.canonical_id IS NULL
               AND coalesce(excluded.last_at, now()) > ledger.updated_at))
      AND (ledger.reason, ledger.error, ledger.stage, ledger.attempts, ledger.last_at)
          IS DISTINCT FROM (excluded.reason, excluded.error, excluded.stage, excluded.attempts, excluded.last_at)
"""

# Later than what it replaces: the queue keeps no order, and an operator's decision stays.
EXCLUDED_ROW = """
    INSERT INTO core.ledger AS ledger (mail_id, account_id, source, state, reason, stage, received_at, trace_id,
                                       spool_key)
    VALUES (%(mail_id)s, %(account)s, %(source)s, 'excluded', %(reason)s, %(stage)s, %(received_at)s, %(trace_id)s,
            %(spool_key)s)
    ON CONFLICT (mail_id) DO UPDATE SET
        state = excluded.state, reason = excluded.reason, error = '', stage = excluded.stage, updated_at = now(),
        spool_key = excluded.spool_key
    WHERE (ledger.state = 'quarantined' AND %(decided_at)s::timestamptz > coalesce(ledger.last_at, '-infinity'))
       OR (ledger.state = 'excluded' AND %(decided_at)s::timestamptz > (
               SELECT decided_at FROM core.exclusions AS held
               WHERE held.mail_id = ledger.mail_id AND held.reason = ledger.reason))
    RETURNING mail_id
"""

EXCLUSION_ROW = """
    INSERT INTO core.exclusions (mail_id, account_id, reason, rule, rules_version, sender_key, domain_key, decided_at)
    VALUES (%(mail_id)s, %(account)s, %(reason)s, %(rule)s, %(rules_version)s, %(sender_key)s, %(domain_key)s,
            %(decided_at)s)
    ON CONFLICT (mail_id) DO UPDATE SET
        reason = excluded.reason, rule = excluded.rule, rules_version = excluded.rules_version,
        sender_key = excluded.sender_key, domain_key = excluded.domain_key, decided_at = excluded.decided_at
"""

EMAIL_ROW = """
    INSERT INTO ingestion.emails (mail_id, account_id, sender, subject, body, recipients, attachments, language,
                                  category, urgency, confidence, reason, classifier, traits, defects,
                                  thread_key, sender_key, address_keys, received_at, sent_at)
    VALUES (%(mail_id)s, %(account)s, %(sender)s, %(subject)s, %(body)s, %(recipients)s, %(attachments)s, %(language)s,
            %(category)s, %(urgency)s, %(confidence)s, %(reason)s, %(classifier)s, %(traits)s, %(defects)s,
            %(thread_key)s, %(sender_key)s, %(address_keys)s, %(received_at)s, %(sent_at)s)
"""

# pgcrypto: symmetric, AES-256, salted and iterated key derivation (PostgreSQL manual, F.26.3).
RAW_ROW = """
    INSERT INTO ingestion.emails_raw (mail_id, sender, subject, body, recipients, source)
    VALUES (%(mail_id)s,
            pgp_sym_encrypt(%(sender)s, %(key)s, 'cipher-algo=aes256'),
            pgp_sym_encrypt(%(subject)s, %(key)s, 'cipher-algo=aes256'),
            pgp_sym_encrypt(%(body)s, %(key)s, 'cipher-algo=aes256'),
            pgp_sym_encrypt(%(recipients)s, %(key)s, 'cipher-algo=aes256'),
            pgp_sym_encrypt_bytea(%(source)b, %(key)s, 'cipher-algo=aes256'))
"""

OUTBOX_ROW = """
    INSERT INTO core.outbox (dedup_key, topic, mail_id, urgency, fields, not_before)
    VALUES (%(key)s, %(topic)s, %(mail_id)s, %(urgency)s, %(fields)s::jsonb, %(not_before)s)
    ON CONFLICT (dedup_key) DO NOTHING
"""

RECEIPT_ROWS = """
    INSERT INTO core.action_receipts (mail_id, module, action, started, duration, outcome, confidence)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""

IDENTITY_ROWS = """
    INSERT INTO ingestion.email_identities (account_id, identity, mail_id)
    SELECT %s, identity, %s FROM unnest(%s::text[]) AS identity ON CONFLICT DO NOTHING
"""

KNOWN_AS = """
    SELECT identities.mail_id FROM ingestion.email_identities AS identities
    JOIN core.ledger AS ledger ON ledger.mail_id = identities.mail_id
    WHERE identities.account_id = %s AND identities.identity = ANY(%s)
    ORDER BY ledger.created_at, ledger.mail_id LIMIT 1
"""

# A mail that was on its way while a person's mail was erased.
ERASED_PERSON = "SELECT 1 FROM core.erasures WHERE address_key = ANY(%s::text[]) AND requested_at >= %s LIMIT 1"

HISTORY_MAILS = 50

SENDER_HISTORY = """
    SELECT category, count(*) FROM (
        SELECT category FROM ingestion.emails
        WHERE account_id = %s AND sender_key = %s AND sender_key <> '' ORDER BY received_at DESC LIMIT %s
    ) AS latest GROUP BY category
"""


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
        self._database.run(lambda connection: connection.execute(QUARANTINE_ROW, values))

    def exclude(self, note: Exclusion) -> None:
        mail_id = _uuid(note.mail_id)
        values = rows.exclusion_values(note) | {"mail_id": mail_id}
        (lock,) = rows.lock_keys(note.account, (mail_id,))

        def work(connection: Connection) -> None:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
            erased = connection.execute(ERASED_PERSON, ([note.sender_key], note.received_at)).fetchone()
            if erased and note.sender_key:
                ledger = rows.ledger_values(note) | {"mail_id": mail_id, "canonical": None}
                connection.execute(LEDGER_ROW, ledger | {"state": "excluded", "reason": "erased"})
                return
            if connection.execute(EXCLUDED_ROW, values).fetchone():
                connection.execute(EXCLUSION_ROW, values)
            _write_receipts(connection, mail_id, note.receipts)

        self._database.run(work)

    def sender_history(self, account: str, sender_key: str) -> dict[str, int]:
        found = self._database.run(
            lambda connection: connection.execute(SENDER_HISTORY, (account, sender_key, HISTORY_MAILS)).fetchall()
        )
        return {category: int(count) for category, count in found}

    def ledger_state(self, mail_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        wanted = [_uuid(mail_id) for mail_id in mail_ids]
        found = self._database.run(
            lambda connection: connection.execute(
                "SELECT mail_id::text, state, reason FROM core.ledger WHERE mail_id = ANY(%s::uuid[])", (wanted,)
            ).fetchall()
        )
        return {mail_id: (state, reason) for mail_id, state, reason in found}

    def ledger_counts(self) -> dict[str, int]:
        found = self._database.run(
            lambda connection: connection.execute("SELECT state, count(*) FROM core.ledger GROUP BY state").fetchall()
        )
        return {state: int(count) for state, count in found}

    def add_receipts(self, mail_id: str, receipts: Sequence[Receipt]) -> None:
        identifier = _uuid(mail_id)
        self._database.run(lambda connection: _write_receipts(connection, identifier, receipts))

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
        claimed = rows.claimed_identities(content)
        # Two forms of one mail share any of their identities, not a certain one: lock them all, in one order.
        locks = rows.lock_keys(account, (mail_id, *claimed))
        connection.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", (locks,))

        row = connection.execute(
            "SELECT state, reason, canonical_id::text FROM core.ledger WHERE mail_id = %s", (mail_id,)
        ).fetchone()
        state, reason, recorded = row or (None, None, None)
        if state == "stored":
            _write_receipts(connection, mail_id, receipts)
            return Stored("already_stored", mail_id)
        erased = connection.execute(ERASED_PERSON, (list(content.address_keys), envelope.received_at)).fetchone()
        if reason == "erased" or erased:
            # Written again, so that whoever cleans the spool sees that it came back.
            values = rows.ledger_values(envelope) | {"mail_id": mail_id, "canonical": None}
            connection.execute(LEDGER_ROW, values | {"state": "excluded", "reason": "erased"})
            return Stored("erased", mail_id)
        known = None if recorded else connection.execute(KNOWN_AS, (account, claimed)).fetchone()
        canonical = str(known[0]) if known else recorded

        ledger = rows.ledger_values(envelope) | {"mail_id": mail_id, "canonical": canonical}
        if canonical is not None:
            if recorded is None:
                connection.execute(LEDGER_ROW, ledger | {"state": "excluded", "reason": "duplicate"})
            # Its other names are the known mail's names from now on.
            connection.execute(IDENTITY_ROWS, (account, canonical, rows.identities(content)))
            _write_receipts(connection, mail_id, receipts)
            return Stored("duplicate", canonical)

        connection.execute(LEDGER_ROW, ledger | {"state": "stored", "reason": ""})
        connection.execute(EMAIL_ROW, rows.email_values(envelope, content, verdict, text) | {"mail_id": mail_id})
        connection.execute(RAW_ROW, sealed)
        connection.execute(IDENTITY_ROWS, (account, mail_id, rows.identities(content)))
        _write_receipts(connection, mail_id, receipts)
        connection.execute(OUTBOX_ROW, rows.outbox_values(mail_id, envelope, content, verdict))
        return Stored("stored", mail_id)


def _write_receipts(connection: Connection, mail_id: str, receipts: Sequence[Receipt]) -> None:
    if receipts:
        connection.cursor().executemany(RECEIPT_ROWS, [rows.receipt_values(mail_id, receipt) for receipt in receipts])


def _uuid(mail_id: str) -> str:
    try:
        return str(uuid.UUID(mail_id))
    except ValueError:
        raise Permanent("malformed_mail_id") from None
