"""Mail that the rules excluded, in PostgreSQL, for re-evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.adapters.postgres.database import Database
from chalicelib.ports import Excluded, ExclusionQuery

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection

# The reasons agree only while the rules decided last: a mail may have been stored or discarded since. OFFSET keeps the
# planner from joining the tables as a whole: it expects few rows to agree, and they nearly all do.
FOUND = """
    SELECT held.mail_id::text, held.account_id, source, spool_key, received_at, trace_id, held.reason, rule, sender_key,
           domain_key
    FROM core.exclusions AS held CROSS JOIN LATERAL (
        SELECT * FROM core.ledger WHERE mail_id = held.mail_id AND state = 'excluded' AND reason = held.reason OFFSET 0
    ) AS ledger
    WHERE (%(sender_key)s = '' OR sender_key = %(sender_key)s)
      AND (%(domain_key)s = '' OR domain_key = %(domain_key)s)
      AND (%(rule)s = '' OR rule = %(rule)s)
      AND (%(reason)s = '' OR held.reason = %(reason)s)
      AND (%(after)s::uuid IS NULL OR held.mail_id > %(after)s::uuid)
    ORDER BY held.mail_id LIMIT %(limit)s
"""

RECONSIDERED = """
    INSERT INTO core.decisions (mail_id, stage, decision, reason, author)
    VALUES (%s, 'anonymize', 'reconsidered', %s, %s)
"""


class PostgresExclusions:
    """`ports.Exclusions`; each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, query: ExclusionQuery, after: str, limit: int) -> list[Excluded]:
        values = {
            "sender_key": query.sender_key,
            "domain_key": query.domain_key,
            "rule": query.rule,
            "reason": query.reason,
            "after": after or None,
            "limit": limit,
        }
        return [Excluded(*row) for row in self._database.all(FOUND, values)]

    def reconsidered(self, mails: Sequence[Excluded], author: str) -> None:
        def work(connection: Connection) -> None:
            connection.cursor().executemany(RECONSIDERED, [(mail.mail_id, mail.reason, author) for mail in mails])

        if mails:
            self._database.run(work)
