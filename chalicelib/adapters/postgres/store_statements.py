"""The statements of the ledger and the mail (`adapters.postgres.store`); constant, with parameters."""

from __future__ import annotations

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

# Only what was decided later than the row: the queue keeps no order, and an operator's decision stays.
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

# A webhook waits from now on, even if the message that asks for it is lost.
DELIVERY_ROWS = """
    INSERT INTO core.deliveries (mail_id, destination, routing) VALUES (%s, %s, %s::jsonb) ON CONFLICT DO NOTHING
"""

RECEIPT_ROWS = """
    INSERT INTO core.action_receipts (mail_id, module, action, started, duration, outcome, confidence)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""

IDENTITY_ROWS = """
    INSERT INTO ingestion.email_identities (account_id, identity, mail_id)
    SELECT %s, identity, %s FROM unnest(%s::text[]) AS identity ON CONFLICT DO NOTHING
"""

LEDGER_STATE = "SELECT mail_id::text, state, reason FROM core.ledger WHERE mail_id = ANY(%s::uuid[])"

LEDGER_ROW_OF = "SELECT state, reason, canonical_id::text FROM core.ledger WHERE mail_id = %s"

LEDGER_COUNTS = """
    SELECT state, sum(number)::bigint FROM core.ledger_totals GROUP BY state HAVING sum(number) <> 0
"""

KNOWN_AS = """
    SELECT identities.mail_id FROM ingestion.email_identities AS identities
    JOIN core.ledger AS ledger ON ledger.mail_id = identities.mail_id
    WHERE identities.account_id = %s AND identities.identity = ANY(%s)
    ORDER BY ledger.created_at, ledger.mail_id LIMIT 1
"""

# A mail that was in progress while a person's mail was erased.
ERASED_PERSON = "SELECT 1 FROM core.erasures WHERE address_key = ANY(%s::text[]) AND requested_at >= %s LIMIT 1"

HISTORY_MAILS = 50

SENDER_HISTORY = """
    SELECT category, count(*) FROM (
        SELECT category FROM ingestion.emails
        WHERE account_id = %s AND sender_key = %s AND sender_key <> '' ORDER BY received_at DESC LIMIT %s
    ) AS latest GROUP BY category
"""
