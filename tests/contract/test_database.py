"""The connection: it survives the server's restart, and no driver's error passes it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.errors import MailroomError, Permanent, Retryable
from infra.local.patience import scaled
from infra.local.servers import Postgres, free_port
from tests.contract.mails import ORIGINAL, envelope, mail_id

KEY = "a key of this test only"


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    return database.all(query)


def test_a_restart_of_the_server_between_calls_is_not_noticed(postgres: Postgres, database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    store.store(envelope("a"), "text", ORIGINAL, [])
    postgres.stop()
    postgres.start()
    assert store.store(envelope("b"), "text", ORIGINAL, []).outcome == "stored"


def test_a_crash_of_the_server_loses_no_stored_mail(postgres: Postgres, database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    store.store(envelope("a"), "text", ORIGINAL, [])
    postgres.kill()
    postgres.start()
    assert store.ledger_state([mail_id("a")]) == {mail_id("a"): ("stored", "")}


def test_a_server_that_is_down_is_a_quick_passing_failure(postgres: Postgres, database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    store.ping()
    postgres.stop()
    started = time.monotonic()
    try:
        with pytest.raises(Retryable, match="database_unavailable"):
            store.store(envelope("a"), "text", ORIGINAL, [])
    finally:
        postgres.start()
    assert time.monotonic() - started < 5


def test_a_server_that_comes_back_is_used_again(postgres: Postgres, database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    postgres.stop()
    with pytest.raises(Retryable):
        store.ping()
    postgres.start()
    store.ping()


def test_no_error_shows_the_url_or_a_value() -> None:
    with pytest.raises(Retryable) as caught:
        Database(f"postgresql://someone:a-secret@127.0.0.1:{free_port()}/nowhere").ping()
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_missing_table_has_a_code_of_its_own(database: Database) -> None:
    with pytest.raises(Retryable, match="database_unusable"):
        rows(database, "SELECT * FROM core.nothing_here")


def test_a_failed_statement_leaves_the_connection_usable(database: Database) -> None:
    with pytest.raises(Retryable):
        rows(database, "SELECT * FROM core.nothing_here")
    database.ping()


@pytest.fixture
def impatient(postgres: Postgres) -> Iterator[Database]:
    """A login whose role waits for nothing."""
    with psycopg.connect(postgres.start(), autocommit=True) as owner:
        owner.execute("CREATE ROLE impatient LOGIN PASSWORD 'hasty'")
        for setting in ("statement_timeout", "lock_timeout"):
            owner.execute(f"ALTER ROLE impatient SET {setting} = '{'2s' if setting[0] == 's' else '50ms'}'".encode())
        own = Database(as_user(postgres, "impatient", "hasty"))
        yield own
        own.close()
        owner.execute("DROP ROLE impatient")


def as_user(postgres: Postgres, user: str, password: str) -> str:
    return f"postgresql://{user}:{password}@{postgres.url.rpartition('@')[2]}"


def test_a_statement_that_takes_too_long_is_a_passing_failure(impatient: Database) -> None:
    with pytest.raises(Retryable, match="database_unavailable"):
        rows(impatient, "SELECT pg_sleep(30)")


def test_work_that_raises_is_rolled_back(database: Database) -> None:
    class Sudden(Exception):
        pass

    def work(connection: Any) -> None:
        connection.execute("INSERT INTO core.flags (name, value, author) VALUES ('a', true, 'me')")
        raise Sudden

    with pytest.raises(Sudden):
        database.run(work)
    assert rows(database, "SELECT count(*) FROM core.flags") == [(0,)]


def test_a_connection_lost_in_the_work_is_replaced_and_the_work_done_once_more(database: Database) -> None:
    database.ping()
    calls = []

    def work(connection: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    database.run(work)
    assert len(calls) == 2


def test_a_connection_lost_at_every_try_is_a_passing_failure(database: Database) -> None:
    with pytest.raises(Retryable, match="database_unavailable"):
        rows(database, "SELECT pg_terminate_backend(pg_backend_pid())")


def test_after_a_lost_commit_nothing_is_repeated(postgres: Postgres, database: Database) -> None:
    database.ping()
    calls = []

    def work(connection: Any) -> None:
        calls.append(1)
        connection.execute("SELECT 1")
        with psycopg.connect(postgres.url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))

    with pytest.raises(Retryable, match="database_unavailable"):
        database.run(work)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("40001", Retryable("database_busy")),
        ("40P01", Retryable("database_busy")),
        ("55P03", Retryable("database_busy")),
        ("23505", Retryable("database_busy")),
        ("57014", Retryable("database_unavailable")),
        ("53300", Retryable("database_unavailable")),
        ("42501", Retryable("database_unusable")),
        ("22021", Permanent("database_rejected")),
        ("23514", Permanent("database_rejected")),
        ("54000", Permanent("database_rejected")),
        ("57P01", Retryable("database_unavailable")),
        ("3F000", Retryable("database_unusable")),
        ("XX000", Retryable("database_unavailable")),
    ],
)
def test_each_class_of_error_has_its_code(database: Database, state: str, expected: MailroomError) -> None:
    with pytest.raises(type(expected)) as caught:
        rows(database, f"DO $$ BEGIN RAISE EXCEPTION 'a secret' USING ERRCODE = '{state}'; END $$")
    assert (caught.value.code, caught.value.__context__) == (expected.code, None)


def test_a_lock_that_another_holds_is_not_waited_for_long(postgres: Postgres, impatient: Database) -> None:
    with psycopg.connect(postgres.url) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(1)")
        with pytest.raises(Retryable, match="database_busy"):
            rows(impatient, "SELECT pg_advisory_xact_lock(1)")


def test_importing_the_adapters_loads_no_driver() -> None:
    adapters = "store, outbox, flags"
    code = f"import sys; from chalicelib.adapters.postgres import {adapters}; sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=scaled(60)).returncode == 0
