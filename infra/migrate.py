"""Brings a database to the newest schema: `python -m infra.migrate URL` (`-` reads the URL from standard input)."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit

from infra.database_roles import grant_all

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_305_011_601
"""Key of the advisory lock: one migration at a time in a database. Any number that nothing else uses."""


def migrate(url: str) -> list[str]:
    """Apply what is not applied yet and give the names, in order; an empty list when there is nothing to do.

    Then the roles of the functions are given what `infra/rights.py` says, whether a migration was applied or not.
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


def main(arguments: list[str]) -> int:
    """Entry point; returns the exit code."""
    if len(arguments) != 1 or arguments[0].startswith("--"):
        print("usage: python -m infra.migrate (postgresql://user:password@host:port/database | -)", file=sys.stderr)
        return 2
    # A command line can be read by every user of the machine, standard input cannot.
    applied = migrate(sys.stdin.readline().strip() if arguments[0] == "-" else arguments[0])
    print(f"applied: {', '.join(applied)}" if applied else "nothing to apply")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
