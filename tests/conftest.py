"""Servers for the whole test session: each is started once, by the first test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.servers import Emulator, Postgres, Valkey
from infra.migrate import migrate


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
