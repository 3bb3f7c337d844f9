"""The outbox in PostgreSQL: notices are claimed under the chat's pace, sent outside, and marked after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.adapters.postgres import store_rows as rows
from chalicelib.adapters.postgres.database import Database
from chalicelib.ports import Claim, Notice
from chalicelib.resilience import pacing, refusals

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection

SYSTEM_URGENCY = 2

# What may be sent at a moment, claimed or not: neither held nor paused, nor of a paused topic.
DUE = f"""
    sent_at IS NULL AND (not_before IS NULL OR not_before <= %(now)s) AND (rest_until IS NULL OR rest_until <= %(now)s)
    AND topic NOT IN (SELECT topic FROM core.outbox WHERE sent_at IS NULL AND rest_until > %(now)s
                      GROUP BY topic HAVING count(*) >= {refusals.STUCK})
"""  # noqa: S608 - put together from constants

# Up to `limit` notices of the topic, and with the bound, that the most urgent pending one has.
CLAIM = f"""
    WITH pending AS (
        SELECT id, topic, urgency, created_at, max_batch FROM core.outbox
        WHERE (claimed_until IS NULL OR claimed_until <= %(now)s) AND {DUE}
    ), head AS (
        SELECT topic, max_batch FROM pending ORDER BY urgency DESC, created_at, id LIMIT 1
    ), chosen AS (
        SELECT pending.id FROM pending JOIN head
            ON pending.topic = head.topic AND pending.max_batch IS NOT DISTINCT FROM head.max_batch
        ORDER BY urgency DESC, created_at, id
        LIMIT least(%(limit)s, (SELECT CASE WHEN max_batch < 1 THEN 1 ELSE max_batch END FROM head))
    )
    UPDATE core.outbox AS outbox SET claimed_until = %(until)s, attempts = attempts + 1
    FROM chosen WHERE outbox.id = chosen.id
    RETURNING outbox.id, topic, mail_id::text, urgency, fields, created_at, max_batch, refusals
"""  # noqa: S608

ANYTHING_PENDING = f"""
    SELECT EXISTS (SELECT FROM core.outbox WHERE (claimed_until IS NULL OR claimed_until <= %(now)s) AND {DUE})
"""  # noqa: S608

TO_SEND = f"SELECT mail_id::text FROM core.outbox WHERE mail_id = ANY(%(mails)s::uuid[]) AND {DUE}"  # noqa: S608

SYSTEM_ROW = """
    INSERT INTO core.outbox (dedup_key, topic, urgency, fields) VALUES (%s, 'system', %s, %s::jsonb)
    ON CONFLICT (dedup_key) DO NOTHING
"""

REFUSED = """
    UPDATE core.outbox SET claimed_until = NULL, max_batch = %(max_batch)s,
        refusals = refusals + (%(until)s::timestamptz IS NOT NULL)::int, rest_until = %(until)s
    WHERE id = ANY(%(ids)s) AND sent_at IS NULL
"""


class PostgresOutbox:
    """`ports.Outbox`. `chat` names the row that holds the pace; `clock` gives seconds since 1970.

    The row of the chat is locked for the length of each claim, so claims are one after the other.
    """

    def __init__(self, database: Database, chat: str = "default", clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._chat = chat
        self._clock = clock

    def claim(self, limit: int, lease: float) -> Claim:
        return self._database.run(lambda connection: self._claim(connection, limit, lease))

    def mark_sent(self, ids: Sequence[int]) -> None:
        moment = _time(self._clock())
        self._database.execute(
            "UPDATE core.outbox SET sent_at = %s, claimed_until = NULL WHERE id = ANY(%s) AND sent_at IS NULL",
            (moment, list(ids)),
        )

    def release(self, ids: Sequence[int], after: float) -> None:
        rest_until = self._clock() + max(0.0, after)

        def work(connection: Connection) -> None:
            self._lock_chat(connection)
            connection.execute(
                "UPDATE core.outbox SET claimed_until = NULL WHERE id = ANY(%s) AND sent_at IS NULL", (list(ids),)
            )
            connection.execute(
                "UPDATE core.chats SET next_at = greatest(next_at, %s) WHERE chat = %s", (rest_until, self._chat)
            )

        self._database.run(work)

    def refused(self, ids: Sequence[int], max_batch: int, rest: float) -> None:
        until = _time(self._clock() + rest) if rest > 0 else None
        values = {"ids": list(ids), "max_batch": max_batch, "until": until}
        self._database.execute(REFUSED, values)

    def sent(self, mail_ids: Sequence[str]) -> frozenset[str]:
        values = {"mails": list(mail_ids), "now": _time(self._clock())}
        return frozenset(mail_ids) - {mail_id for (mail_id,) in self._database.all(TO_SEND, values)}

    def add_system(self, key: str, fields: Mapping[str, str]) -> None:
        values = (rows.system_key(key), SYSTEM_URGENCY, rows.json_text(rows.clean_fields(fields)))
        self._database.execute(SYSTEM_ROW, values)

    def _claim(self, connection: Connection, limit: int, lease: float) -> Claim:
        sends, rest_until = self._lock_chat(connection)
        # Read after the lock: a worker that waited for it must not use the time before its wait.
        now = self._clock()
        pending = connection.execute(ANYTHING_PENDING, {"now": _time(now)}).fetchone()
        if pending is None or not pending[0]:
            return Claim((), 0.0)
        due = max(rest_until, pacing.next_allowed(sends, now))
        if due > now:
            return Claim((), due - now)
        found = connection.execute(
            CLAIM, {"now": _time(now), "until": _time(now + lease), "limit": max(1, limit)}
        ).fetchall()
        connection.execute(
            "UPDATE core.chats SET recent = %s::float8[] WHERE chat = %s",
            ([*pacing.recent(sends, now), now], self._chat),
        )
        notices = [Notice(*row) for row in found]
        return Claim(tuple(sorted(notices, key=lambda notice: (-notice.urgency, notice.created_at, notice.id))), 0.0)

    def _lock_chat(self, connection: Connection) -> tuple[list[float], float]:
        connection.execute("INSERT INTO core.chats (chat) VALUES (%s) ON CONFLICT DO NOTHING", (self._chat,))
        row = connection.execute(
            "SELECT recent, next_at FROM core.chats WHERE chat = %s FOR UPDATE", (self._chat,)
        ).fetchone()
        return ([], 0.0) if row is None else (list(row[0]), float(row[1]))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
