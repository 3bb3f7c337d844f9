"""`ports.MailStore`: the same cases over the in-memory twin and PostgreSQL, then what only a server can show."""

from __future__ import annotations

import dataclasses
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.postgres import Database
from chalicelib.adapters.postgres_outbox import PostgresOutbox
from chalicelib.adapters.postgres_store import PostgresMailStore
from chalicelib.adapters.store_rows import BODY_CHARS
from chalicelib.ports import MailStore, Original, Outbox, Stored
from chalicelib.runtime.errors import Permanent, Retryable
from infra.local.servers import Postgres, free_port
from tests.contract.mails import ORIGINAL, RECEIPT, envelope, mail_id, note
from tests.twins.outbox import MemoryOutbox
from tests.twins.store import MemoryMailStore

KEY = "a key of this test only"


@dataclasses.dataclass
class Side:
    """A store with the outbox that it fills."""

    store: MailStore
    outbox: Outbox


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        outbox = MemoryOutbox()
        yield Side(MemoryMailStore(outbox), outbox)
    else:
        database: Database = request.getfixturevalue("database")
        yield Side(PostgresMailStore(database, KEY), PostgresOutbox(database))


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
    side.store.add_receipts(mail_id("a"), [RECEIPT, RECEIPT])


def test_a_mail_without_a_verdict_is_refused(side: Side) -> None:
    with pytest.raises(Permanent, match="incomplete_envelope"):
        side.store.store(dataclasses.replace(envelope("a"), classification=None), "text", ORIGINAL, [])


def test_a_mail_id_that_is_none_is_refused(side: Side) -> None:
    with pytest.raises(Permanent, match="malformed_mail_id"):
        side.store.store(dataclasses.replace(envelope("a"), mail_id="'; DROP TABLE core.ledger; --"), "", ORIGINAL, [])


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


def test_two_forms_of_a_mail_at_the_same_time_are_stored_once(postgres: Postgres, database: Database) -> None:
    names = [f"form-{number}" for number in range(6)]
    outcomes = in_threads(postgres, [(envelope(name, identities=(name, "shared"))) for name in names])
    assert sorted(outcomes) == ["duplicate"] * 5 + ["stored"]


def test_forms_that_name_each_other_in_another_order_do_not_lock_each_other_out(
    postgres: Postgres, database: Database
) -> None:
    mails = [envelope(f"m{n}", identities=("one", "two") if n % 2 else ("two", "one")) for n in range(6)]
    assert sorted(in_threads(postgres, mails)) == ["duplicate"] * 5 + ["stored"]


def test_one_mail_twice_at_the_same_time_is_stored_once(postgres: Postgres, database: Database) -> None:
    assert sorted(in_threads(postgres, [envelope("a")] * 4)) == ["already_stored"] * 3 + ["stored"]


