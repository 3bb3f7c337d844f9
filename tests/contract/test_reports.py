"""`ports.Reports`: the same cases over the in-memory twin and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.ledger import PostgresLedger
from chalicelib.adapters.postgres.reports import PostgresReports
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.errors import Retryable
from chalicelib.core.messages import Receipt
from chalicelib.ports import Hour, Ledger, MailStore, Reports, StateCount
from tests.contract.mails import ORIGINAL, RECEIPT, RECEIVED, at, envelope, exclusion, mail_id, note
from tests.twins.ledger import MemoryLedger
from tests.twins.reports import MemoryReports
from tests.twins.store import MemoryMailStore

CAME = datetime.fromisoformat(RECEIVED)


@dataclass
class Side:
    """Reports over the store that fills them."""

    store: MailStore
    ledger: Ledger
    reports: Reports

    def stored(self, name: str, minutes: float = 0, **more: str) -> None:
        self.store.store(envelope(name, received_at=at(minutes), **more), "text", ORIGINAL, [])  # type: ignore[arg-type]

    def names(self, limit: int = 10, before: str = "", state: str = "") -> list[str]:
        known = {mail_id(name): name for name in "abcdef"}
        return [known[line.mail_id] for line in self.reports.latest(limit, before and mail_id(before), state)]


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        store = MemoryMailStore()
        ledger = MemoryLedger(store)
        yield Side(store, ledger, MemoryReports(ledger))
    else:
        database: Database = request.getfixturevalue("database")
        yield Side(PostgresMailStore(database, "a key"), PostgresLedger(database), PostgresReports(database))


def test_an_empty_ledger_has_nothing_to_tell(side: Side) -> None:
    assert (side.reports.totals(), side.reports.latest(10), side.reports.story(mail_id("a"))) == ([], [], None)
    day = side.reports.day(CAME)
    assert (day.hours, dict(day.verdicts), dict(day.categories), day.urgent) == ((), {}, {}, 0)


def test_the_ledger_is_counted_by_state_and_reason(side: Side) -> None:
    side.stored("a")
    side.stored("b")
    side.store.quarantine(note("c"))
    side.store.exclude(exclusion("d"))
    assert side.reports.totals() == [
        StateCount("stored", "", 2),
        StateCount("excluded", "sender_not_allowed", 1),
        StateCount("quarantined", "mime_unreadable", 1),
    ]


def test_the_mail_of_a_day_is_counted_by_the_hour(side: Side) -> None:
    side.stored("a")
    side.stored("b", 10)
    side.stored("c", 70)
    side.store.quarantine(note("d"))
    assert side.reports.day(CAME).hours == (
        Hour(datetime(2026, 1, 2, 3, tzinfo=UTC), "quarantined", 1),
        Hour(datetime(2026, 1, 2, 3, tzinfo=UTC), "stored", 2),
        Hour(datetime(2026, 1, 2, 4, tzinfo=UTC), "stored", 1),
    )


def test_what_came_before_the_span_is_not_counted(side: Side) -> None:
    side.stored("a")
    day = side.reports.day(datetime.fromisoformat(at(1)))
    assert (day.hours, dict(day.categories)) == ((), {})


def test_the_doors_verdicts_are_counted_from_the_receipts(side: Side) -> None:
    arrived = Receipt("ingress", "email.receive", at(0), 0.1, "accepted")
    for name, receipt in (("a", arrived), ("b", arrived), ("c", replace(arrived, outcome="accepted_held"))):
        side.store.add_receipts([(mail_id(name), receipt), (mail_id(name), RECEIPT)])
    assert dict(side.reports.day(CAME).verdicts) == {"accepted": 2, "accepted_held": 1}


def test_categories_and_urgent_mail_are_counted(side: Side) -> None:
    side.stored("a", category="patient", urgency="high")
    side.stored("b", category="patient")
    side.stored("c", category="invoice")
    day = side.reports.day(CAME)
    assert (dict(day.categories), day.urgent) == ({"patient": 2, "invoice": 1}, 1)


def test_the_latest_mail_comes_first(side: Side) -> None:
    for minutes, name in enumerate("abc"):
        side.stored(name, minutes)
    assert side.names() == ["c", "b", "a"]


def test_the_next_page_begins_after_the_last_mail_of_the_one_before(side: Side) -> None:
    for minutes, name in enumerate("abcd"):
        side.stored(name, minutes)
    assert (side.names(2), side.names(2, before="c")) == (["d", "c"], ["b", "a"])


def test_mails_of_one_moment_are_each_on_one_page(side: Side) -> None:
    for name in "abcdef":
        side.stored(name)
    first = side.names(3)
    assert sorted(first + side.names(3, before=first[-1])) == list("abcdef")


def test_there_is_no_page_after_a_mail_that_is_unknown(side: Side) -> None:
    side.stored("a")
    assert side.names(before="b") == []


def test_the_latest_of_one_state(side: Side) -> None:
    side.stored("a")
    side.store.quarantine(note("b"))
    assert (side.names(state="quarantined"), side.names(state="excluded")) == (["b"], [])


def test_a_line_is_anonymized_and_names_its_state(side: Side) -> None:
    side.stored("a", urgency="high")
    [line] = side.reports.latest(1)
    assert (line.account, line.source, line.state, line.reason) == ("practice", "gmail", "stored", "")
    assert (line.subject, line.sender) == ("Results of <PERSON_1>", "<PERSON_1> <EMAIL_1>")
    assert (line.category, line.urgency, line.language, line.received_at) == ("patient", "high", "en", CAME)


def test_a_mail_without_text_has_a_line_all_the_same(side: Side) -> None:
    side.store.quarantine(note("a"))
    [line] = side.reports.latest(1)
    assert (line.state, line.reason, line.subject, line.category) == ("quarantined", "mime_unreadable", "", "")


def test_a_story_has_the_receipts_in_the_order_of_time(side: Side) -> None:
    side.stored("a")
    later = Receipt("classify", "email.classify", at(2), 0.5, "ok", 0.9)
    side.store.add_receipts([(mail_id("a"), later), (mail_id("a"), replace(RECEIPT, started=at(1)))])
    story = side.reports.story(mail_id("a"))
    assert story is not None
    assert [(one.module, one.seconds, one.confidence) for one in story.receipts] == [
        ("pipeline.anonymize", 0.5, 0.9),
        ("classify", 0.5, 0.9),
    ]
    assert [datetime.fromisoformat(one.started) for one in story.receipts] == [
        datetime.fromisoformat(at(1)),
        datetime.fromisoformat(at(2)),
    ]


def test_a_story_tells_why_a_mail_is_in_quarantine(side: Side) -> None:
    side.store.quarantine(note("a", attempts=7).changed(error="Retryable"))
    story = side.reports.story(mail_id("a"))
    assert story is not None
    assert (story.stage, story.error, story.attempts, story.trace_id) == ("anonymize", "Retryable", 7, "trace-1")


def test_a_story_tells_what_operators_decided(side: Side) -> None:
    side.store.quarantine(note("a"))
    side.ledger.redriven("anonymize", [mail_id("a")], "ann")
    side.ledger.discard(note("a"), "spam", "bob")
    story = side.reports.story(mail_id("a"))
    assert story is not None
    assert [(one.decision, one.stage, one.reason, one.author) for one in story.deeds] == [
        ("redriven", "anonymize", "", "ann"),
        ("discarded", "anonymize", "spam", "bob"),
    ]


def test_a_story_of_an_excluded_mail_names_the_rule(side: Side) -> None:
    side.store.exclude(exclusion("a", "stopped_by_routing_rule", "no bulk mail"))
    story = side.reports.story(mail_id("a"))
    assert story is not None
    assert (story.line.reason, story.rule, story.canonical_id) == ("stopped_by_routing_rule", "no bulk mail", "")


def test_a_story_of_a_duplicate_names_the_mail_that_it_is_again(side: Side) -> None:
    side.stored("a")
    side.store.store(envelope("b", identities=("identity-a",)), "text", ORIGINAL, [])
    story = side.reports.story(mail_id("b"))
    assert story is not None
    assert (story.line.reason, story.canonical_id, story.rule) == ("duplicate", mail_id("a"), "")


def test_an_unreachable_database_is_a_passing_failure() -> None:
    reports = PostgresReports(Database("postgresql://nobody@127.0.0.1:1/none", connect_timeout=2))
    with pytest.raises(Retryable, match="database_unavailable"):
        reports.totals()
