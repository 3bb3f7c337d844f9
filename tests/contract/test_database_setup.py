"""A broken set-up of the database is reported at once and by name; a server that may come back is waited for."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import OperationalError

from chalicelib.adapters.postgres import failures
from chalicelib.adapters.postgres.database import Database
from chalicelib.core.errors import ConfigurationError, Retryable
from infra.local.certificates import authority
from infra.local.servers import Postgres, free_port
from tests.unit.adapters.broken import raw_server

SECRET = "a-secret-password"


def failure(url: str) -> Exception:
    """What a ping raises. The URL and its parts are in no text, and no error of the driver hangs on it."""
    database = Database(url, connect_timeout=2)
    with pytest.raises((ConfigurationError, Retryable)) as caught:
        database.ping()
    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    assert not [part for part in (SECRET, "someone", "127.0.0.1") if part in f"{error} {error!r}"]
    return error


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not a url",
        "mysql://someone:x@127.0.0.1/db",
        "postgresql://",
        "postgresql:///db",
        f"postgresql://someone:{SECRET}@no such host/db",
        f"postgresql://someone:{SECRET}@two..dots/db",
        f"postgresql://someone:{SECRET}@{'a' * 70}.example/db",
        f"postgresql://someone:{SECRET}@[::1/db",
        f"postgresql://someone:{SECRET}@%zz/db",
        f"postgresql://someone:{SECRET}@h\udc80st/db",
        f"postgresql://someone:{SECRET}@127.0.0.1:notaport/db",
        f"postgresql://someone:{SECRET}@127.0.0.1:99999/db",
        f"postgresql://someone:{SECRET}@127.0.0.1/db?unknown=1",
        f"postgresql://someone:{SECRET}@127.0.0.1/db?sslmode=bogus",
        f"postgresql://someone:{SECRET}@127.0.0.1/db?target_session_attrs=bogus",
        f"postgresql://someone:{SECRET}@127.0.0.1/db?channel_binding=bogus",
        f"host=127.0.0.1 unknown=1 password={SECRET}",
    ],
)
def test_a_url_that_can_never_work_is_a_broken_setup(url: str) -> None:
    error = failure(url)
    assert isinstance(error, ConfigurationError)
    assert error.setting == "database_url"


def place(postgres: Postgres, user: str = "", password: str = "", name: str = "", query: str = "") -> str:
    """The server's URL with other parts."""
    parts = urlsplit(postgres.start())
    login = f"{user or parts.username}:{password or parts.password}"
    return f"postgresql://{login}@{parts.hostname}:{parts.port}/{name or 'mailroom'}{query}"


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"password": SECRET}, failures.LOGIN),
        ({"user": "someone", "password": SECRET}, failures.LOGIN),
        ({"name": "nowhere"}, failures.DATABASE),
        ({"query": "?options=-c%20bogus%3D1"}, failures.OPTION),
        ({"query": "?sslmode=require"}, failures.TRUST),
    ],
)
def test_what_the_server_refuses_for_good_is_a_broken_setup(
    postgres: Postgres, parts: dict[str, str], problem: failures.Problem
) -> None:
    error = failure(place(postgres, **parts))
    assert isinstance(error, ConfigurationError)
    assert str(error) == str(ConfigurationError("database_url", *problem))


def test_a_login_without_a_password_is_a_broken_setup(postgres: Postgres) -> None:
    parts = urlsplit(postgres.start())
    assert isinstance(
        failure(f"postgresql://{parts.username}@{parts.hostname}:{parts.port}/mailroom"), ConfigurationError
    )


def test_a_database_that_is_closed_to_the_login_is_a_broken_setup(postgres: Postgres) -> None:
    with psycopg.connect(postgres.start(), autocommit=True) as owner:
        owner.execute("CREATE DATABASE closed")
        owner.execute("REVOKE CONNECT ON DATABASE closed FROM PUBLIC")
        owner.execute("CREATE ROLE outsider LOGIN PASSWORD 'x'")
        try:
            assert isinstance(failure(place(postgres, "outsider", "x", "closed")), ConfigurationError)
        finally:
            owner.execute("DROP ROLE outsider")
            owner.execute("DROP DATABASE closed")


@pytest.fixture
def with_tls(postgres: Postgres) -> Iterator[Postgres]:
    """The server with a certificate of an authority that no client trusts."""
    with psycopg.connect(postgres.start(), autocommit=True) as owner:
        [folder] = owner.execute("SHOW data_directory").fetchone() or ("",)
        file = Path(folder) / "server.pem"
        file.write_bytes(authority().issue(("db.example",)))
        file.chmod(0o600)
        os.chown(file, Path(folder).stat().st_uid, Path(folder).stat().st_gid)
        for setting, value in {"ssl_cert_file": "server.pem", "ssl_key_file": "server.pem", "ssl": "on"}.items():
            owner.execute(f"ALTER SYSTEM SET {setting} = '{value}'".encode())
        owner.execute("SELECT pg_reload_conf()")
        yield postgres
        owner.execute("ALTER SYSTEM RESET ALL")
        owner.execute("SELECT pg_reload_conf()")


