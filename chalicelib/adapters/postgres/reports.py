"""What the operator's pages show, from PostgreSQL: read only, without bodies and originals."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.postgres.database import Database
from chalicelib.core.messages import Receipt
from chalicelib.ports import Day, Hour, MailLine, MailStory, OperatorAction, StateCount

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection

MOST_REASONS = 200
MOST_STEPS = 200
"""Receipts and decisions of one mail that are shown."""

TOTALS = """
    SELECT state, reason, sum(number)::bigint AS number FROM core.ledger_totals
    GROUP BY state, reason HAVING sum(number) <> 0 ORDER BY number DESC, state, reason LIMIT %s
"""

HOURS = """
    SELECT date_trunc('hour', received_at) AS hour, state, count(*) FROM core.ledger WHERE received_at >= %s
    GROUP BY hour, state ORDER BY hour, state
"""

VERDICTS = """
    SELECT outcome, count(*) FROM core.action_receipts
    WHERE started >= %s AND module = 'ingress' AND action = 'email.receive' GROUP BY outcome ORDER BY count(*) DESC
"""

CATEGORIES = """
    SELECT category, count(*), count(*) FILTER (WHERE urgency = 'high') FROM ingestion.emails
    WHERE received_at >= %s GROUP BY category ORDER BY count(*) DESC, category
"""

LINE = """
    ledger.mail_id::text, ledger.account_id, ledger.source, ledger.state, ledger.reason, ledger.received_at,
    ledger.updated_at, coalesce(mail.subject, ''), coalesce(mail.sender, ''), coalesce(mail.category, ''),
    coalesce(mail.urgency, ''), coalesce(mail.language, '')
"""

LATEST = f"""
    SELECT {LINE} FROM core.ledger AS ledger LEFT JOIN ingestion.emails AS mail USING (mail_id)
    WHERE (%(before)s::uuid IS NULL OR (ledger.received_at, ledger.mail_id) <
               ((SELECT received_at FROM core.ledger WHERE mail_id = %(before)s::uuid), %(before)s::uuid))
      AND (%(state)s = '' OR ledger.state = %(state)s)
    ORDER BY ledger.received_at DESC, ledger.mail_id DESC LIMIT %(limit)s
"""  # noqa: S608 - `LINE` is a constant

ONE = f"""
    SELECT {LINE}, ledger.stage, ledger.error, ledger.attempts, coalesce(ledger.canonical_id::text, ''),
           coalesce(held.rule, ''), ledger.trace_id, coalesce(mail.classifier, ''), mail.confidence, ledger.expired_at
    FROM core.ledger AS ledger LEFT JOIN ingestion.emails AS mail USING (mail_id)
    LEFT JOIN core.exclusions AS held
           ON held.mail_id = ledger.mail_id AND ledger.state = 'excluded' AND held.reason = ledger.reason
    WHERE ledger.mail_id = %s
"""  # noqa: S608

RECEIPTS = """
    SELECT module, action, started, duration, outcome, confidence FROM core.action_receipts
    WHERE mail_id = %s ORDER BY started, module, action LIMIT %s
"""

DEEDS = """
    SELECT decision, stage, reason, author, decided_at FROM core.decisions
    WHERE mail_id = %s ORDER BY id LIMIT %s
"""

COLUMNS = len(MailLine.__slots__)


class PostgresReports:
    """`ports.Reports`; each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def totals(self) -> list[StateCount]:
        return [StateCount(*row) for row in self._database.all(TOTALS, (MOST_REASONS,))]

    def day(self, since: datetime) -> Day:
        def work(connection: Connection) -> list[list[tuple[Any, ...]]]:
            return [connection.execute(query, (since,)).fetchall() for query in (HOURS, VERDICTS, CATEGORIES)]

        hours, verdicts, categories = self._database.run(work)
        return Day(
            tuple(Hour(*row) for row in hours),
            dict(verdicts),
            {category: number for category, number, _ in categories},
            sum(urgent for _, _, urgent in categories),
        )

    def latest(self, limit: int, before: str = "", state: str = "") -> list[MailLine]:
        values = {"limit": limit, "before": before or None, "state": state}
        return [MailLine(*row) for row in self._database.all(LATEST, values)]

    def story(self, mail_id: str) -> MailStory | None:
        def work(connection: Connection) -> MailStory | None:
            row = connection.execute(ONE, (mail_id,)).fetchone()
            if row is None:
                return None
            receipts = connection.execute(RECEIPTS, (mail_id, MOST_STEPS)).fetchall()
            deeds = connection.execute(DEEDS, (mail_id, MOST_STEPS)).fetchall()
            steps = tuple(Receipt(one[0], one[1], one[2].isoformat(), *one[3:]) for one in receipts)
            values: list[Any] = [
                MailLine(*row[:COLUMNS]),
                *row[COLUMNS:],
                steps,
                tuple(OperatorAction(*deed) for deed in deeds),
            ]
            return MailStory(*values)

        return self._database.run(work)
