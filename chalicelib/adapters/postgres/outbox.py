"""The outbox in PostgreSQL: notices are claimed under the chat's pace, sent outside, and marked after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.adapters.postgres import store_rows as rows
from chalicelib.adapters.postgres.database import Database
from chalicelib.ports import Claim, Notice, Sent
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

# Up to `limit` notices of the topic, and with the bound, that the most urgent pending one has. A claim that ended by
# itself is the message of a worker that died: it may have been sent.
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
    UPDATE core.outbox AS outbox SET claimed_until = %(until)s, attempts = attempts + 1,
        unknown_sends = unknown_sends + (claimed_until IS NOT NULL)::int
    FROM chosen WHERE outbox.id = chosen.id
    RETURNING outbox.id, topic, mail_id::text, urgency, fields, created_at, max_batch, refusals, unknown_sends
"""  # noqa: S608

ANYTHING_PENDING = f"""
    SELECT EXISTS (SELECT FROM core.outbox WHERE (claimed_until IS NULL OR claimed_until <= %(now)s) AND {DUE})
"""  # noqa: S608

TO_SEND = f"""
    SELECT mail_id::text FROM core.outbox WHERE mail_id = ANY(%(mails)s::uuid[]) AND {DUE}
    AND NOT EXISTS (SELECT FROM core.chats WHERE chat = %(chat)s AND refusals > 0 AND next_at > %(seconds)s)
"""  # noqa: S608

MARK_SENT = """
    UPDATE core.outbox
    SET sent_at = %(at)s, claimed_until = NULL, message_id = %(message)s, sent_chat = %(chat)s, sent_thread = %(thread)s
    WHERE id = ANY(%(ids)s) AND sent_at IS NULL
"""

GIVE_BACK = """
    UPDATE core.outbox SET claimed_until = NULL, unknown_sends = unknown_sends + %s
    WHERE id = ANY(%s) AND sent_at IS NULL
"""

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
    """`ports.Outbox`. `chat` names the row of the table of chats; `clock` gives seconds since 1970.

    The row of the chat is locked for the length of each claim, so claims are one after the other.
    """

    def __init__(self, database: Database, chat: str = "default", clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._chat = chat
        self._clock = clock

    def claim(self, limit: int, lease: float) -> Claim:
        return self._database.run(lambda connection: self._claim(connection, limit, lease))

    def mark_sent(self, ids: Sequence[int], sent: Sent) -> None:
        values = {"ids": list(ids), "at": _time(self._clock()), "message": sent.message_id}
        values |= {"chat": sent.chat, "thread": sent.thread}

        def work(connection: Connection) -> None:
            # The chat before its notices, as everywhere: no two workers wait for each other.
            connection.execute("UPDATE core.chats SET refusals = 0 WHERE chat = %s AND refusals > 0", (self._chat,))
            connection.execute(MARK_SENT, values)

        self._database.run(work)

    def release(self, ids: Sequence[int], after: float) -> None:
        self._database.run(lambda connection: self._give_back(connection, ids, max(0.0, after)))

    def unknown(self, ids: Sequence[int], after: float) -> None:
        self._database.run(lambda connection: self._give_back(connection, ids, max(0.0, after), unknown=1))

    def chat_refused(self, ids: Sequence[int]) -> float:
        def work(connection: Connection) -> float:
            _, _, before = self._lock_chat(connection)
            pause = refusals.rest(before)
            connection.execute("UPDATE core.chats SET refusals = refusals + 1 WHERE chat = %s", (self._chat,))
            self._give_back(connection, ids, pause)
            return pause

        return self._database.run(work)

    def refused(self, ids: Sequence[int], max_batch: int, rest: float) -> None:
        until = _time(self._clock() + rest) if rest > 0 else None
        values = {"ids": list(ids), "max_batch": max_batch, "until": until}
        self._database.execute(REFUSED, values)

    def sent(self, mail_ids: Sequence[str]) -> frozenset[str]:
        now = self._clock()
        values = {"mails": list(mail_ids), "now": _time(now), "seconds": now, "chat": self._chat}
        return frozenset(mail_ids) - {mail_id for (mail_id,) in self._database.all(TO_SEND, values)}

    def add_system(self, key: str, fields: Mapping[str, str]) -> None:
        values = (rows.system_key(key), SYSTEM_URGENCY, rows.json_text(rows.clean_fields(fields)))
        self._database.execute(SYSTEM_ROW, values)

    def _claim(self, connection: Connection, limit: int, lease: float) -> Claim:
        sends, rest_until, _ = self._lock_chat(connection)
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

    def _give_back(self, connection: Connection, ids: Sequence[int], pause: float, unknown: int = 0) -> None:
        self._lock_chat(connection)
        connection.execute(GIVE_BACK, (unknown, list(ids)))
        connection.execute(
            "UPDATE core.chats SET next_at = greatest(next_at, %s) WHERE chat = %s", (self._clock() + pause, self._chat)
        )

    def _lock_chat(self, connection: Connection) -> tuple[list[float], float, int]:
        """The chat's recent sends, the end of its pause and its refusals in a row."""
        connection.execute("INSERT INTO core.chats (chat) VALUES (%s) ON CONFLICT DO NOTHING", (self._chat,))
        row = connection.execute(
            "SELECT recent, next_at, refusals FROM core.chats WHERE chat = %s FOR UPDATE", (self._chat,)
        ).fetchone()
        return ([], 0.0, 0) if row is None else (list(row[0]), float(row[1]), int(row[2]))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
