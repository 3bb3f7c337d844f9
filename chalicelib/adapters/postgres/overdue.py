"""Webhooks that wait, in PostgreSQL: which of them wait for too long, and when they were sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from chalicelib.adapters.postgres.database import Database
from chalicelib.core.messages import Envelope, Routing
from chalicelib.ports import Overdue

# A webhook of a mail that was removed, or without its routing, cannot be sent again.
WAITING = """
    FROM core.deliveries AS delivery JOIN core.ledger AS ledger ON ledger.mail_id = delivery.mail_id
    WHERE delivery.state = 'waiting' AND delivery.routing IS NOT NULL
      AND ledger.state = 'stored' AND ledger.expired_at IS NULL
"""
LATE = """
    delivery.last_at <= %(now)s::timestamptz - make_interval(
        secs => (%(waits)s::float8[])[least(delivery.attempts + 1, cardinality(%(waits)s::float8[]))])
"""
# After the last pause there is none: null, and so never.
RESTED = """
    (delivery.resent_at IS NULL OR delivery.resent_at
        <= %(now)s::timestamptz - make_interval(secs => (%(rests)s::float8[])[greatest(delivery.resent, 1)]))
"""

COUNT = f"SELECT count(*), count(*) FILTER (WHERE {LATE}) {WAITING}"

DUE = f"""
    SELECT delivery.mail_id::text, ledger.account_id, ledger.source, ledger.spool_key, ledger.received_at,
           ledger.trace_id, delivery.destination, delivery.routing, delivery.attempts
    {WAITING} AND {LATE} AND {RESTED}
    ORDER BY delivery.last_at, delivery.mail_id, delivery.destination LIMIT %(limit)s
"""

RESENT = """
    UPDATE core.deliveries SET resent = least(resent + 1, 1000), resent_at = %s
    WHERE mail_id = %s AND destination = %s AND state = 'waiting'
"""


class PostgresOpenDeliveries:
    """`ports.OpenDeliveries`; each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, now: datetime, waits: Sequence[float]) -> tuple[int, int]:
        values = {"now": now, "waits": _seconds(waits)}
        [(waiting, late)] = self._database.all(COUNT, values)
        return int(waiting), int(late)

    def due(self, now: datetime, waits: Sequence[float], rests: Sequence[float], limit: int) -> list[Overdue]:
        values = {"now": now, "waits": _seconds(waits), "rests": _seconds(rests), "limit": limit}
        return [_overdue(*row) for row in self._database.all(DUE, values)]

    def resent(self, pairs: Sequence[tuple[str, str]], at: datetime) -> None:
        if pairs:
            values = [(at, mail_id, destination) for mail_id, destination in pairs]
            self._database.run(lambda connection: connection.cursor().executemany(RESENT, values))


def _seconds(values: Sequence[float]) -> list[float]:
    return [float(value) for value in values]  # psycopg takes no list of mixed numbers


def _overdue(
    mail_id: str,
    account: str,
    source: str,
    spool_key: str,
    received_at: datetime,
    trace_id: str,
    destination: str,
    routing: dict[str, object],
    attempts: int,
) -> Overdue:
    import msgspec  # the doors never come here

    asked = msgspec.convert(routing | {"webhooks": [destination]}, Routing)
    received = received_at.astimezone(UTC).isoformat()
    return Overdue(Envelope(mail_id, account, source, spool_key, received, trace_id, routing=asked), attempts)
