"""Brings a database to the newest schema: `python -m infra.database.migrate [--dry-run] [--yes] URL`."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit

from infra.database.rights import LOGINS, role
from infra.database.roles import grant_all

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_305_011_601
"""Key of the advisory lock: one migration at a time in a database. Any number that nothing else uses."""

OPTIONS = ("--dry-run", "--yes")
USAGE = """usage: python -m infra.database.migrate [--dry-run] [--yes] (postgresql://user:password@host/database | -)
  -          read the address from standard input
  --dry-run  say what would be applied and granted, change nothing
  --yes      do not ask"""


def migrate(url: str) -> list[str]:
    """Apply what is not applied yet and give the names, in order; an empty list when there is nothing to do.

    Then the roles of the functions get the grants of `infra/database/rights.py`, with or without a migration.
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


def main(arguments: list[str]) -> int:
    """Entry point; returns the exit code."""
    wanted, places = (
        {item for item in arguments if item in OPTIONS},
        [item for item in arguments if item not in OPTIONS],
    )
    if len(places) != 1 or places[0].startswith("--"):
        print(USAGE, file=sys.stderr)
        return 2
    # A command line can be read by every user of the machine, standard input cannot.
    url = sys.stdin.readline().strip() if places[0] == "-" else places[0]
    if "--dry-run" in wanted:
        names = pending(url)
        print(f"would apply: {', '.join(names)}" if names else "nothing to apply")
        print(f"would make and set the grants of: {', '.join(role(name) for name in LOGINS)}")
        return 0
    if "--yes" not in wanted and not _confirmed(url):
        return 1
    applied = migrate(url)
    print(f"applied: {', '.join(applied)}" if applied else "nothing to apply")
    return 0


def _confirmed(url: str) -> bool:
    """Whether a person confirms this host and database; False without a question where there is no terminal."""
    parts = urlsplit(url)
    where = f"database {parts.path.lstrip('/') or '(the default)'} on {parts.hostname or 'the local server'}"
    where += f":{parts.port}" if parts.port else ""
    if not sys.stdin.isatty():
        print(f"no terminal to ask at, nothing done: migrate {where} with --yes, or see --dry-run", file=sys.stderr)
        return False
    print(f"Migrate {where}, and set its roles' grants (further grants are revoked)? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
