"""What only a real PostgreSQL can show of the store: concurrency, ciphertext, all or nothing, unchanged rows."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.adapters.postgres.store_rows import BODY_CHARS
from chalicelib.core.errors import Permanent
from chalicelib.ports import Original
from infra.local.servers import Postgres
from tests.contract.mails import ORIGINAL, RECEIPT, envelope, note

KEY = "a key of this test only"


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
