"""What has changed in the chat since its deployment, in PostgreSQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalicelib.adapters.postgres.database import Database
from chalicelib.ports import ChatChanges

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection

CHANGES = "SELECT coalesce(moved_to, ''), threads FROM core.chats WHERE chat = %s AND configured = %s"
CHANGE = "UPDATE core.chats SET configured = %s, moved_to = %s, threads = %s::jsonb WHERE chat = %s"


class PostgresChatBook:
    """`ports.ChatBook`. `chat` names the row of the table of chats, which is locked for each change."""

    def __init__(self, database: Database, chat: str = "default") -> None:
        self._database = database
        self._chat = chat

    def changes(self, configured: str) -> ChatChanges:
        row = self._database.one(CHANGES, (self._chat, configured))
        return ChatChanges() if row is None else ChatChanges(row[0], row[1])

    def moved(self, configured: str, chat: str) -> None:
        self._database.run(lambda connection: self._write(connection, configured, ChatChanges(chat)))

    def remade(self, configured: str, slot: str, dead: int, thread: int) -> int:
        def work(connection: Connection) -> int:
            now = self._lock(connection, configured)
            if now.threads.get(slot, dead) != dead:
                return now.threads[slot]
            self._write(connection, configured, ChatChanges(now.chat, {**now.threads, slot: thread}))
            return thread

        return self._database.run(work)

    def _lock(self, connection: Connection, configured: str) -> ChatChanges:
        connection.execute("INSERT INTO core.chats (chat) VALUES (%s) ON CONFLICT DO NOTHING", (self._chat,))
        connection.execute("SELECT FROM core.chats WHERE chat = %s FOR UPDATE", (self._chat,))
        row = connection.execute(CHANGES, (self._chat, configured)).fetchone()
        return ChatChanges() if row is None else ChatChanges(row[0], row[1])

    def _write(self, connection: Connection, configured: str, changes: ChatChanges) -> None:
        self._lock(connection, configured)
        values = (configured, changes.chat or None, json.dumps(dict(changes.threads)), self._chat)
        connection.execute(CHANGE, values)
