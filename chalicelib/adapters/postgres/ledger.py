"""The ledger in PostgreSQL as the audit and the dead-letter queues see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.adapters.postgres import store_rows as rows
from chalicelib.adapters.postgres.database import Database
from chalicelib.core import stages
from chalicelib.core.messages import Quarantine

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection

QUARANTINED = "SELECT mail_id::text, updated_at FROM core.ledger WHERE state = 'quarantined'"

UNSENT = """
    SELECT mail_id::text FROM core.outbox
    WHERE sent_at IS NULL AND mail_id IS NOT NULL AND greatest(created_at, not_before) < %s
    ORDER BY created_at, id LIMIT %s
"""

# A mail that was redriven stays quarantined until it ends again: the time of the row says since when.
ON_ITS_WAY = """
    UPDATE core.ledger SET updated_at = now()
    WHERE state = 'quarantined'
      AND (mail_id = ANY(%(mails)s::uuid[]) OR (%(mails)s::uuid[] IS NULL AND stage = %(stage)s))
"""

REDRIVEN = """
    INSERT INTO core.decisions (mail_id, stage, decision, author)
    SELECT mail_id, %s, 'redriven', %s FROM unnest(%s::uuid[]) AS mail_id
"""

DISCARDED_ROW = """
    INSERT INTO core.ledger AS ledger (mail_id, account_id, source, state, reason, error, stage, attempts,
                                       received_at, first_at, last_at, trace_id, spool_key)
    VALUES (%(mail_id)s, %(account)s, %(source)s, 'excluded', %(discarded)s, %(error)s, %(stage)s, %(attempts)s,
            %(received_at)s, %(first_at)s, %(last_at)s, %(trace_id)s, %(spool_key)s)
    ON CONFLICT (mail_id) DO UPDATE SET state = excluded.state, reason = excluded.reason, updated_at = now()
    WHERE ledger.state = 'quarantined' OR (ledger.state = 'excluded' AND ledger.canonical_id IS NULL)
"""

DISCARDED = """
    INSERT INTO core.decisions (mail_id, stage, decision, reason, author)
    VALUES (%(mail_id)s, %(stage)s, 'discarded', %(reason)s, %(author)s)
"""

WRITTEN_OFF = """
    UPDATE core.ledger SET state = 'excluded', reason = %(discarded)s, updated_at = now()
    WHERE mail_id = %(mail_id)s AND state = 'quarantined' RETURNING stage
"""

STATE = "SELECT state FROM core.ledger WHERE mail_id = %s"


SIDE = frozenset(stage.name for stage in stages.SIDE)


class PostgresLedger:
    """`ports.Ledger`; each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def quarantined(self) -> dict[str, datetime]:
        return dict(self._database.all(QUARANTINED))

    def unsent(self, before: datetime, limit: int) -> list[str]:
        return [mail_id for (mail_id,) in self._database.all(UNSENT, (before, limit))]

    def redriven(self, stage: str, mail_ids: Sequence[str] | None, author: str) -> None:
        mails = None if mail_ids is None else list(mail_ids)

        def work(connection: Connection) -> None:
            connection.execute(ON_ITS_WAY, {"mails": mails, "stage": stage})
            connection.execute(REDRIVEN, (stage, author, [None] if mails is None else mails))

        self._database.run(work)

    def discard(self, note: Quarantine, reason: str, author: str) -> str:
        values = rows.quarantine_values(note)
        values |= {
            "mail_id": note.mail_id,
            "discarded": f"discarded:{reason}",
            "reason": reason,
            "author": author,
        }

        def work(connection: Connection) -> str:
            if note.stage not in SIDE:  # there a mail is stored, or was erased: it has its row
                connection.execute(DISCARDED_ROW, values)
            connection.execute(DISCARDED, values)
            [state] = connection.execute(STATE, (note.mail_id,)).fetchone() or ("excluded",)
            return str(state)

        return self._database.run(work)

    def write_off(self, mail_id: str, reason: str, author: str) -> bool:
        values = {"mail_id": mail_id, "discarded": f"discarded:{reason}", "reason": reason, "author": author}

        def work(connection: Connection) -> bool:
            row = connection.execute(WRITTEN_OFF, values).fetchone()
            if row is not None:
                connection.execute(DISCARDED, values | {"stage": row[0]})
            return row is not None

        return self._database.run(work)
