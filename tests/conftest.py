"""Servers for the whole test session: each is started once, by the first test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.adapters.postgres import Database
from infra.local.servers import Emulator, Postgres, Valkey
from infra.migrate import migrate

TABLES = (
    "core.ledger",
    "core.deliveries",
    "ingestion.links",
    "core.action_receipts",
    "core.outbox",
    "core.chats",
    "core.flags",
    "core.flag_changes",
    "core.decisions",
    "core.exclusions",
    "core.rule_versions",
    "core.erasures",
    "ingestion.email_accounts",
    "ingestion.emails",
    "ingestion.emails_raw",
    "ingestion.email_identities",
)


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's servers keep their data."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def postgres(server_folder: Path) -> Iterator[Postgres]:
    """A migrated PostgreSQL. A test that stops it starts it again."""
    server = Postgres(server_folder, durable=False)
    try:
        migrate(server.start())
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def valkey(server_folder: Path) -> Iterator[Valkey]:
    """A Valkey server."""
    server = Valkey(server_folder)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def emulator(server_folder: Path) -> Iterator[Emulator]:
    """An empty AWS emulator."""
    server = Emulator(server_folder)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    """A connection to the session's PostgreSQL, every table empty."""
    connection = Database(postgres.start())
    connection.run(lambda inner: inner.execute(f"TRUNCATE {', '.join(TABLES)}"))
    yield connection
    connection.close()