def in_threads(postgres: Postgres, mails: list[Any]) -> list[str]:
    """Store every mail in a thread and over a connection of its own; the outcomes."""
    start, outcomes = threading.Barrier(len(mails)), []

    def work(mail: Any) -> None:
        own = Database(postgres.url)
        own.ping()
        start.wait(10)
        outcomes.append(PostgresMailStore(own, KEY).store(mail, "text", ORIGINAL, [RECEIPT]).outcome)
        own.close()

    threads = [threading.Thread(target=work, args=(mail,)) for mail in mails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    return database.run(lambda connection: connection.execute(query.encode()).fetchall())


def test_the_original_is_ciphertext(database: Database) -> None:
    PostgresMailStore(database, KEY).store(envelope("a"), "text", ORIGINAL, [])
    found = b"".join(rows(database, "SELECT sender, subject, body, source FROM ingestion.emails_raw")[0])
    assert not any(word in found for word in (b"Ada", b"ada@", b"results", b"Dear"))


def test_the_original_comes_back_with_the_key(database: Database) -> None:
    PostgresMailStore(database, KEY).store(envelope("a"), "text", ORIGINAL, [])
    query = (
        f"SELECT pgp_sym_decrypt(sender, '{KEY}'), pgp_sym_decrypt(subject, '{KEY}'),"
        f" pgp_sym_decrypt(body, '{KEY}'), pgp_sym_decrypt_bytea(source, '{KEY}') FROM ingestion.emails_raw"
    )
    assert Original(*rows(database, query)[0]) == ORIGINAL


def test_clear_text_does_not_fit_a_sealed_column(database: Database) -> None:
    query = "INSERT INTO ingestion.email_accounts (account_id, address, provider) VALUES ('a', 'ada@example.org', 'x')"
    with pytest.raises(Permanent, match="database_rejected"):
        rows(database, query)


def test_everything_of_a_stored_mail_is_written_or_nothing(database: Database) -> None:
    broken = dataclasses.replace(RECEIPT, started="not a time")
    with pytest.raises(Permanent, match="database_rejected"):
        PostgresMailStore(database, KEY).store(envelope("a"), "text", ORIGINAL, [broken])
    counts = "SELECT (SELECT count(*) FROM core.ledger), (SELECT count(*) FROM ingestion.emails_raw)"
    assert rows(database, counts) == [(0, 0)]


def test_a_repeat_changes_no_row(database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    everything = "SELECT l::text, e::text, r::text, o::text, a::text FROM core.ledger l JOIN"
    everything += " ingestion.emails e USING (mail_id) JOIN ingestion.emails_raw r USING (mail_id)"
    everything += " JOIN core.outbox o USING (mail_id) JOIN core.action_receipts a USING (mail_id)"
    store.store(envelope("a"), "text", ORIGINAL, [RECEIPT])
    before = rows(database, everything)
    store.store(envelope("a"), "other text", ORIGINAL, [dataclasses.replace(RECEIPT, seconds=9.0)])
    assert before
    assert rows(database, everything) == before


def test_a_repeated_duplicate_changes_no_row(database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    for name in "ab":
        store.store(envelope(name, identities=("one",)), "text", ORIGINAL, [])
    before = rows(database, "SELECT l::text FROM core.ledger l ORDER BY 1")
    store.store(envelope("b", identities=("one",)), "text", ORIGINAL, [])
    assert rows(database, "SELECT l::text FROM core.ledger l ORDER BY 1") == before


def test_a_repeated_quarantine_note_changes_no_row(database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    store.quarantine(note("a"))
    before = rows(database, "SELECT l::text FROM core.ledger l")
    store.quarantine(note("a"))
    assert rows(database, "SELECT l::text FROM core.ledger l") == before


def test_a_very_long_body_is_cut_and_says_so(database: Database) -> None:
    PostgresMailStore(database, KEY).store(envelope("a"), "x" * (BODY_CHARS + 1), ORIGINAL, [])
    query = "SELECT length(body), 'truncated_text' = ANY(defects) FROM ingestion.emails"
    assert rows(database, query) == [(BODY_CHARS, True)]


def test_a_source_of_forty_mebibytes_is_stored(database: Database) -> None:
    original = dataclasses.replace(ORIGINAL, source=b"\0\xff" * (20 * 1024 * 1024))
    PostgresMailStore(database, KEY).store(envelope("a"), "text", original, [])
    assert rows(database, "SELECT length(source) > 40 * 1024 * 1024 FROM ingestion.emails_raw") == [(True,)]


def test_a_restart_of_the_server_between_calls_is_not_noticed(postgres: Postgres, database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    store.store(envelope("a"), "text", ORIGINAL, [])
    postgres.stop()
    postgres.start()
    assert store.store(envelope("b"), "text", ORIGINAL, []).outcome == "stored"


def test_a_crash_of_the_server_loses_no_stored_mail(postgres: Postgres, database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    store.store(envelope("a"), "text", ORIGINAL, [])
    postgres.kill()
    postgres.start()
    assert state(store, "a") == ("stored", "")


def test_a_server_that_is_down_is_a_passing_failure_told_quickly(postgres: Postgres, database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    store.ping()
    postgres.stop()
    started = time.monotonic()
    try:
        with pytest.raises(Retryable, match="database_unavailable"):
            store.store(envelope("a"), "text", ORIGINAL, [])
    finally:
        postgres.start()
    assert time.monotonic() - started < 5


def test_a_server_that_comes_back_is_used_again(postgres: Postgres, database: Database) -> None:
    store = PostgresMailStore(database, KEY)
    postgres.stop()
    with pytest.raises(Retryable):
        store.ping()
    postgres.start()
    store.ping()


def test_no_error_shows_the_url_or_a_value() -> None:
    with pytest.raises(Retryable) as caught:
        Database(f"postgresql://someone:a-secret@127.0.0.1:{free_port()}/nowhere").ping()
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_missing_table_is_told_apart(database: Database) -> None:
    with pytest.raises(Retryable, match="database_unusable"):
        rows(database, "SELECT * FROM core.nothing_here")


def test_a_failed_statement_leaves_the_connection_usable(database: Database) -> None:
    with pytest.raises(Retryable):
        rows(database, "SELECT * FROM core.nothing_here")
    database.ping()


def test_a_statement_that_takes_too_long_is_a_passing_failure(postgres: Postgres) -> None:
    impatient = Database(postgres.start(), statement_timeout=0.05)
    with pytest.raises(Retryable, match="database_unavailable"):
        rows(impatient, "SELECT pg_sleep(5)")
    impatient.close()


def test_work_that_raises_is_rolled_back(database: Database) -> None:
    class Sudden(Exception):
        pass

    def work(connection: Any) -> None:
        connection.execute("INSERT INTO core.flags (name, value, author) VALUES ('a', true, 'me')")
        raise Sudden

    with pytest.raises(Sudden):
        database.run(work)
    assert rows(database, "SELECT count(*) FROM core.flags") == [(0,)]
