"""What a webhook is made of, and the record of its delivery, in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.store import write_receipts
from chalicelib.adapters.postgres.store_rows import clean
from chalicelib.core.messages import Receipt
from chalicelib.ports import FileLink, Processed, WebhookClaim

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection

PROCESSED = """
    SELECT emails.account_id, ledger.source, emails.received_at, emails.sent_at, emails.sender, emails.subject,
           emails.body, emails.recipients, emails.attachments, emails.language, emails.category, emails.urgency,
           emails.confidence
    FROM ingestion.emails JOIN core.ledger USING (mail_id) WHERE mail_id = %s AND ledger.state = 'stored'
"""

# Only the wanted fields are decrypted: the others stay sealed in the server.
CLEAR = """
    SELECT CASE WHEN 'sender' = ANY(%(fields)s) THEN pgp_sym_decrypt(sender, %(key)s) END,
           CASE WHEN 'subject' = ANY(%(fields)s) THEN pgp_sym_decrypt(subject, %(key)s) END,
           CASE WHEN 'body' = ANY(%(fields)s) THEN pgp_sym_decrypt(body, %(key)s) END,
           CASE WHEN 'recipients' = ANY(%(fields)s) THEN pgp_sym_decrypt(recipients, %(key)s) END
    FROM ingestion.emails_raw WHERE mail_id = %(mail_id)s
"""

LINKS = """
    SELECT provider, pgp_sym_decrypt(source, %(key)s),
           CASE WHEN state = 'stored' THEN pgp_sym_decrypt(object_key, %(key)s) ELSE '' END,
           CASE WHEN state = 'stored' THEN pgp_sym_decrypt(name, %(key)s) ELSE '' END, content_type, size, reason
    FROM ingestion.links WHERE mail_id = %(mail_id)s ORDER BY position
"""

BEGIN = """
    INSERT INTO core.deliveries AS delivery (mail_id, destination) VALUES (%s, %s)
    ON CONFLICT (mail_id, destination) DO UPDATE
        SET state = 'waiting', last_at = clock_timestamp(), resent = 0, resent_at = NULL
        WHERE delivery.state <> 'delivered'
"""

DELIVERED = """
    UPDATE core.deliveries SET state = 'delivered', status = %s, code = '', attempts = attempts + 1,
        last_at = clock_timestamp(), delivered_at = clock_timestamp()
    WHERE mail_id = %s AND destination = %s AND state <> 'delivered'
"""

FAILED = """
    UPDATE core.deliveries SET state = %s, code = %s, attempts = attempts + 1, last_at = clock_timestamp()
    WHERE mail_id = %s AND destination = %s AND state <> 'delivered'
"""

GIVEN_UP = """
    UPDATE core.deliveries SET state = 'refused', code = %s, last_at = clock_timestamp()
    WHERE mail_id = %s AND destination = %s AND state = 'waiting'
"""


class PostgresDeliveryStore:
    """`ports.DeliveryStore`; each method is one transaction. `raw_key` opens what the destination may see clear."""

    def __init__(self, database: Database, raw_key: str) -> None:
        self._database = database
        self._raw_key = raw_key

    def claim(self, mail_id: str, destination: str, clear: Sequence[str], links: bool) -> WebhookClaim:
        values = {"mail_id": mail_id, "fields": list(clear), "key": self._raw_key}

        def work(connection: Connection) -> WebhookClaim:
            row = connection.execute(PROCESSED, (mail_id,)).fetchone()
            if row is None:
                return WebhookClaim(None)
            mail = _processed(mail_id, row)
            if not connection.execute(BEGIN, (mail_id, destination)).rowcount:
                return WebhookClaim(mail, delivered=True)
            opened = connection.execute(CLEAR, values).fetchone() if clear else None
            files = connection.execute(LINKS, values).fetchall() if links else []
            return WebhookClaim(mail, clear=_clear(opened), links=tuple(FileLink(*one) for one in files))

        return self._database.run(work)

    def delivered(self, mail_id: str, destination: str, status: int, receipt: Receipt) -> None:
        def work(connection: Connection) -> None:
            connection.execute(DELIVERED, (status, mail_id, destination))
            write_receipts(connection, [(mail_id, receipt)])

        self._database.run(work)

    def failed(self, mail_id: str, destination: str, code: str, final: bool) -> None:
        state = "refused" if final else "waiting"
        self._database.execute(FAILED, (state, clean(code, 200), mail_id, destination))

    def given_up(self, mail_id: str, destination: str, code: str) -> None:
        self._database.execute(GIVEN_UP, (clean(code, 200), mail_id, destination))


def _processed(mail_id: str, row: tuple[Any, ...]) -> Processed:
    account, source, received_at, sent_at, sender, subject, body, recipients, attachments, *rest = row
    language, category, urgency, confidence = rest
    return Processed(
        mail_id=mail_id,
        account=account,
        source=source,
        received_at=_iso(received_at) or "",
        sent_at=_iso(sent_at),
        sender=sender,
        subject=subject,
        body=body,
        recipients=tuple(recipients),
        attachments=tuple(attachments),
        language=language,
        category=category,
        urgency=urgency,
        confidence=confidence,
    )


def _clear(row: tuple[Any, ...] | None) -> dict[str, Any]:
    named = zip(("sender", "subject", "body", "recipients"), row or (), strict=False)
    found: dict[str, Any] = {name: value for name, value in named if value is not None}
    if "recipients" in found:
        found["recipients"] = json.loads(found["recipients"])
    return found


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
