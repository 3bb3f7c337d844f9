"""Makes the database's roles and logins what `infra/database/rights.py` says: a role and a login for each function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from infra.database.rights import FUNCTIONS, LOGINS, login, role

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

SCHEMAS = ("core", "ingestion")


def grant_all(connection: Connection) -> None:
    """Make the roles, and give each exactly its grants: what a role had beyond them is taken away.

    One transaction, so that a function at work never sees a role without its grants. Needs a login that owns the
    tables and may create roles. A table that a later migration makes is passed over.
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


def make_login(connection: Connection, name: str, password: str) -> None:
    """Make a function's login, or give it this password: a member of the function's role only."""
    from psycopg import sql

    who, group = sql.Identifier(login(name)), sql.Identifier(role(name))
    _make(connection, login(name), "LOGIN")
    # The verifier and not the password: a server may log statements.
    verifier = connection.pgconn.encrypt_password(password.encode(), login(name).encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(who, sql.Literal(verifier)))
    connection.execute(sql.SQL("GRANT {} TO {}").format(group, who))


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


def _make(connection: Connection, name: str, kind: str) -> None:
    from psycopg import sql

    if not _one(connection, "SELECT count(*) FROM pg_roles WHERE rolname = %s", name):
        connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(name), sql.SQL(kind)))  # type: ignore[arg-type]


def _one(connection: Connection, query: str, value: str) -> Any:
    [found] = connection.execute(query.encode(), (value,)).fetchone() or (None,)
    return found
