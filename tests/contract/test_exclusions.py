"""Excluded mail, written and found: the same cases in memory and in PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.exclusions import PostgresExclusions
from chalicelib.adapters.postgres.ledger import PostgresLedger
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.errors import Permanent
from chalicelib.ports import Excluded, ExclusionQuery, Exclusions, Ledger, MailStore
from tests.contract.mails import ORIGINAL, RECEIPT, RECEIVED, at, envelope, exclusion, mail_id, note
from tests.twins.exclusions import MemoryExclusions
from tests.twins.ledger import MemoryLedger
from tests.twins.store import MemoryMailStore

BY_RULES, QUARANTINED = ("excluded", "sender_not_allowed"), ("quarantined", "mime_unreadable")
STORED, DUPLICATE, DISCARDED = ("stored", ""), ("excluded", "duplicate"), ("excluded", "discarded:spam")
EVERY = ExclusionQuery()


@dataclass
class Side:
    """A store, and what is asked about the mail that it excluded."""

    store: MailStore
    ledger: Ledger
    exclusions: Exclusions
    database: Database | None = None

    def state(self, name: str = "a") -> tuple[str, str] | None:
        return self.store.ledger_state([mail_id(name)]).get(mail_id(name))

    def found(self, query: ExclusionQuery = EVERY, after: str = "", limit: int = 100) -> list[str]:
        return [mail.mail_id for mail in self.exclusions.find(query, after, limit)]


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        store = MemoryMailStore()
        ledger = MemoryLedger(store)
        yield Side(store, ledger, MemoryExclusions(ledger))
    else:
        database: Database = request.getfixturevalue("database")
        yield Side(
            PostgresMailStore(database, "a key of this test only"),
            PostgresLedger(database),
            PostgresExclusions(database),
            database,
        )


# What a state becomes when a note, a mail or a decision arrives. What an operator does happens now, so a quarantine
# after it is of the future.
LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()


def excluded(side: Side) -> None:
    side.store.exclude(exclusion("a", minutes=1))


def excluded_again(side: Side) -> None:
    side.store.exclude(exclusion("a", "stopped_by_routing_rule", "no-newsletters", minutes=9))


def excluded_before(side: Side) -> None:
    side.store.exclude(exclusion("a", "stopped_by_routing_rule", "no-newsletters", minutes=-9))


def stored(side: Side) -> None:
    side.store.store(envelope("a", identities=("one",)), "text", ORIGINAL, [RECEIPT])


def quarantined(side: Side) -> None:
    side.store.quarantine(note("a", last_at=LATER))


def quarantined_before(side: Side) -> None:
    side.store.quarantine(note("a", last_at=at(-20)))


def discarded(side: Side) -> None:
    side.ledger.discard(note("a"), "spam", "ada")


def duplicate(side: Side) -> None:
    side.store.store(envelope("first", identities=("one",)), "text", ORIGINAL, [])
    stored(side)


Step = Callable[[Side], None]
AGAIN = ("excluded", "stopped_by_routing_rule")
PAIRS: list[tuple[tuple[Step, ...], tuple[str, str]]] = [
    ((excluded,), BY_RULES),
    ((excluded, excluded), BY_RULES),
    ((excluded, excluded_again), AGAIN),
    ((excluded, excluded_before), BY_RULES),
    ((excluded_again, excluded), AGAIN),
    ((excluded, stored), STORED),
    ((stored, excluded), STORED),
    ((excluded, stored, excluded_again), STORED),
    ((excluded, duplicate), DUPLICATE),
    ((duplicate, excluded), DUPLICATE),
    ((excluded, quarantined), QUARANTINED),
    ((excluded, quarantined_before), BY_RULES),
    ((quarantined, excluded), QUARANTINED),
    ((quarantined_before, excluded), BY_RULES),
    ((excluded, quarantined, stored), STORED),
    ((quarantined_before, excluded, stored), STORED),
    ((excluded, discarded), DISCARDED),
    ((discarded, excluded), DISCARDED),
    ((excluded, quarantined, discarded, excluded_again), DISCARDED),
]


@pytest.mark.parametrize(
    ("steps", "end"), PAIRS, ids=[", then ".join(step.__name__ for step in steps) for steps, _ in PAIRS]
)
def test_a_mail_ends_where_its_history_says(side: Side, steps: tuple[Step, ...], end: tuple[str, str]) -> None:
    for step in steps:
        step(side)
    assert side.state() == end


@pytest.mark.parametrize("steps", list(itertools.permutations((excluded, excluded_again, excluded_before))))
def test_the_latest_decision_stands_in_whatever_order_notes_arrive(side: Side, steps: tuple[Step, ...]) -> None:
    for step in steps:
        step(side)
    assert side.state() == AGAIN


def test_a_mail_is_counted_once_whatever_became_of_it(side: Side) -> None:
    for step in (excluded, quarantined, excluded_again, stored, excluded):
        step(side)
    assert side.store.ledger_counts() == {"stored": 1}


def test_an_excluded_mail_is_found_with_all_that_sends_it_on_its_way(side: Side) -> None:
    excluded(side)
    received = datetime.fromisoformat(RECEIVED)
    shown = (mail_id("a"), "practice", "gmail", "spool/a", received, "trace-1", "sender_not_allowed", "")
    assert side.exclusions.find(EVERY, "", 10) == [Excluded(*shown, "a" * 32, "b" * 32)]


@pytest.mark.parametrize("steps", [(stored,), (excluded, stored), (duplicate,), (excluded, discarded), (quarantined,)])
def test_what_the_rules_do_not_keep_out_is_not_found(side: Side, steps: tuple[Step, ...]) -> None:
    for step in steps:
        step(side)
    assert side.found() == []


def test_each_condition_narrows(side: Side) -> None:
    side.store.exclude(exclusion("a"))
    side.store.exclude(exclusion("b", sender="x"))
    side.store.exclude(exclusion("c", sender="x", domain="y"))
    side.store.exclude(exclusion("d", "stopped_by_routing_rule", "newsletters"))
    queries = {
        "sender": ExclusionQuery(sender_key="x" * 32),
        "domain": ExclusionQuery(domain_key="b" * 32),
        "rule": ExclusionQuery(rule="newsletters"),
        "reason": ExclusionQuery(reason="sender_not_allowed"),
        "both": ExclusionQuery(sender_key="x" * 32, domain_key="b" * 32),
    }
    names = {name: {one for one in "abcd" if mail_id(one) in side.found(query)} for name, query in queries.items()}
    assert names == {"sender": set("bc"), "domain": set("abd"), "rule": {"d"}, "reason": set("abc"), "both": {"b"}}


def test_a_long_list_is_read_page_by_page(side: Side) -> None:
    for name in "abcde":
        side.store.exclude(exclusion(name))
    pages, after = [], ""
    while page := side.found(after=after, limit=2):
        pages.append(page)
        after = page[-1]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(itertools.chain(*pages)) == sorted(mail_id(name) for name in "abcde")


def test_the_decision_is_receipted(side: Side) -> None:
    excluded(side)
    if side.database is None:
        assert isinstance(side.store, MemoryMailStore)
        found = [(receipt.module, receipt.outcome) for receipt in side.store.receipts.values()]
    else:
        query = "SELECT module, outcome FROM core.action_receipts"
        found = side.database.run(lambda connection: connection.execute(query).fetchall())
    assert [tuple(row) for row in found] == [("ingress", "skipped_sender_not_allowed")]


def test_a_note_without_receipts_counts_from_the_mail_s_arrival(side: Side) -> None:
    side.store.exclude(exclusion("a").changed(receipts=()))
    assert side.state() == BY_RULES


def test_who_has_mail_re_evaluated_is_recorded(side: Side) -> None:
    excluded(side)
    side.exclusions.reconsidered(side.exclusions.find(EVERY, "", 10), "ada")
    wanted = (mail_id("a"), "anonymize", "reconsidered", "sender_not_allowed", "ada")
    if side.database is None:
        assert isinstance(side.ledger, MemoryLedger)
        assert side.ledger.decisions == [wanted]
    else:
        query = "SELECT mail_id::text, stage, decision, reason, author FROM core.decisions"
        assert side.database.run(lambda connection: connection.execute(query).fetchall()) == [wanted]


def test_an_author_that_does_not_fit_is_refused(side: Side) -> None:
    excluded(side)
    with pytest.raises(Permanent, match="database_rejected"):
        side.exclusions.reconsidered(side.exclusions.find(EVERY, "", 10), "a" * 101)


def test_nothing_to_re_evaluate_is_no_error(side: Side) -> None:
    side.exclusions.reconsidered([], "ada")


def test_a_mail_id_that_is_none_is_refused(side: Side) -> None:
    with pytest.raises(Permanent, match="malformed_mail_id"):
        side.store.exclude(exclusion("a").changed(mail_id="none"))
