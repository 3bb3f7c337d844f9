"""Past mail in the clear for `rules simulate`: from a real PostgreSQL and the spool, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.errors import Retryable
from chalicelib.mail import sealed
from chalicelib.policy.decision import SENDER_NOT_ALLOWED
from chalicelib.ports import Original
from infra.cli import replay
from infra.cli.replay import Archive
from tests.contract.mails import envelope, mail_id, note
from tests.twins.spool import MemorySpool

KEY = "a key of this test only"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EXCLUDED = """
    INSERT INTO core.ledger (mail_id, account_id, source, state, reason, stage, received_at, spool_key)
    VALUES (%s, 'practice', 'gmail', 'excluded', %s, 'store', %s, %s)
"""


def raw(subject: str) -> bytes:
    return f"From: Ada <ada@example.org>\r\nTo: bob@example.com\r\nSubject: {subject}\r\n\r\nHello.\r\n".encode()


class Past:
    """A database and a spool with mail in them."""

    def __init__(self, database: Database) -> None:
        self.database, self.spool = database, MemorySpool()
        self.store = PostgresMailStore(database, KEY)

    def stored(self, name: str, source: bytes | None = None, ago: timedelta = timedelta()) -> None:
        original = Original("Ada", name, "Hello.", raw(name) if source is None else source)
        self.store.store(envelope(name, received_at=(NOW - ago).isoformat()), "text", original, [])

    def excluded(self, name: str, kind: str = sealed.RAW, payload: bytes | None = None, reason: str = "") -> None:
        header = sealed.Header(kind, "practice", mail_id(name), NOW.isoformat(), "trace")
        key = f"sealed/practice/{mail_id(name)}"
        self.spool.put(key, sealed.seal(header, raw(name) if payload is None else payload))
        values = mail_id(name), reason or SENDER_NOT_ALLOWED, NOW, key
        self.database.run(lambda connection: connection.execute(EXCLUDED, values))

    def archive(self, since: datetime = NOW - timedelta(days=1), key: str = KEY) -> Archive:
        return Archive(self.database, key, self.spool, since)

    def subjects(self) -> list[str]:
        return [past.facts.subject if past.facts else past.code for past in self.archive().mails()]


@pytest.fixture
def past(database: Database) -> Past:
    return Past(database)


def test_a_stored_mail_is_opened(past: Past) -> None:
    past.stored("a")
    [found] = past.archive().mails()
    assert (found.mail_id, found.state, found.received_at) == (mail_id("a"), "stored", NOW)
    assert found.facts is not None
    assert (found.facts.account, found.facts.sender, found.facts.recipients) == (
        *("practice", "ada@example.org"),
        ("bob@example.com",),
    )


def test_an_excluded_mail_is_opened_from_the_spool(past: Past) -> None:
    past.excluded("a")
    [found] = past.archive().mails()
    assert (found.state, found.facts.subject if found.facts else "") == ("excluded", "a")


def test_a_push_of_fields_brings_its_labels(past: Past) -> None:
    push = {"sender": "ada@example.org", "body": "Hello.", "subject": "fields", "labels": ["INBOX"]}
    past.excluded("a", sealed.FIELDS, json.dumps(push).encode())
    past.stored("b", json.dumps(push).encode())
    found = [one.facts for one in past.archive().mails() if one.facts]
    assert [(facts.subject, facts.sender, facts.labels) for facts in found] == [
        ("fields", "ada@example.org", ("INBOX",))
    ] * 2


@pytest.mark.parametrize(("asked", "labels"), [(True, ("INBOX", "Big deals")), (False, ())])
def test_labels_of_a_stored_mail_come_from_the_spool_where_rules_ask_for_them(
    past: Past, asked: bool, labels: tuple[str, ...]
) -> None:
    past.stored("a")
    header = sealed.Header(
        sealed.RAW, "practice", mail_id("a"), "", "", labels=sealed.labels_text(("INBOX", "Big deals"))
    )
    past.spool.put("spool/a", sealed.seal(header, raw("a")))
    [found] = Archive(past.database, KEY, past.spool, NOW, with_labels=asked).mails()
    assert found.facts is not None
    assert found.facts.labels == labels


def test_a_stored_mail_that_the_spool_has_no_more_is_compared_without_labels(past: Past) -> None:
    past.stored("a")
    [found] = Archive(past.database, KEY, past.spool, NOW, with_labels=True).mails()
    assert (found.code, found.facts is not None) == ("", True)


def test_an_excluded_mail_brings_its_labels(past: Past) -> None:
    past.excluded("a")
    header = sealed.Header(sealed.RAW, "practice", mail_id("a"), "", "", labels="INBOX\n")
    past.spool.put(f"sealed/practice/{mail_id('a')}", sealed.seal(header, raw("a")))
    assert [one.facts.labels for one in past.archive().mails() if one.facts] == [("INBOX",)]


def test_a_message_of_emailengine_is_opened(past: Past) -> None:
    message = {"subject": "json", "from": {"name": "Ada", "address": "ada@example.org"}, "text": {"plain": "Hello."}}
    past.stored("a", json.dumps(message).encode())
    assert past.subjects() == ["json"]


def test_an_excluded_reference_is_opened_where_the_fetched_mail_lies(past: Past) -> None:
    past.excluded("a", sealed.EMAILENGINE, b'{"id": "1"}')
    header = sealed.Header(sealed.RAW, "practice", mail_id("a"), NOW.isoformat(), "trace")
    past.spool.put(f"fetched/practice/{mail_id('a')}", sealed.seal(header, raw("fetched")))
    assert past.subjects() == ["fetched"]


@pytest.mark.parametrize(
    ("lose", "code"),
    [
        (lambda past: past.spool.objects.clear(), "spool_missing"),
        (lambda past: past.spool.objects.update(dict.fromkeys(past.spool.objects, b"garbage")), "spool_missing"),
        (
            lambda past: past.spool.objects.update(dict.fromkeys(past.spool.objects, b"x" * 50_000_000)),
            "spool_too_large",
        ),
    ],
    ids=["expired", "garbage", "large"],
)
def test_an_excluded_mail_that_cannot_be_opened_is_named_with_the_code(
    past: Past, lose: Callable[[Past], None], code: str
) -> None:
    past.excluded("a")
    lose(past)
    assert past.subjects() == [code]


def test_an_erased_original_is_named_with_its_code(past: Past) -> None:
    past.stored("a")
    past.database.run(lambda connection: connection.execute("DELETE FROM ingestion.emails_raw"))
    assert past.subjects() == ["original_erased"]


def test_another_key_opens_nothing(past: Past) -> None:
    past.stored("a")
    past.stored("b")
    assert [one.code for one in past.archive(key="another").mails()] == ["original_unreadable"] * 2


def test_other_mail_is_left_out(past: Past) -> None:
    past.stored("old", ago=timedelta(days=2))
    past.excluded("junk", reason="discarded:spam")
    past.store.quarantine(note("broken"))
    assert (past.subjects(), past.archive().count()) == ([], 0)


def test_mail_comes_page_by_page_oldest_first_and_is_counted(past: Past) -> None:
    for number in range(7):
        past.stored(f"n{number}", ago=timedelta(hours=number // 2))
    past.excluded("x")
    archive = past.archive()
    archive.page = 3
    ids = [one.mail_id for one in archive.mails()]
    assert (len(ids), len(set(ids)), archive.count()) == (8, 8, 8)
    times = [one.received_at for one in archive.mails()]
    assert times == sorted(times)


def test_nothing_can_be_written(past: Past) -> None:
    with pytest.raises(Retryable):
        past.archive()._read(lambda connection: connection.execute("DELETE FROM core.ledger"))


@pytest.mark.parametrize("source", [b"", b"{", b"{}", b"[]", b'{"a": ' + b"[" * 50_000, b"\x00\xff{"])
def test_any_source_gives_facts(source: bytes) -> None:
    assert replay.facts_from(source, "practice").account == "practice"
