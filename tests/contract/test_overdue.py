"""`ports.OpenDeliveries` with the rows that the store writes: the same cases over the twin and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.deliveries import PostgresDeliveryStore
from chalicelib.adapters.postgres.overdue import PostgresOpenDeliveries
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import Retryable
from chalicelib.core.messages import Routing
from chalicelib.operations import overdue_webhooks
from chalicelib.ports import DeliveryStore, MailStore, OpenDeliveries
from tests.aws_at import closed_port
from tests.contract.mails import ORIGINAL, RECEIPT, envelope, mail_id
from tests.twins.delivery import MemoryDeliveryStore, MemoryLinkStore
from tests.twins.overdue import MemoryOpenDeliveries
from tests.twins.store import MemoryMailStore

KEY = "a key of this test only"
MINUTE, HOUR = 60.0, 3600.0
WAITS = (30 * MINUTE, 2 * HOUR, 5 * HOUR)
RESTS = (HOUR, 2 * HOUR)
HELD = "2026-01-02T08:00:00+00:00"
BOTH = Routing(3, ("files", "bôth"), "topic", "high", "patient", ("desk", "shop"), offload=True, hold_until=HELD)
MAIL = mail_id("a")


@dataclass
class Bench:
    """The stores over one place."""

    mails: MailStore
    deliveries: DeliveryStore
    open: OpenDeliveries

    def store(self, name: str = "a", routing: Routing | None = BOTH) -> None:
        self.mails.store(envelope(name, routing=routing), "Dear <PERSON_1>", ORIGINAL, [])

    def count(self, hours: float = 1) -> tuple[int, int]:
        return self.open.count(utc_now() + timedelta(hours=hours), WAITS)

    def due(self, hours: float = 1, limit: int = 10) -> list[tuple[str, str]]:
        """(mail id, destination) after so many hours."""
        found = self.open.due(utc_now() + timedelta(hours=hours), WAITS, RESTS, limit)
        return [(one.message.mail_id, *one.message.routing.webhooks) for one in found if one.message.routing]  # type: ignore[misc]

    def resent(self, hours: float, name: str = "desk") -> None:
        self.open.resent([(MAIL, name)], utc_now() + timedelta(hours=hours))


def memory(_: Callable[[], Database]) -> Bench:
    store = MemoryMailStore()
    return Bench(store, MemoryDeliveryStore(store, MemoryLinkStore(store)), MemoryOpenDeliveries(store))


def postgres(database: Callable[[], Database]) -> Bench:
    made = database()
    return Bench(PostgresMailStore(made, KEY), PostgresDeliveryStore(made, KEY), PostgresOpenDeliveries(made))


@pytest.fixture(params=[memory, postgres], ids=["memory", "postgres"])
def bench(request: pytest.FixtureRequest) -> Bench:
    made: Bench = request.param(lambda: request.getfixturevalue("database"))
    return made


def test_a_stored_mail_has_its_webhooks_waiting(bench: Bench) -> None:
    bench.store()
    assert bench.count() == (2, 2)


def test_a_mail_without_webhooks_waits_for_none(bench: Bench) -> None:
    bench.store("a", None)
    bench.store("b", Routing(1, ("files",), offload=True))
    assert bench.count() == (0, 0)


def test_a_mail_that_is_stored_again_waits_once(bench: Bench) -> None:
    bench.store()
    bench.deliveries.claim(MAIL, "desk", [], links=False)
    bench.deliveries.delivered(MAIL, "desk", 204, RECEIPT)
    bench.store()
    assert bench.due() == [(MAIL, "shop")]


def test_a_duplicate_waits_for_nothing(bench: Bench) -> None:
    bench.mails.store(envelope("b", identities=("same",)), "text", ORIGINAL, [])
    bench.mails.store(envelope("a", identities=("same",), routing=BOTH), "text", ORIGINAL, [])
    assert bench.count() == (0, 0)


def test_what_waits_for_a_short_time_is_not_overdue(bench: Bench) -> None:
    bench.store()
    assert (bench.count(0.4), bench.due(0.4)) == ((2, 0), [])


def test_the_message_is_made_again_as_the_rules_asked(bench: Bench) -> None:
    bench.store()
    [desk, _] = bench.open.due(utc_now() + timedelta(hours=1), WAITS, RESTS, 10)
    message, sent = desk.message, envelope("a")
    shown = (message.mail_id, message.account, message.source, message.spool_key, message.received_at, message.trace_id)
    assert shown == (sent.mail_id, sent.account, sent.source, sent.spool_key, sent.received_at, sent.trace_id)
    assert (message.routing, message.content, desk.attempts) == (
        Routing(3, BOTH.rules, "topic", "high", "patient", ("desk",), True, HELD),
        None,
        0,
    )


def test_a_webhook_that_was_tried_is_overdue_after_its_next_try(bench: Bench) -> None:
    bench.store("a", Routing(1, webhooks=("desk",)))
    bench.deliveries.claim(MAIL, "desk", [], links=False)
    bench.deliveries.failed(MAIL, "desk", "webhook_failed", final=False)
    assert (bench.due(1.9), bench.due(2.1)) == ([], [(MAIL, "desk")])


def test_more_tries_than_the_waits_have_wait_as_the_last(bench: Bench) -> None:
    bench.store("a", Routing(1, webhooks=("desk",)))
    for _ in range(7):
        bench.deliveries.failed(MAIL, "desk", "webhook_failed", final=False)
    assert (bench.count(4.9), bench.count(5.1)) == ((1, 0), (1, 1))


@pytest.mark.parametrize("end", ["delivered", "refused", "given_up"])
def test_what_has_an_end_does_not_wait(bench: Bench, end: str) -> None:
    bench.store("a", Routing(1, webhooks=("desk",)))
    if end == "delivered":
        bench.deliveries.delivered(MAIL, "desk", 200, RECEIPT)
    elif end == "refused":
        bench.deliveries.failed(MAIL, "desk", "webhook_refused", final=True)
    else:
        bench.deliveries.given_up(MAIL, "desk", "retries_exhausted:webhook_failed")
    assert (bench.count(), bench.due()) == ((0, 0), [])


def test_giving_up_undoes_no_delivery_and_makes_no_record(bench: Bench) -> None:
    bench.store("a", Routing(1, webhooks=("desk",)))
    bench.deliveries.delivered(MAIL, "desk", 200, RECEIPT)
    bench.deliveries.given_up(MAIL, "desk", "destination_unknown")
    bench.deliveries.given_up(MAIL, "nobody", "destination_unknown")
    assert bench.deliveries.claim(MAIL, "desk", [], links=False).delivered
    assert bench.count() == (0, 0)


def test_what_was_given_up_and_begun_again_waits_again(bench: Bench) -> None:
    bench.store("a", Routing(1, webhooks=("desk",)))
    bench.deliveries.given_up(MAIL, "desk", "destination_unknown")
    bench.deliveries.claim(MAIL, "desk", [], links=False)
    assert bench.count() == (1, 1)


def test_a_delivery_without_routing_is_not_made_again(bench: Bench) -> None:
    bench.store("a", None)
    bench.deliveries.claim(MAIL, "desk", [], links=False)
    assert bench.count() == (0, 0)


def test_what_was_sent_again_rests_longer_each_time_and_then_for_good(bench: Bench) -> None:
    bench.store("a", Routing(1, webhooks=("desk",)))
    seen = []
    for hours in (1, 1.9, 2.1, 4, 4.2, 400):
        due = bench.due(hours)
        seen.append(len(due))
        if due:
            bench.resent(hours)
    assert seen == [1, 0, 1, 0, 1, 0]


def test_a_delivery_that_begins_again_has_all_its_pauses_ahead(bench: Bench) -> None:
    bench.store("a", Routing(1, webhooks=("desk",)))
    for _ in range(3):
        bench.resent(0)
    assert bench.due(50) == []
    bench.deliveries.claim(MAIL, "desk", [], links=False)
    assert bench.due(50) == [(MAIL, "desk")]


def test_the_oldest_go_first_and_no_more_than_asked_for(bench: Bench) -> None:
    for name in "cab":
        bench.store(name, Routing(1, webhooks=("desk",)))
    assert bench.due(limit=2) == [(mail_id("c"), "desk"), (mail_id("a"), "desk")]


@pytest.mark.parametrize("rests", [overdue_webhooks.RESTS, overdue_webhooks.BY_HAND], ids=["sweep", "operator"])
def test_the_times_that_are_in_use_are_understood(bench: Bench, rests: tuple[float, ...]) -> None:
    bench.store("a", Routing(1, webhooks=("desk",)))
    later = utc_now() + timedelta(hours=1)
    found = bench.open.due(later, overdue_webhooks.WAITS, rests, overdue_webhooks.LIMIT)
    assert (bench.open.count(later, overdue_webhooks.WAITS), len(found)) == ((1, 1), 1)


def test_nothing_sent_is_nothing_to_remember(bench: Bench) -> None:
    bench.open.resent([], utc_now())


def test_names_that_postgresql_does_not_take_do_not_lose_the_mail(bench: Bench) -> None:
    odd = Routing(1, ("a\x00\ud800",) * 600, "\x00", "low", "\ud800", ("de\x00sk", ""))
    bench.store("a", odd)
    assert bench.due() == [(MAIL, "de\ufffdsk")]


def test_an_erased_or_expired_mail_waits_for_nothing(database: Database) -> None:
    bench = postgres(lambda: database)
    bench.store("a")
    database.run(lambda connection: connection.execute("UPDATE core.ledger SET expired_at = now()"))
    assert (bench.count(), bench.due()) == ((0, 0), [])


def test_without_a_database_the_sweep_comes_again() -> None:
    away = PostgresOpenDeliveries(Database(f"postgresql://nobody@127.0.0.1:{closed_port()}/none"))
    with pytest.raises(Retryable, match="database_unavailable"):
        away.count(utc_now(), WAITS)
