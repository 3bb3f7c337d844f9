"""`ports.MailStore`: the same cases over the in-memory twin and PostgreSQL, then what only a server can show."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.outbox import PostgresOutbox
from chalicelib.adapters.postgres.people import PostgresPeople
from chalicelib.adapters.postgres.reports import PostgresReports
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Envelope, Receipt
from chalicelib.ports import MailStore, Original, Outbox, Reports, Stored
from tests.contract.mails import ORIGINAL, RECEIPT, RECEIVED, envelope, exclusion, mail_id, note
from tests.twins.ledger import MemoryLedger
from tests.twins.reports import MemoryReports
from tests.twins.store import MemoryMailStore

KEY = "a key of this test only"


@dataclasses.dataclass
class Side:
    """A store with the outbox that it fills."""

    store: MailStore
    outbox: Outbox
    receipts: Callable[[str], list[Receipt]]
    """Those of a mail, in the order of time."""
    erase: Callable[[str], object]
    """Begin the erasure of a person, by the hash of the address."""


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        store = MemoryMailStore()
        shown = receipts_by(MemoryReports(MemoryLedger(store)))
        yield Side(store, store.outbox, shown, lambda key: store.erasures.append((key, utc_now())))
    else:
        database: Database = request.getfixturevalue("database")
        shown = receipts_by(PostgresReports(database))
        begin = PostgresPeople(database, lambda: KEY).begin
        yield Side(PostgresMailStore(database, KEY), PostgresOutbox(database), shown, lambda key: begin(key, "ann"))


def receipts_by(reports: Reports) -> Callable[[str], list[Receipt]]:
    def of(name: str) -> list[Receipt]:
        story = reports.story(mail_id(name))
        return list(story.receipts) if story else []

    return of


def state(store: MailStore, name: str) -> tuple[str, str] | None:
    return store.ledger_state([mail_id(name)]).get(mail_id(name))


def test_a_new_mail_is_stored(side: Side) -> None:
    assert side.store.store(envelope("a"), "text", ORIGINAL, [RECEIPT]) == Stored("stored", mail_id("a"))


def test_a_stored_mail_is_in_the_ledger(side: Side) -> None:
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert state(side.store, "a") == ("stored", "")


def test_an_unknown_mail_is_not_in_the_ledger(side: Side) -> None:
    assert side.store.ledger_state([mail_id("a")]) == {}


def test_a_repeat_is_already_stored(side: Side) -> None:
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert side.store.store(envelope("a"), "text", ORIGINAL, []) == Stored("already_stored", mail_id("a"))


def test_a_stored_mail_leaves_one_notice(side: Side) -> None:
    for _ in range(2):
        side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert [notice.mail_id for notice in side.outbox.claim(10, 60).notices] == [mail_id("a")]


def test_the_notice_carries_the_anonymized_subject(side: Side) -> None:
    side.store.store(envelope("a", subject="About <PERSON_1>"), "text", ORIGINAL, [])
    assert side.outbox.claim(10, 60).notices[0].fields["subject"] == "About <PERSON_1>"


def test_the_notice_carries_nothing_of_the_original(side: Side) -> None:
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert "ada" not in str(side.outbox.claim(10, 60).notices[0].fields).lower()


def test_another_mail_with_a_known_identity_is_a_duplicate(side: Side) -> None:
    side.store.store(envelope("a", identities=("one", "two")), "text", ORIGINAL, [])
    answer = side.store.store(envelope("b", identities=("two", "three")), "text", ORIGINAL, [])
    assert answer == Stored("duplicate", mail_id("a"))


def test_another_mail_that_matches_a_known_identity_is_a_duplicate(side: Side) -> None:
    side.store.store(envelope("a", identities=("one",)), "text", ORIGINAL, [])
    answer = side.store.store(envelope("b", identities=("two",), matches=("one",)), "text", ORIGINAL, [])
    assert answer == Stored("duplicate", mail_id("a"))


def test_a_match_alone_is_not_an_identity(side: Side) -> None:
    side.store.store(envelope("a", identities=("one",), matches=("two",)), "text", ORIGINAL, [])
    assert side.store.store(envelope("b", identities=("two",)), "text", ORIGINAL, []).outcome == "stored"


def test_a_duplicate_is_excluded_with_its_reason(side: Side) -> None:
    for name in "ab":
        side.store.store(envelope(name, identities=("one",)), "text", ORIGINAL, [])
    assert state(side.store, "b") == ("excluded", "duplicate")


def test_a_repeated_duplicate_stays_one(side: Side) -> None:
    for name in "ab":
        side.store.store(envelope(name, identities=("one",)), "text", ORIGINAL, [])
    assert side.store.store(envelope("b", identities=("one",)), "text", ORIGINAL, []).canonical_id == mail_id("a")


def test_a_duplicate_leaves_no_notice(side: Side) -> None:
    for name in "ab":
        side.store.store(envelope(name, identities=("one",)), "text", ORIGINAL, [])
    assert len(side.outbox.claim(10, 60).notices) == 1


def test_the_names_of_a_duplicate_lead_to_the_first_mail(side: Side) -> None:
    side.store.store(envelope("a", identities=("one",)), "text", ORIGINAL, [])
    side.store.store(envelope("b", identities=("one", "two")), "text", ORIGINAL, [])
    assert side.store.store(envelope("c", identities=("two",)), "text", ORIGINAL, []).canonical_id == mail_id("a")


def test_the_same_mail_in_another_account_is_stored(side: Side) -> None:
    side.store.store(envelope("a", identities=("one",)), "text", ORIGINAL, [])
    answer = side.store.store(envelope("b", identities=("one",), account="faculty"), "text", ORIGINAL, [])
    assert answer.outcome == "stored"


def test_a_given_up_mail_is_quarantined_with_its_reason(side: Side) -> None:
    side.store.quarantine(note("a", "mime_unreadable"))
    assert state(side.store, "a") == ("quarantined", "mime_unreadable")


def test_a_second_quarantine_keeps_the_newest_reason(side: Side) -> None:
    side.store.quarantine(note("a", "mime_unreadable"))
    side.store.quarantine(note("a", "too_many_receives", attempts=9))
    assert state(side.store, "a") == ("quarantined", "too_many_receives")


def test_a_redriven_mail_can_still_be_stored(side: Side) -> None:
    side.store.quarantine(note("a"))
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert state(side.store, "a") == ("stored", "")


def test_a_stored_mail_never_goes_back_to_quarantine(side: Side) -> None:
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    side.store.quarantine(note("a"))
    assert state(side.store, "a") == ("stored", "")


def test_a_duplicate_never_goes_to_quarantine(side: Side) -> None:
    for name in "ab":
        side.store.store(envelope(name, identities=("one",)), "text", ORIGINAL, [])
    side.store.quarantine(note("b"))
    assert state(side.store, "b") == ("excluded", "duplicate")


def test_the_ledger_counts_every_mail_once(side: Side) -> None:
    for name in "aab":
        side.store.store(envelope(name, identities=("one",)), "text", ORIGINAL, [])
    side.store.quarantine(note("c"))
    assert side.store.ledger_counts() == {"stored": 1, "excluded": 1, "quarantined": 1}


def test_receipts_can_be_added_before_the_mail_is_known(side: Side) -> None:
    side.store.add_receipts([(mail_id("a"), RECEIPT), (mail_id("a"), RECEIPT)])
    side.store.quarantine(note("a"))
    assert side.receipts("a") == [RECEIPT]


def test_receipts_of_many_mails_are_added_at_once(side: Side) -> None:
    later = dataclasses.replace(RECEIPT, action="email.notify")
    side.store.add_receipts([(mail_id("a"), RECEIPT), (mail_id("b"), later)])
    for name in "ab":
        side.store.quarantine(note(name))
    assert (side.receipts("a"), side.receipts("b")) == ([RECEIPT], [later])


def test_receipts_of_no_mail_are_no_work(side: Side) -> None:
    side.store.add_receipts([])


def test_a_receipt_of_no_mail_id_writes_none_of_the_others(side: Side) -> None:
    with pytest.raises(Permanent, match="malformed_mail_id"):
        side.store.add_receipts([(mail_id("a"), RECEIPT), ("nobody", RECEIPT)])
    side.store.quarantine(note("a"))
    assert side.receipts("a") == []


HERS = "e" * 32


def addressed(name: str, received_at: str = RECEIVED) -> Envelope:
    """A mail whose headers name the person."""
    made = envelope(name, received_at=received_at)
    assert made.content is not None
    return made.changed(content=dataclasses.replace(made.content, address_keys=("f" * 32, HERS)))


def test_mail_of_an_erased_person_is_not_stored(side: Side) -> None:
    side.erase(HERS)
    assert side.store.store(addressed("a"), "text", ORIGINAL, [RECEIPT]) == Stored("erased", mail_id("a"))
    assert state(side.store, "a") == ("excluded", "erased")
    assert (side.outbox.claim(10, 60).notices, side.receipts("a")) == ((), [])


def test_mail_that_comes_after_the_erasure_is_stored(side: Side) -> None:
    side.erase(HERS)
    assert side.store.store(addressed("a", "2099-01-01T00:00:00+00:00"), "text", ORIGINAL, []).outcome == "stored"


def test_mail_of_another_person_is_stored(side: Side) -> None:
    side.erase("d" * 32)
    assert side.store.store(addressed("a"), "text", ORIGINAL, []).outcome == "stored"


def test_a_stored_mail_waits_for_its_erasure(side: Side) -> None:
    side.store.store(addressed("a"), "text", ORIGINAL, [])
    side.erase(HERS)
    assert side.store.store(addressed("a"), "text", ORIGINAL, []).outcome == "already_stored"
    side.store.exclude(exclusion("a", minutes=9).changed(sender_key=HERS))
    assert state(side.store, "a") == ("stored", "")


def test_an_excluded_mail_of_an_erased_person_is_erased(side: Side) -> None:
    side.erase("a" * 32)
    side.store.exclude(exclusion("a"))
    assert (state(side.store, "a"), side.receipts("a")) == (("excluded", "erased"), [])


def test_an_erased_mail_stays_erased(side: Side) -> None:
    side.erase(HERS)
    side.store.store(addressed("a"), "text", ORIGINAL, [])
    side.store.quarantine(note("a", last_at="2099-01-01T00:00:00+00:00"))
    side.store.exclude(exclusion("a", minutes=99_999_999))
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert state(side.store, "a") == ("excluded", "erased")


def test_the_counts_follow_every_change_of_state(side: Side) -> None:
    side.store.quarantine(note("a"))
    side.store.quarantine(note("b"))
    side.store.store(envelope("a"), "text", ORIGINAL, [])
    assert side.store.ledger_counts() == {"stored": 1, "quarantined": 1}
    side.store.store(envelope("b"), "text", ORIGINAL, [])
    assert side.store.ledger_counts() == {"stored": 2}


def test_a_mail_without_a_verdict_is_refused(side: Side) -> None:
    with pytest.raises(Permanent, match="incomplete_envelope"):
        side.store.store(envelope("a").changed(classification=None), "text", ORIGINAL, [])


def test_a_mail_id_that_is_none_is_refused(side: Side) -> None:
    with pytest.raises(Permanent, match="malformed_mail_id"):
        side.store.store(envelope("a").changed(mail_id="'; DROP TABLE core.ledger; --"), "", ORIGINAL, [])


def test_a_code_that_does_not_fit_is_refused(side: Side) -> None:
    with pytest.raises(Permanent, match="database_rejected"):
        side.store.store(envelope("a", account="prac\0tice"), "text", ORIGINAL, [])


def test_an_unknown_sender_has_no_history(side: Side) -> None:
    assert side.store.sender_history("practice", "x" * 32) == {}


def test_a_mail_without_a_sender_key_has_no_history(side: Side) -> None:
    side.store.store(envelope("a", sender_key=""), "text", ORIGINAL, [])
    assert side.store.sender_history("practice", "") == {}


def test_the_history_of_a_sender_counts_its_categories(side: Side) -> None:
    for name, category in (("a", "patient"), ("b", "patient"), ("c", "invoice")):
        side.store.store(envelope(name, category=category), "text", ORIGINAL, [])
    side.store.store(envelope("d", sender_key="other"), "text", ORIGINAL, [])
    side.store.store(envelope("e", account="faculty"), "text", ORIGINAL, [])
    assert side.store.sender_history("practice", "s" * 32) == {"patient": 2, "invoice": 1}


def test_the_history_ends_at_fifty_mails(side: Side) -> None:
    side.store.store(envelope("old", category="invoice", received_at="2025-01-01T00:00:00+00:00"), "t", ORIGINAL, [])
    for number in range(50):
        side.store.store(envelope(f"m{number}"), "text", ORIGINAL, [])
    assert side.store.sender_history("practice", "s" * 32) == {"patient": 50}


HOSTILE = st.text(st.characters(exclude_categories=()), max_size=60)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=HOSTILE, body=HOSTILE, source=st.binary(max_size=60))
def test_hostile_text_is_stored(side: Side, subject: str, body: str, source: bytes) -> None:
    original = Original(subject, subject, body, source)
    assert side.store.store(envelope(str(uuid.uuid4()), subject=subject), body, original, []).outcome == "stored"