def test_a_server_that_refuses_connections_is_waited_for() -> None:
    error = failure(f"postgresql://someone:{SECRET}@127.0.0.1:{free_port()}/nowhere")
    assert (type(error), str(error)) == (Retryable, "database_unavailable")


@pytest.mark.parametrize("answer", [b"", b"E", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_server_that_talks_nonsense_is_waited_for(answer: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(answer)

    with raw_server(talk) as port:
        assert isinstance(failure(f"postgresql://someone:{SECRET}@127.0.0.1:{port}/nowhere"), Retryable)


def test_a_server_without_a_free_connection_is_waited_for(postgres: Postgres) -> None:
    with psycopg.connect(postgres.start(), autocommit=True) as owner:
        owner.execute("CREATE ROLE crowded LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
        try:
            assert isinstance(failure(place(postgres, "crowded", "x")), Retryable)
        finally:
            owner.execute("DROP ROLE crowded")


FATAL = 'connection failed: connection to server at "10.0.0.1", port 5432 failed: FATAL:  '


@pytest.mark.parametrize(
    "text",
    [
        FATAL + "the database system is starting up",
        FATAL + "the database system is shutting down",
        FATAL + "the database system is in recovery mode",
        FATAL + "sorry, too many clients already",
        FATAL + "remaining connection slots are reserved for roles with the SUPERUSER attribute",
        FATAL + "no more connections allowed (max_client_conn)",
        FATAL + "query_wait_timeout",
        FATAL + "something that no table knows",
        "failed to resolve host 'db.example': [Errno -3] Temporary failure in name resolution",
        "connection timeout expired",
        "server closed the connection unexpectedly",
        'connection to "a" failed: Connection refused\nconnection to "b" failed: FATAL:  authentication failed',
    ],
)
def test_what_may_pass_is_waited_for(text: str) -> None:
    assert isinstance(failures.at_connect(OperationalError(text)), Retryable)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (FATAL + 'password authentication failed for user "x"', failures.LOGIN),
        (FATAL + 'PAM authentication failed for user "x"', failures.LOGIN),
        (FATAL + 'no pg_hba.conf entry for host "1.2.3.4", user "x", database "y", no encryption', failures.LOGIN),
        (FATAL + 'role "x" is not permitted to log in', failures.LOGIN),
        (FATAL + "no such user: x", failures.LOGIN),
        (FATAL + "Tenant or user not found", failures.LOGIN),
        (FATAL + "This RDS proxy has no credentials for the role x. Check the credentials", failures.LOGIN),
        (FATAL + "no such database: y", failures.DATABASE),
        (FATAL + "unsupported startup parameter: options", failures.OPTION),
        ("SSL error: certificate verify failed", failures.TRUST),
        ('server certificate for "a" does not match host name "b"', failures.TRUST),
        ("SSL error: tlsv1 alert unknown ca", failures.TRUST),
        ('root certificate file "/x" does not exist', failures.TRUST),
        ("failed to resolve host 'db.exmple': [Errno -2] Name or service not known", failures.HOST),
        ('could not translate host name "x" to address: Name or service not known', failures.HOST),
    ],
)
def test_what_no_repetition_fixes_is_named(text: str, problem: failures.Problem) -> None:
    assert str(failures.at_connect(OperationalError(text))) == str(ConfigurationError("database_url", *problem))


@pytest.mark.parametrize("state", ["28P01", "28000", "3D000"])
def test_a_pooler_reports_a_broken_setup_within_a_session(database: Database, state: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        database.all(f"DO $$ BEGIN RAISE EXCEPTION 'a secret' USING ERRCODE = '{state}'; END $$")
    assert (caught.value.setting, caught.value.__context__) == ("database_url", None)
    database.ping()


def test_an_untrusted_certificate_is_a_broken_setup(with_tls: Postgres) -> None:
    problem = str(ConfigurationError("database_url", *failures.TRUST))
    for query in (
        "?sslmode=verify-full",
        "?sslmode=verify-ca&sslrootcert=system",
        "?sslmode=verify-full&sslrootcert=/none",
    ):
        assert str(failure(place(with_tls, query=query))) == problem
    unverified = Database(place(with_tls, query="?sslmode=require"))
    unverified.ping()
    unverified.close()


def test_a_new_password_is_read_for_the_next_connection(postgres: Postgres) -> None:
    urls = [place(postgres, password=SECRET), place(postgres)]
    database = Database(lambda: urls.pop(0))
    with pytest.raises(ConfigurationError):
        database.ping()
    database.ping()
    database.close()


def test_the_password_is_only_read_where_a_connection_is_made(postgres: Postgres) -> None:
    asked = []

    def url() -> str:
        asked.append(1)
        return postgres.url

    database = Database(url)
    database.ping()
    database.ping()
    database.close()
    assert len(asked) == 1
