"""Parts in PostgreSQL. The driver is loaded with the first connection, not with this module."""

from __future__ import annotations

from chalicelib.adapters.postgres.archive import PostgresArchive
from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.exclusions import PostgresExclusions
from chalicelib.adapters.postgres.flags import PostgresFlagStore
from chalicelib.adapters.postgres.ledger import PostgresLedger
from chalicelib.adapters.postgres.outbox import PostgresOutbox
from chalicelib.adapters.postgres.overdue import PostgresOpenDeliveries
from chalicelib.adapters.postgres.reconciliations import PostgresReconciliations
from chalicelib.adapters.postgres.reports import PostgresReports
from chalicelib.adapters.postgres.rules import PostgresRuleStore
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.bootstrap.container import Container
from chalicelib.ports import (
    Archive,
    Exclusions,
    FlagStore,
    Ledger,
    MailStore,
    OpenDeliveries,
    Outbox,
    ReconciliationStore,
    Reports,
    RuleStore,
)


def database(parts: Container) -> Database:
    """The function's own login."""
    return Database(lambda: parts.backend_secrets.text("database_url"))


def store(parts: Container) -> MailStore:
    """Stored mail. The key is read when a mail is stored: one of the functions that use this store has it."""
    return PostgresMailStore(parts.database, lambda: parts.backend_secrets.text("raw_key"))


def ledger(parts: Container) -> Ledger:
    """Each mail's state."""
    return PostgresLedger(parts.database)


def outbox(parts: Container) -> Outbox:
    """Notices that wait to be sent."""
    return PostgresOutbox(parts.database)


def exclusions(parts: Container) -> Exclusions:
    """Excluded mail."""
    return PostgresExclusions(parts.database)


def open_deliveries(parts: Container) -> OpenDeliveries:
    """Webhooks that are not delivered yet."""
    return PostgresOpenDeliveries(parts.database)


def reports(parts: Container) -> Reports:
    """What the operator's pages show of the mail."""
    return PostgresReports(parts.database)


def looks(parts: Container) -> ReconciliationStore:
    """What the last comparison of each mailbox found."""
    return PostgresReconciliations(parts.database)


def archive(parts: Container) -> Archive:
    """Mail whose retention may be over."""
    return PostgresArchive(parts.database)


def flag_store(parts: Container) -> FlagStore:
    """The runtime flags as the operator set them."""
    return PostgresFlagStore(parts.database)


def rule_store(parts: Container) -> RuleStore:
    """All versions of the operator's rules."""
    return PostgresRuleStore(parts.database)
