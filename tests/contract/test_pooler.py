"""Behind a transaction pooler: nothing is left to the session, and each login has its settings."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import psycopg
import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.errors import Retryable
from infra.database.migrate import migrate
from infra.database.rights import LOGINS
from infra.database.roles import SETTINGS, login, login_url, make_logins
from infra.local.servers import Postgres
from tests.contract.mails import ORIGINAL, envelope, note
from tests.unit.adapters.broken import raw_server

PASSWORDS = {name: f"of {name}" for name in LOGINS}
IN_FORCE = {
    "statement_timeout": "25s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "1min",
    "TimeZone": "UTC",
    "search_path": "pg_catalog, public",
}


@pytest.fixture(scope="module")
def logins(postgres: Postgres) -> Postgres:
    make_logins(postgres.start(), PASSWORDS)
    return postgres


@pytest.fixture
def store_login(logins: Postgres) -> Iterator[Database]:
    own = Database(login_url(logins.start(), "store", PASSWORDS["store"]))
    yield own
    own.close()


def settings(database: Database) -> dict[str, str]:
    return dict(database.all("SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", (list(IN_FORCE),)))


@pytest.mark.parametrize("name", LOGINS)
def test_a_functions_login_has_its_settings(logins: Postgres, name: str) -> None:
    own = Database(login_url(logins.start(), name, PASSWORDS[name]))
    assert settings(own) == IN_FORCE
    own.close()


def test_a_migration_gives_the_settings_to_logins_that_are_there(logins: Postgres) -> None:
    with psycopg.connect(logins.start(), autocommit=True) as owner:
        for setting in SETTINGS:
            owner.execute(f"ALTER ROLE {login('store')} RESET {setting}".encode())
    migrate(logins.url)
    own = Database(login_url(logins.url, "store", PASSWORDS["store"]))
    assert settings(own) == IN_FORCE
    own.close()


def test_the_start_of_a_connection_names_user_database_and_program_only() -> None:
    """RDS Proxy and PgBouncer refuse a start with `options`."""
    sent: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        while packet := connection.recv(4096):
            sent.append(packet)
            if len(packet) > 8:
                return
            connection.sendall(b"N")  # no TLS, no GSSAPI here

    with raw_server(talk) as port, pytest.raises(Retryable):
        Database(f"postgresql://function:secret@127.0.0.1:{port}/mail", connect_timeout=2).ping()
    start = next(packet for packet in sent if struct.unpack("!I", packet[4:8]) == (196608,))
    words = start[8:].rstrip(b"\0").split(b"\0")
    assert dict(zip(words[::2], words[1::2], strict=True)) == {
        b"user": b"function",
        b"database": b"mail",
        b"application_name": b"mailroom",
    }


def test_nothing_is_prepared_in_the_session(store_login: Database, database: Database) -> None:
    """What one transaction prepared, the next one of a pooler does not know."""
    store = PostgresMailStore(store_login, "a key of this test only")
    for number in range(8):
        store.store(envelope(f"m{number}"), "text", ORIGINAL, [])
        store.quarantine(note(f"q{number}"))
        assert store_login.one("SELECT count(*) FROM pg_prepared_statements") == (0,)


def test_a_transaction_leaves_nothing_in_the_session(store_login: Database, database: Database) -> None:
    """Neither a lock nor a setting: a pooler gives the next transaction another session."""
    before = settings(store_login)
    PostgresMailStore(store_login, "a key of this test only").store(envelope("a"), "text", ORIGINAL, [])
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert (store_login.one(held), settings(store_login)) == ((0,), before)
