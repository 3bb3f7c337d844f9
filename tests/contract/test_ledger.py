"""`ports.Ledger`: the same cases over the in-memory twin and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.ledger import PostgresLedger
from chalicelib.adapters.postgres.outbox import PostgresOutbox
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.messages import Routing
from chalicelib.ports import Ledger, MailStore, Outbox, Sent
from tests.contract.mails import ORIGINAL, envelope, mail_id, note
from tests.twins.ledger import Decision, MemoryLedger
from tests.twins.outbox import MemoryOutbox
from tests.twins.store import MemoryMailStore

SOON = timedelta(minutes=1)


@dataclass
class Side:
    """A ledger over the store that fills it."""

    store: MailStore
    outbox: Outbox
    ledger: Ledger
    database: Database | None = None

    def state(self, name: str) -> tuple[str, str] | None:
        return self.store.ledger_state([mail_id(name)]).get(mail_id(name))

    def decisions(self) -> list[Decision]:
        if self.database is None:
            assert isinstance(self.ledger, MemoryLedger)
            return self.ledger.decisions
        query = "SELECT mail_id::text, stage, decision, reason, author FROM core.decisions ORDER BY id"
        return [tuple(row) for row in self.database.run(lambda connection: connection.execute(query).fetchall())]


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        outbox = MemoryOutbox()
        store = MemoryMailStore(outbox)
        yield Side(store, outbox, MemoryLedger(store))
    else:
        database: Database = request.getfixturevalue("database")
        yield Side(
            PostgresMailStore(database, "a key of this test only"),
            PostgresOutbox(database),
            PostgresLedger(database),
            database,
        )


def now() -> datetime:
    return datetime.now(UTC)


def test_an_empty_ledger_has_nobody_in_quarantine(side: Side) -> None:
    assert side.ledger.quarantined() == {}


def test_quarantined_mails_have_the_time_of_their_row(side: Side) -> None:
    side.store.quarantine(note("a"))
    side.store.store(envelope("b"), "text", ORIGINAL, [])
    [(found, changed)] = side.ledger.quarantined().items()
    assert found == mail_id("a")
    assert now() - SOON < changed < now() + SOON


def test_a_stored_mail_whose_notice_waits_is_unsent(side: Side) -> None:
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert side.ledger.unsent(now() + SOON, 10) == [mail_id("a")]


def test_a_notice_that_is_young_is_not_yet_unsent(side: Side) -> None:
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert side.ledger.unsent(now() - SOON, 10) == []


def test_a_notice_that_was_sent_is_not_unsent(side: Side) -> None:
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    side.outbox.mark_sent([notice.id for notice in side.outbox.claim(10, 60).notices], Sent(1, "-100"))
    assert side.ledger.unsent(now() + SOON, 10) == []


def test_a_notice_that_is_held_is_unsent_from_its_own_time_on(side: Side) -> None:
    due = now() + timedelta(hours=1)
    routing = Routing(1, ("held",), hold_until=due.isoformat())
    side.store.store(envelope("a", routing=routing), "text", ORIGINAL, [])
    assert [side.ledger.unsent(due + margin, 10) for margin in (-SOON, SOON)] == [[], [mail_id("a")]]


def test_a_notice_of_the_system_is_no_mail(side: Side) -> None:
    side.outbox.add_system("key", {"text": "x"})
    assert side.ledger.unsent(now() + SOON, 10) == []


def test_of_many_unsent_the_oldest_are_listed(side: Side) -> None:
    for name in "abc":
        side.store.store(envelope(name), "text", ORIGINAL, [])
    assert side.ledger.unsent(now() + SOON, 2) == [mail_id("a"), mail_id("b")]


def test_a_discarded_mail_is_excluded_with_its_reason(side: Side) -> None:
    side.store.quarantine(note("a"))
    assert side.ledger.discard(note("a"), "spam", "ann") == "excluded"
    assert side.state("a") == ("excluded", "discarded:spam")


def test_a_mail_without_a_row_is_discarded_too(side: Side) -> None:
    assert side.ledger.discard(note("a"), "spam", "ann") == "excluded"
    assert side.state("a") == ("excluded", "discarded:spam")


def test_a_stored_mail_stays_stored_when_its_failed_message_is_discarded(side: Side) -> None:
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert side.ledger.discard(note("a"), "spam", "ann") == "stored"
    assert side.state("a") == ("stored", "")


def test_a_duplicate_stays_a_duplicate_when_its_failed_message_is_discarded(side: Side) -> None:
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    side.store.store(envelope("b", identities=("identity-a",)), "text", ORIGINAL, [])
    side.ledger.discard(note("b"), "spam", "ann")
    assert side.state("b") == ("excluded", "duplicate")


def test_a_discarded_mail_is_no_longer_in_quarantine(side: Side) -> None:
    side.store.quarantine(note("a"))
    side.ledger.discard(note("a"), "spam", "ann")
    assert side.ledger.quarantined() == {}


def test_a_discarded_mail_that_comes_again_is_stored(side: Side) -> None:
    side.ledger.discard(note("a"), "spam", "ann")
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert side.state("a") == ("stored", "")


def test_every_decision_is_recorded_with_its_author(side: Side) -> None:
    side.store.quarantine(note("a"))
    side.ledger.redriven("anonymize", [mail_id("a")], "ann")
    side.ledger.redriven("anonymize", None, "bob")
    side.ledger.discard(note("a"), "spam", "eve")
    assert side.decisions() == [
        (mail_id("a"), "anonymize", "redriven", "", "ann"),
        (None, "anonymize", "redriven", "", "bob"),
        (mail_id("a"), "anonymize", "discarded", "spam", "eve"),
    ]


def test_a_redriven_mail_stays_in_quarantine_until_it_ends_again(side: Side) -> None:
    side.store.quarantine(note("a"))
    side.ledger.redriven("anonymize", [mail_id("a")], "ann")
    assert side.state("a") == ("quarantined", "mime_unreadable")


@pytest.mark.parametrize("all_of_the_stage", [True, False])
def test_the_row_of_a_redriven_mail_says_since_when(side: Side, all_of_the_stage: bool) -> None:
    side.store.quarantine(note("a"))
    before = side.ledger.quarantined()[mail_id("a")]
    side.ledger.redriven("anonymize", None if all_of_the_stage else [mail_id("a")], "ann")
    assert side.ledger.quarantined()[mail_id("a")] > before


def test_a_quarantined_mail_without_a_failed_message_is_written_off(side: Side) -> None:
    side.store.quarantine(note("a"))
    assert side.ledger.write_off(mail_id("a"), "gone", "ann")
    assert side.state("a") == ("excluded", "discarded:gone")
    assert [(decision, reason, author) for _, _, decision, reason, author in side.decisions()] == [
        ("discarded", "gone", "ann")
    ]


def test_what_is_not_in_quarantine_cannot_be_written_off(side: Side) -> None:
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert [side.ledger.write_off(mail_id(name), "gone", "ann") for name in "ab"] == [False, False]
    assert (side.state("a"), side.decisions()) == (("stored", ""), [])


@pytest.mark.parametrize("author", ["", "a\0b", "x" * 101], ids=["empty", "nul", "long"])
def test_an_author_that_does_not_fit_is_refused(side: Side, author: str) -> None:
    with pytest.raises(Permanent, match="database_rejected"):
        side.ledger.redriven("anonymize", [mail_id("a")], author)
    with pytest.raises(Permanent, match="database_rejected"):
        side.ledger.discard(note("a"), "spam", author)


def test_a_refused_discard_leaves_the_mail_in_quarantine(side: Side) -> None:
    side.store.quarantine(note("a"))
    with pytest.raises(Permanent):
        side.ledger.discard(note("a"), "spam", "x" * 101)
    assert side.state("a") == ("quarantined", "mime_unreadable")


def test_an_unreachable_ledger_is_a_passing_failure() -> None:
    ledger = PostgresLedger(Database("postgresql://nobody@127.0.0.1:1/none", connect_timeout=2))
    with pytest.raises(Retryable, match="database_unavailable"):
        ledger.quarantined()


def test_a_late_repeat_of_a_note_does_not_undo_a_discard(database: Database) -> None:
    side = Side(PostgresMailStore(database, "key"), PostgresOutbox(database), PostgresLedger(database))
    side.store.quarantine(note("a"))
    side.ledger.discard(note("a"), "spam", "ann")
    side.store.quarantine(note("a"))
    assert side.state("a") == ("excluded", "discarded:spam")


def test_a_new_quarantine_after_a_discard_counts(database: Database) -> None:
    side = Side(PostgresMailStore(database, "key"), PostgresOutbox(database), PostgresLedger(database))
    side.ledger.discard(note("a"), "spam", "ann")
    side.store.quarantine(note("a").changed(last_at=(now() + SOON).isoformat()))
    assert side.state("a") == ("quarantined", "mime_unreadable")
