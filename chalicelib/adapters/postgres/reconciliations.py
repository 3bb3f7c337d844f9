"""The comparisons of mailboxes with the ledger, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.adapters.postgres.database import Database
from chalicelib.ports import ReconciliationRun

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection

LATEST = """
    SELECT account_id, checked_at, outcome, code, since, listed, gaps, gaps_total FROM ingestion.reconciliations
    ORDER BY account_id
"""

NOTED = """
    INSERT INTO ingestion.reconciliations (account_id, checked_at, outcome, code, since, listed, gaps, gaps_total)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (account_id) DO UPDATE SET
        checked_at = excluded.checked_at, outcome = excluded.outcome, code = excluded.code, since = excluded.since,
        listed = excluded.listed, gaps = excluded.gaps, gaps_total = excluded.gaps_total
"""

OLDER = "SELECT mail_id::text FROM ingestion.mail_before WHERE mail_id = ANY(%s::uuid[])"

REMEMBERED = """
    INSERT INTO ingestion.mail_before (mail_id, account_id) SELECT unnest(%s::uuid[]), %s
    ON CONFLICT (mail_id) DO NOTHING
"""


class PostgresReconciliations:
    """`ports.ReconciliationStore`; each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self) -> dict[str, ReconciliationRun]:
        found = self._database.run(lambda connection: connection.execute(LATEST).fetchall())
        return {row[0]: ReconciliationRun(*row) for row in found}

    def older(self, mail_ids: Iterable[str]) -> frozenset[str]:
        wanted = list(mail_ids)
        found = self._database.run(lambda connection: connection.execute(OLDER, (wanted,)).fetchall())
        return frozenset(mail_id for (mail_id,) in found)

    def note(self, look: ReconciliationRun, older: Iterable[str] = ()) -> None:
        row = (look.account, look.checked_at, look.outcome, look.code, look.since, look.listed, look.gaps)

        def work(connection: Connection) -> None:
            connection.execute(REMEMBERED, (list(older), look.account))
            connection.execute(NOTED, (*row, look.gaps_total))

        self._database.run(work)
