"""Brings a database to the newest schema; the command is `mailroom migrate`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from infra.database.rights import LOGINS, login
from infra.database.roles import grant_all
from infra.database.statement_log import Logged, logged

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_305_011_601
"""Key of the advisory lock: one migration at a time in a database. Any number that nothing else uses."""


def migrate(url: str) -> list[str]:
    """Apply the migrations that are pending and return their names in order; empty when there are none.

    Then grant the roles of the functions what `infra/database/rights.py` says, with or without a migration.
    `url` is `postgresql://…` of a login that owns the database and may create roles. Raises psycopg's errors: this is
    a command for an operator, not part of a function.
    """
    import psycopg
    from yoyo import get_backend, read_migrations  # type: ignore[import-untyped]

    # yoyo's own lock is a row, which a killed run leaves behind; the server drops this one with the session.
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        backend = get_backend(urlsplit(url)._replace(scheme="postgresql+psycopg").geturl())
        try:
            backend.break_lock()
            with backend.lock():
                todo = backend.to_apply(read_migrations(str(MIGRATIONS)))
                names = [migration.id for migration in todo]
                backend.apply_migrations(todo)
        finally:
            backend.connection.close()
        grant_all(guard)
    return names


def pending(url: str) -> list[str]:
    """The names that `migrate` would apply, in order; changes nothing. Raises psycopg's errors."""
    import psycopg
    from yoyo import read_migrations
    from yoyo.migrations import topological_sort  # type: ignore[import-untyped]

    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.read_only = True  # yoyo's own backend would make its tables
        known = connection.execute("SELECT to_regclass('_yoyo_migration')").fetchone() != (None,)
        rows = connection.execute("SELECT migration_id FROM _yoyo_migration").fetchall() if known else []
    done = {name for (name,) in rows}
    return [one.id for one in topological_sort(read_migrations(str(MIGRATIONS))) if one.id not in done]


def logged_parameters(url: str) -> list[Logged]:
    """Why the server would log parameters of the functions' statements; changes nothing. Raises psycopg's errors."""
    import psycopg

    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.read_only = True
        return logged(connection, map(login, LOGINS))
