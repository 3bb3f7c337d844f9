"""The outbox in PostgreSQL: notices are claimed under the chat's pace, sent outside, and marked after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.adapters import store_rows as rows
from chalicelib.adapters.postgres import Database
from chalicelib.ports import Claim, Notice
from chalicelib.rules import pacing

if TYPE_CHECKING:
    from chalicelib.adapters.postgres import Connection

SYSTEM_URGENCY = 2

# Up to `limit` notices of the topic that the most urgent pending one belongs to.
CLAIM = """
    WITH pending AS (
        SELECT id, topic, urgency, created_at FROM core.outbox
        WHERE sent_at IS NULL AND (claimed_until IS NULL OR claimed_until <= %(now)s)
          AND (not_before IS NULL OR not_before <= %(now)s)
    ), chosen AS (
        SELECT id FROM pending
        WHERE topic = (SELECT topic FROM pending ORDER BY urgency DESC, created_at, id LIMIT 1)
        ORDER BY urgency DESC, created_at, id LIMIT %(limit)s
    )
    UPDATE core.outbox AS outbox SET claimed_until = %(until)s, attempts = attempts + 1
    FROM chosen WHERE outbox.id = chosen.id
    RETURNING outbox.id, topic, mail_id::text, urgency, fields, created_at
"""

ANYTHING_PENDING = """
    SELECT EXISTS (SELECT FROM core.outbox
                   WHERE sent_at IS NULL AND (claimed_until IS NULL OR claimed_until <= %(now)s)
                     AND (not_before IS NULL OR not_before <= %(now)s))
"""

TO_SEND = """
    SELECT mail_id::text FROM core.outbox
    WHERE mail_id = ANY(%s::uuid[]) AND sent_at IS NULL AND (not_before IS NULL OR not_before <= %s)
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
        self._database.run(
            lambda connection: connection.execute(
                "UPDATE core.outbox SET sent_at = %s, claimed_until = NULL WHERE id = ANY(%s) AND sent_at IS NULL",
                (moment, list(ids)),
            )
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

    def sent(self, mail_ids: Sequence[str]) -> frozenset[str]:
        values = (list(mail_ids), _time(self._clock()))
        found = self._database.run(lambda connection: connection.execute(TO_SEND, values).fetchall())
        return frozenset(mail_ids) - {mail_id for (mail_id,) in found}

    def add_system(self, key: str, fields: Mapping[str, str]) -> None:
        values = (rows.system_key(key), SYSTEM_URGENCY, rows.json_text(rows.clean_fields(fields)))
        self._database.run(
            lambda connection: connection.execute(
                "INSERT INTO core.outbox (dedup_key, topic, urgency, fields) VALUES (%s, 'system', %s, %s::jsonb)"
                " ON CONFLICT (dedup_key) DO NOTHING",
                values,
            )
        )

    def _claim(self, connection: Connection, limit: int, lease: float) -> Claim:
        sends, rest_until = self._lock_chat(connection)
        # Read after the lock: whoever waited for it must not go by the time before its wait.
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
