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
        return {row[0]: ReconciliationRun(*row) for row in self._database.all(LATEST)}

    def older(self, mail_ids: Iterable[str]) -> frozenset[str]:
        return frozenset(mail_id for (mail_id,) in self._database.all(OLDER, (list(mail_ids),)))

    def note(self, run: ReconciliationRun, older: Iterable[str] = ()) -> None:
        row = (run.account, run.checked_at, run.outcome, run.code, run.since, run.listed, run.gaps)

        def work(connection: Connection) -> None:
            connection.execute(REMEMBERED, (list(older), run.account))
            connection.execute(NOTED, (*row, run.gaps_total))

        self._database.run(work)
