"""The durable copy of the runtime flags in PostgreSQL, with the record of every change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.adapters.postgres.database import Database
from chalicelib.ports import FlagChange

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection


HISTORY = """
    SELECT change.name, old_value, new_value, change.author, changed_at FROM core.flags AS flag CROSS JOIN LATERAL (
        SELECT * FROM core.flag_changes WHERE name = flag.name ORDER BY id DESC LIMIT %s
    ) AS change ORDER BY id DESC
"""


class PostgresFlagStore:
    """`ports.FlagStore`. Setting a flag to the value that it has changes and records nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def flags(self) -> dict[str, bool]:
        return dict(self._database.all("SELECT name, value FROM core.flags ORDER BY name"))

    def set_flag(self, name: str, value: bool, author: str) -> None:
        def work(connection: Connection) -> None:
            # Two first writers of one flag would both see no row: the table's lock orders them.
            connection.execute("LOCK TABLE core.flags IN SHARE ROW EXCLUSIVE MODE")
            row = connection.execute("SELECT value FROM core.flags WHERE name = %s", (name,)).fetchone()
            old = None if row is None else row[0]
            if old is value:
                return
            connection.execute(
                "INSERT INTO core.flags (name, value, author) VALUES (%s, %s, %s) ON CONFLICT (name) DO UPDATE"
                " SET value = excluded.value, author = excluded.author, updated_at = now()",
                (name, value, author),
            )
            connection.execute(
                "INSERT INTO core.flag_changes (name, old_value, new_value, author) VALUES (%s, %s, %s, %s)",
                (name, old, value, author),
            )

        self._database.run(work)

    def history(self, each: int) -> list[FlagChange]:
        return [FlagChange(*row) for row in self._database.all(HISTORY, (each,))]
