"""Servers for the whole test session: each is started once, by the first test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_timeout
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from chalicelib.adapters.postgres.database import Database
from infra.database.migrate import migrate
from infra.local.patience import scaled
from infra.local.servers import Emulator, Postgres, Valkey
from infra.local.surroundings import forget_the_cloud, reach_loopback_directly

forget_the_cloud()
reach_loopback_directly()

DEPLOYED = ("tests/e2e/", "tests/stack/")
"""Tests of one deployed stack, in this order: they wait for it more than they compute."""

settings.register_profile("fixed", derandomize=True)
settings.register_profile("search", max_examples=1_000, print_blob=True)
settings.load_profile("fixed")
"""A change is judged by the same examples each time; `make fuzz` looks for new ones."""

TABLES = (
    "core.ledger",
    "core.ledger_totals",
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
    "ingestion.reconciliations",
    "ingestion.mail_before",
    "ingestion.emails",
    "ingestion.emails_raw",
    "ingestion.email_identities",
)


class TwoHalves(LoadScopeScheduling):
    """With `-n 2` one process runs the tests of the stack, the other all others file by file."""

    def _split_scope(self, nodeid: str) -> str:
        return "stack" if nodeid.startswith(DEPLOYED) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> TwoHalves:
    return TwoHalves(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> Any:
    """Time limits of tests are written for a quiet machine; what the tests assert stays as it is."""
    return pytest_timeout.pytest_timeout_set_timer(item, settings._replace(timeout=scaled(settings.timeout)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The tests of the stack first, because they take longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(DEPLOYED))
    config.option.loadscopereorder = False


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
