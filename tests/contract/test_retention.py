"""Retention over a real PostgreSQL: what goes, what stays, and that doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.adapters.postgres.archive import BELONGINGS, PostgresArchive
from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.outbox import PostgresOutbox
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import Retryable
from chalicelib.core.mail_ids import MailRef
from chalicelib.data_rights.retention import Removed, Retention
from chalicelib.ports import SpoolEntry, Stored
from tests.contract.mails import ORIGINAL, RECEIPT, envelope, exclusion, mail_id, note
from tests.twins.spool import MemorySpool

KEY = "a key of this test only"
NOW = datetime(2026, 1, 31, tzinfo=UTC)
PREFIXES = ("sealed", "fetched", "text", "links")


class Silent:
    """Telemetry that keeps what it is given."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def log(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event} | fields)

    def warn(self, event: str, **fields: Any) -> None:
        """Keep a line, as `log`."""
        self.log(event, **fields)

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        """Counts are not looked at here."""


class World:
    """Mails of two accounts, in the database and in the spool."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = PostgresMailStore(database, KEY)
        self.archive = PostgresArchive(database)
        self.spool: MemorySpool = MemorySpool()
        self.telemetry = Silent()

    def mail(self, name: str, days: int, account: str = "practice") -> str:
        """A stored mail, received so many days ago."""
        received = (NOW - timedelta(days=days)).isoformat()
        self.store.store(envelope(name, account=account, received_at=received), "text", ORIGINAL, [RECEIPT])
        statement = "INSERT INTO core.deliveries (mail_id, destination) VALUES (%s, 'crm') ON CONFLICT DO NOTHING"
        self.database.run(lambda connection: connection.execute(statement, (mail_id(name),)))
        for prefix in PREFIXES:
            self.spool.put(f"{prefix}/{account}/{mail_id(name)}", b"Ada")
        return mail_id(name)

    def retention(self, days: Mapping[str, int], originals: Mapping[str, int] | None = None) -> Retention:
        return Retention(self.archive, self.spool, self.telemetry, days, originals or {}, lambda: NOW)

    def tables_of(self, identifier: str) -> set[str]:
        """Tables that hold something of a mail."""
        names = ("core.ledger", "ingestion.emails_raw", *BELONGINGS)
        query = "SELECT count(*) FROM {} WHERE mail_id = %s"

        def count(table: str) -> int:
            [found] = self.database.run(
                lambda connection: connection.execute(query.format(table).encode(), (identifier,)).fetchall()
            )
            return int(found[0])

        return {table for table in names if count(table)}


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def plenty() -> float:
    return 300.0


def test_mail_over_its_time_leaves_nothing_but_its_ledger_row(world: World) -> None:
    old = world.mail("old", 31)
    world.retention({"practice": 30}).run(100, plenty)
    assert (world.tables_of(old), world.spool.objects) == ({"core.ledger"}, {})


def test_every_table_was_filled_before(world: World) -> None:
    held = world.tables_of(world.mail("old", 31))
    assert held == {"core.ledger", "ingestion.emails_raw", *BELONGINGS} - {"core.exclusions"}


def test_mail_that_the_rules_kept_out_goes_with_what_they_said_of_it(world: World) -> None:
    world.store.exclude(exclusion("kept out"))
    world.retention({"practice": 1}).run(100, plenty)
    assert world.tables_of(mail_id("kept out")) == {"core.ledger"}


def test_an_upload_goes_by_its_own_age(world: World) -> None:
    world.spool = MemorySpool(lambda: NOW - timedelta(days=31))
    for account in ("practice", "personal"):
        world.spool.put(f"uploads/{account}/one", b"Ada")
    world.retention({"practice": 30}).run(100, plenty)
    assert list(world.spool.objects) == ["uploads/personal/one"]


def test_mail_within_its_time_stays_whole(world: World) -> None:
    young = world.mail("young", 29)
    world.retention({"practice": 30}).run(100, plenty)
    assert len(world.tables_of(young)) == 1 + len(BELONGINGS)
    assert len(world.spool.objects) == len(PREFIXES)


def test_an_account_without_days_keeps_its_mail_for_ever(world: World) -> None:
    kept = world.mail("kept", 5_000, account="personal")
    world.retention({"practice": 30}).run(100, plenty)
    assert "ingestion.emails_raw" in world.tables_of(kept)


def test_the_state_stays_so_that_the_ledger_balances(world: World) -> None:
    world.mail("old", 31)
    world.mail("young", 1)
    world.retention({"practice": 30}).run(100, plenty)
    assert world.store.ledger_counts() == {"stored": 2}


def test_originals_go_before_the_anonymized_mail(world: World) -> None:
    mail = world.mail("a", 31)
    world.retention({"practice": 365}, {"practice": 30}).run(100, plenty)
    assert world.tables_of(mail) == {"core.ledger", *BELONGINGS} - {"core.exclusions"}
    assert list(world.spool.objects) == [f"text/practice/{mail}"]


def test_a_second_run_removes_nothing(world: World) -> None:
    world.mail("a", 31)
    retention = world.retention({"practice": 30}, {"practice": 10})
    assert retention.run(100, plenty).mails == {"returned": 0, "mails": 1}
    assert retention.run(100, plenty).mails == {"returned": 0}


def test_a_mail_in_quarantine_is_left_to_the_operator(world: World) -> None:
    world.store.quarantine(note("given up"))
    assert world.retention({"practice": 1}).due(10) == {"mails": [], "originals": []}


def test_a_run_is_bounded_and_the_next_one_goes_on(world: World) -> None:
    for number in range(5):
        world.mail(f"m{number}", 40 + number)
    retention = world.retention({"practice": 30})
    first, second = retention.run(3, plenty), retention.run(3, plenty)
    assert (first.mails["mails"], first.complete, second.mails["mails"], second.complete) == (3, False, 2, True)


def test_the_oldest_goes_first(world: World) -> None:
    world.mail("younger", 40)
    older = world.mail("older", 50)
    world.retention({"practice": 30}).run(1, plenty)
    assert world.tables_of(older) == {"core.ledger"}


def test_a_run_stops_before_its_time_is_over(world: World) -> None:
    for number in range(30):
        world.mail(f"m{number}", 40)
    removed = world.retention({"practice": 30}).run(100, lambda: 10.0)
    assert (removed.complete, removed.mails["mails"]) == (False, 25)


def test_what_is_due_is_only_listed(world: World) -> None:
    old = world.mail("old", 31)
    due = world.retention({"practice": 30}).due(10)
    assert (due["mails"], len(world.tables_of(old))) == ([MailRef(old, "practice")], 1 + len(BELONGINGS))


def test_while_the_spool_is_away_no_row_goes(world: World) -> None:
    old = world.mail("old", 31)
    world.spool.down = True
    with pytest.raises(Retryable):
        world.retention({"practice": 30}).run(100, plenty)
    assert "ingestion.emails_raw" in world.tables_of(old)


def test_what_was_removed_is_logged_by_id_alone(world: World) -> None:
    old = world.mail("old", 31)
    world.retention({"practice": 30}).run(100, plenty)
    assert world.telemetry.lines == [{"event": "expired", "kind": "mails", "mail_id": old, "account": "practice"}]


def test_a_repeat_of_a_mail_that_is_over_its_time_is_not_stored_again(world: World) -> None:
    old = world.mail("old", 31)
    world.retention({"practice": 30}).run(100, plenty)
    again = world.store.store(envelope("old"), "text", ORIGINAL, [])
    assert (again, world.tables_of(old)) == (Stored("already_stored", old), {"core.ledger"})


def test_a_notice_that_was_not_sent_goes_with_its_mail(world: World) -> None:
    world.mail("old", 31)
    world.retention({"practice": 30}).run(100, plenty)
    assert PostgresOutbox(world.database).claim(5, 60).notices == ()


class Slow(MemorySpool):
    """Each deletion takes `cost` seconds of `left`, and each listed object one."""

    left, cost = 300.0, 1.0

    def delete(self, *keys: str) -> None:
        self.left -= self.cost
        super().delete(*keys)

    def list(self, prefix: str, after: str = "") -> Iterator[SpoolEntry]:
        for entry in super().list(prefix, after):
            self.left -= 1
            yield entry


def hourly(retention: Retention, spool: Slow, seconds: float = 300.0) -> Removed:
    spool.left = seconds
    removed = retention.run(1_000, lambda: spool.left)
    assert spool.left > 0
    return removed


def test_a_slow_spool_ends_the_run_between_two_batches(world: World) -> None:
    world.spool = spool = Slow()
    spool.cost = 10.0
    mails = [world.mail(f"m{number}", 40) for number in range(90)]
    retention = world.retention({"practice": 30})
    first = hourly(retention, spool, 45.0)
    gone = [mail for mail in mails if world.tables_of(mail) == {"core.ledger"}]
    assert (first.complete, 0 < len(gone) < 90, first.mails["mails"]) == (False, True, len(gone))
    assert hourly(retention, spool, 45.0).mails["mails"] == 90 - len(gone)


def test_uploads_do_not_keep_mail_from_expiring(world: World) -> None:
    world.spool = spool = Slow(lambda: NOW - timedelta(days=31))
    for number in range(400):
        world.spool.put(f"uploads/practice/{number}", b"Ada")
    world.mail("old", 31)
    removed = hourly(world.retention({"practice": 30}), spool)
    assert (removed.mails["mails"], removed.complete) == (1, False)


def test_mail_that_came_back_does_not_keep_other_mail_from_expiring(world: World) -> None:
    world.spool = spool = Slow()
    spool.cost = 10.0
    for number in range(100):
        world.mail(f"back {number}", 1)
    world.database.run(
        lambda connection: connection.execute("UPDATE core.ledger SET state = 'excluded', reason = 'erased'")
    )
    world.mail("old", 31)
    retention = world.retention({"practice": 30})
    retention.now = utc_now
    assert hourly(retention, spool, 60.0).mails["mails"] >= 1


def test_the_accounts_take_turns_at_being_first(world: World) -> None:
    for account in ("practice", "personal"):
        for number in range(3):
            world.mail(f"{account} {number}", 40, account)
    retention = world.retention({"practice": 30, "personal": 30})
    first: set[str] = set()
    for hour in range(2):
        retention.now = lambda hour=hour: NOW + timedelta(hours=hour)  # type: ignore[misc]
        world.telemetry.lines.clear()
        retention.run(1, plenty)
        first |= {line["account"] for line in world.telemetry.lines}
    assert first == {"practice", "personal"}
