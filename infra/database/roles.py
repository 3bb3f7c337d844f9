"""Makes the database's roles and logins as in `infra/database/rights.py`: a role and a login for each function.

A login's settings are its own and not start-up options of a connection, which PgBouncer and RDS Proxy refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from infra.database import statement_log
from infra.database.rights import FUNCTIONS, LOGINS, login, role

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

SCHEMAS = ("core", "ingestion")
SETTINGS = {
    "statement_timeout": "25s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}
"""In force in every session of a function's login; `search_path` is set as well, to where pgcrypto is."""


def grant_all(connection: Connection) -> None:
    """Make the roles, and give each exactly its grants: what a role had beyond them is revoked.

    One transaction, so that a running function never sees a role without its grants. Needs a login that owns the
    tables and may create roles. A table that does not exist yet is passed over. Existing logins get their settings.
    """
    from psycopg import sql

    with connection.transaction():
        for name in LOGINS:
            group = sql.Identifier(role(name))
            _make(connection, role(name), "NOLOGIN")
            for schema in map(sql.Identifier, SCHEMAS):
                connection.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(schema, group))
                connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, group))
            for table, privileges in FUNCTIONS[name].tables.items():
                if not _one(connection, "SELECT to_regclass(%s)", table):
                    continue
                # Both are written in infra/database/rights.py, and a bare name cannot be a parameter.
                target, wanted = sql.Identifier(*table.split(".")), sql.SQL(privileges)  # type: ignore[arg-type]
                connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(wanted, target, group))
            if _one(connection, "SELECT count(*) FROM pg_roles WHERE rolname = %s", login(name)):
                _settle(connection, name)


def make_login(connection: Connection, name: str, password: str) -> None:
    """Make a function's login, or give it this password: a member of the function's role only."""
    from psycopg import sql

    who, group = sql.Identifier(login(name)), sql.Identifier(role(name))
    _make(connection, login(name), "LOGIN")
    # The verifier and not the password: a server may log statements.
    verifier = connection.pgconn.encrypt_password(password.encode(), login(name).encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(who, sql.Literal(verifier)))
    connection.execute(sql.SQL("GRANT {} TO {}").format(group, who))
    _settle(connection, name)


def make_logins(owner_url: str, passwords: dict[str, str]) -> None:
    """Make the logins of all functions that reach the database. Raises psycopg's errors."""
    import psycopg

    with psycopg.connect(owner_url, connect_timeout=10) as connection:
        for name in LOGINS:
            make_login(connection, name, passwords[name])


def login_url(owner_url: str, name: str, password: str) -> str:
    """The owner's URL with a function's login in its place."""
    parts = urlsplit(owner_url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{login(name)}:{quote(password, safe='')}@{place}").geturl()


def password_of(url: str, name: str) -> str:
    """The password in a function's URL; empty where the URL is of another login."""
    parts = urlsplit(url)
    return unquote(parts.password or "") if parts.username == login(name) else ""


def _settle(connection: Connection, name: str) -> None:
    """Give a login its settings; PostgreSQL takes them from the login alone, never from a role that it is member of."""
    from psycopg import sql

    pgcrypto = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = %s"
    place = _one(connection, pgcrypto, "pgcrypto") or "public"
    values = SETTINGS | {"search_path": f"pg_catalog, {place}"}
    for setting, value in values.items():
        # Names in a list are not quoted together: `search_path` takes each for itself.
        parts = sql.SQL(", ").join(map(sql.Literal, value.split(", ")))
        command = sql.SQL("ALTER ROLE {} SET {} = {}")
        connection.execute(command.format(sql.Identifier(login(name)), sql.Identifier(setting), parts))
    statement_log.silence(connection, login(name))


def _make(connection: Connection, name: str, kind: str) -> None:
    from psycopg import sql

    if not _one(connection, "SELECT count(*) FROM pg_roles WHERE rolname = %s", name):
        connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(name), sql.SQL(kind)))  # type: ignore[arg-type]


def _one(connection: Connection, query: str, value: str) -> Any:
    [found] = connection.execute(query.encode(), (value,)).fetchone() or (None,)
    return found
