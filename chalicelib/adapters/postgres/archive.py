"""Finds and removes expired mail in PostgreSQL, by id and time; reads no content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.adapters.postgres.database import Database
from chalicelib.core.mail_ids import MailRef

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection

EXPIRED = """
    SELECT mail_id::text, account_id FROM core.ledger
    WHERE account_id = %s AND received_at < %s AND expired_at IS NULL AND state IN ('stored', 'excluded')
    ORDER BY received_at, mail_id LIMIT %s
"""

ORIGINALS = """
    SELECT mail_id::text, account_id FROM core.ledger
    WHERE account_id = %s AND received_at < %s AND state IN ('stored', 'excluded')
      AND expired_at IS NULL AND original_expired_at IS NULL
    ORDER BY received_at, mail_id LIMIT %s
"""

RETURNED = """
    SELECT mail_id::text, account_id FROM core.ledger
    WHERE reason = 'erased' AND updated_at >= %s AND (expired_at IS NULL OR updated_at > expired_at)
    ORDER BY updated_at DESC LIMIT %s
"""

ORIGINALS_REMOVED = "DELETE FROM ingestion.emails_raw WHERE mail_id = ANY(%s::uuid[])"

BELONGINGS = (
    "core.action_receipts",
    "core.outbox",
    "core.exclusions",
    "core.deliveries",
    "ingestion.email_identities",
    # The sealed original and the links go with it.
    "ingestion.emails",
)
"""Tables with rows of a mail, in an order that their references allow."""


def forget(connection: Connection, mail_ids: Sequence[str]) -> dict[str, int]:
    """Remove everything of these mails but the ledger's rows; the number of rows by table."""
    counts = {}
    for table in BELONGINGS:
        query = f"DELETE FROM {table} WHERE mail_id = ANY(%s::uuid[])"  # noqa: S608 - of the tuple above
        removed = connection.execute(query.encode(), (list(mail_ids),))
        counts[table.partition(".")[2]] = removed.rowcount
    return counts


class PostgresArchive:
    """`ports.Archive`; each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def expired(self, account: str, before: datetime, limit: int) -> list[MailRef]:
        return self._places(EXPIRED, (account, before, limit))

    def originals(self, account: str, before: datetime, limit: int) -> list[MailRef]:
        return self._places(ORIGINALS, (account, before, limit))

    def returned(self, since: datetime, limit: int) -> list[MailRef]:
        return self._places(RETURNED, (since, limit))

    def expire(self, mail_ids: Sequence[str]) -> Mapping[str, int]:
        def work(connection: Connection) -> dict[str, int]:
            counts = forget(connection, mail_ids)
            self._mark(connection, "expired_at", mail_ids)
            return counts

        return self._database.run(work)

    def drop_originals(self, mail_ids: Sequence[str]) -> Mapping[str, int]:
        def work(connection: Connection) -> dict[str, int]:
            removed = connection.execute(ORIGINALS_REMOVED, (list(mail_ids),)).rowcount
            self._mark(connection, "original_expired_at", mail_ids)
            return {"emails_raw": removed}

        return self._database.run(work)

    def _places(self, query: str, values: tuple[object, ...]) -> list[MailRef]:
        return [MailRef(*row) for row in self._database.all(query, values)]

    def _mark(self, connection: Connection, column: str, mail_ids: Sequence[str]) -> None:
        query = f"UPDATE core.ledger SET {column} = now() WHERE mail_id = ANY(%s::uuid[]) AND {column} IS NULL"  # noqa: S608
        connection.execute(query.encode(), (list(mail_ids),))
