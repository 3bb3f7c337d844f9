"""What every link store does, in memory and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.deliveries import PostgresDeliveryStore
from chalicelib.adapters.postgres.links import PostgresLinkStore
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.errors import Retryable
from chalicelib.ports import DeliveryStore, FileLink, LinkStore, MailStore, Original, Progress
from tests.aws_at import closed_port
from tests.contract.mails import RECEIVED, envelope, mail_id
from tests.twins.delivery import MemoryDeliveryStore, MemoryLinkStore
from tests.twins.store import MemoryMailStore

KEY = "a key of this test only"
URL = "https://files.example/s/abcd?of=Ada"
ORIGINAL = Original(
    "Ada <ada@example.org>", "Your files", "Dear Ada", b"raw", ("Bob <bob@example.org>", "c@example.org")
)
MAIL = mail_id("a")
BEGUN = Progress(1, "practice/a/0/é.zip", "upload-1", (), '"v1"', "é.zip", "application/zip", 20_000_000)


@dataclass
class Bench:
    """The stores over one place; mail `a` is stored there."""

    mails: MailStore
    links: LinkStore
    deliveries: DeliveryStore


def memory(_: Callable[[], Database]) -> Bench:
    store = MemoryMailStore()
    links = MemoryLinkStore(store)
    return Bench(store, links, MemoryDeliveryStore(store, links))


def postgres(database: Callable[[], Database]) -> Bench:
    made = database()
    return Bench(PostgresMailStore(made, lambda: KEY), PostgresLinkStore(made, KEY), PostgresDeliveryStore(made, KEY))


@pytest.fixture(params=[memory, postgres], ids=["memory", "postgres"])
def bench(request: pytest.FixtureRequest) -> Bench:
    made: Bench = request.param(lambda: request.getfixturevalue("database"))
    made.mails.store(envelope("a"), "Dear <PERSON_1>", ORIGINAL, [])
    return made


def begin(bench: Bench, position: int = 0) -> Progress | None:
    return bench.links.begin(MAIL, position, "files", URL)


def test_a_link_begins_with_its_first_try(bench: Bench) -> None:
    assert begin(bench) == Progress(tries=1)


def test_tries_are_counted(bench: Bench) -> None:
    begin(bench)
    assert begin(bench) == Progress(tries=2)


def test_each_link_of_a_mail_is_its_own(bench: Bench) -> None:
    begin(bench)
    assert begin(bench, 1) == Progress(tries=1)


def test_a_mail_that_is_not_stored_has_no_links(bench: Bench) -> None:
    assert bench.links.begin(mail_id("nobody"), 0, "files", URL) is None


def test_progress_is_kept(bench: Bench) -> None:
    begin(bench)
    assert bench.links.save(MAIL, 0, BEGUN, Progress(1))
    assert begin(bench) == replace(BEGUN, tries=2)


def test_parts_are_kept(bench: Bench) -> None:
    begin(bench)
    bench.links.save(MAIL, 0, BEGUN, Progress(1))
    further = replace(BEGUN, parts=('"tag-1"', '"tag-2"'), tries=0, whole=True)
    assert bench.links.save(MAIL, 0, further, BEGUN)
    assert begin(bench) == replace(further, tries=1)


def test_who_was_overtaken_is_told(bench: Bench) -> None:
    begin(bench)
    bench.links.save(MAIL, 0, BEGUN, Progress(1))
    assert not bench.links.save(MAIL, 0, replace(BEGUN, upload="upload-2"), Progress(1))
    assert not bench.links.save(MAIL, 0, BEGUN, replace(BEGUN, parts=("a",)))


def test_progress_may_be_forgotten(bench: Bench) -> None:
    begin(bench)
    bench.links.save(MAIL, 0, BEGUN, Progress(1))
    assert bench.links.save(MAIL, 0, Progress(3), BEGUN)
    assert begin(bench) == Progress(4)


@pytest.mark.parametrize("settle", ["stored", "given_up"])
def test_what_is_settled_is_not_begun_again(bench: Bench, settle: str) -> None:
    begin(bench)
    getattr(bench.links, settle)(MAIL, 0, replace(BEGUN, whole=True) if settle == "stored" else "link_gone")
    assert begin(bench) is None
    assert not bench.links.save(MAIL, 0, BEGUN, Progress(1))


def test_the_pair_of_source_and_stored_file_is_recorded(bench: Bench) -> None:
    begin(bench)
    bench.links.save(MAIL, 0, BEGUN, Progress(1))
    bench.links.stored(MAIL, 0, replace(BEGUN, whole=True))
    assert bench.deliveries.links(MAIL) == (FileLink("files", URL, BEGUN.key, "é.zip", "application/zip", 20_000_000),)


def test_a_link_that_was_given_up_says_why_and_how_far_it_got(bench: Bench) -> None:
    begin(bench)
    bench.links.save(MAIL, 0, BEGUN, Progress(1))
    assert bench.links.given_up(MAIL, 0, "link_gone") == BEGUN
    assert bench.links.given_up(MAIL, 0, "later") == Progress()
    [link] = bench.deliveries.links(MAIL)
    assert (link.url, link.key, link.reason) == (URL, "", "link_gone")


def test_links_are_told_in_their_order(bench: Bench) -> None:
    for position in (2, 0, 1):
        bench.links.begin(MAIL, position, f"p{position}", URL)
    assert [link.provider for link in bench.deliveries.links(MAIL)] == ["p0", "p1", "p2"]


def test_a_webhook_is_made_of_the_anonymized_mail(bench: Bench) -> None:
    told = bench.deliveries.processed(MAIL)
    assert told is not None
    assert (told.account, told.source, told.sender, told.body, told.recipients, told.urgency) == (
        "practice",
        "gmail",
        "<PERSON_1> <EMAIL_1>",
        "Dear <PERSON_1>",
        ("<EMAIL_2>",),
        "normal",
    )
    assert (told.received_at, told.sent_at) == (RECEIVED, RECEIVED)


def test_nothing_is_told_of_a_mail_that_is_not_stored(bench: Bench) -> None:
    assert bench.deliveries.processed(mail_id("nobody")) is None


@pytest.mark.parametrize(
    ("fields", "clear"),
    [
        ([], {}),
        (["sender"], {"sender": "Ada <ada@example.org>"}),
        (["subject", "body"], {"subject": "Your files", "body": "Dear Ada"}),
        (["recipients"], {"recipients": ["Bob <bob@example.org>", "c@example.org"]}),
        (["source"], {}),
    ],
)
def test_only_what_is_wanted_is_opened(bench: Bench, fields: list[str], clear: dict[str, object]) -> None:
    assert bench.deliveries.clear(MAIL, fields) == clear


def test_a_mail_without_an_original_has_nothing_to_open(bench: Bench) -> None:
    assert bench.deliveries.clear(mail_id("nobody"), ["sender"]) == {}


def test_a_delivery_is_begun_until_it_is_done(bench: Bench) -> None:
    assert bench.deliveries.begin(MAIL, "desk")
    assert bench.deliveries.begin(MAIL, "desk")
    bench.deliveries.delivered(MAIL, "desk", 204)
    assert not bench.deliveries.begin(MAIL, "desk")
    assert bench.deliveries.begin(MAIL, "shop")


def test_a_delivery_that_was_refused_may_be_begun_again(bench: Bench) -> None:
    bench.deliveries.begin(MAIL, "desk")
    bench.deliveries.failed(MAIL, "desk", "webhook_refused", final=True)
    assert bench.deliveries.begin(MAIL, "desk")


def test_a_late_failure_does_not_undo_a_delivery(bench: Bench) -> None:
    bench.deliveries.begin(MAIL, "desk")
    bench.deliveries.delivered(MAIL, "desk", 204)
    bench.deliveries.failed(MAIL, "desk", "target_timeout", final=False)
    assert not bench.deliveries.begin(MAIL, "desk")


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    return database.run(lambda connection: connection.execute(query.encode()).fetchall())


@pytest.fixture
def real(database: Database) -> Bench:
    made = postgres(lambda: database)
    made.mails.store(envelope("a"), "Dear <PERSON_1>", ORIGINAL, [])
    return made


def test_the_record_of_a_delivery_has_its_attempts_and_its_end(real: Bench, database: Database) -> None:
    real.deliveries.begin(MAIL, "desk")
    real.deliveries.failed(MAIL, "desk", "webhook_failed", final=False)
    real.deliveries.begin(MAIL, "desk")
    real.deliveries.delivered(MAIL, "desk", 202)
    query = "SELECT state, attempts, status, code, delivered_at >= first_at FROM core.deliveries"
    assert rows(database, query) == [("delivered", 2, 202, "", True)]


def test_source_name_and_key_are_not_in_the_clear(real: Bench, database: Database) -> None:
    begin(real)
    real.links.save(MAIL, 0, BEGUN, Progress(1))
    [(text,)] = rows(database, "SELECT row_to_json(links)::text FROM ingestion.links")
    assert not [word for word in ("https", "Ada", "practice/", "é") if word in str(text)]


def test_an_erased_mail_takes_its_links_along(real: Bench, database: Database) -> None:
    begin(real)
    database.run(lambda connection: connection.execute("DELETE FROM ingestion.emails"))
    assert rows(database, "SELECT 1 FROM ingestion.links") == []


def test_without_a_database_everything_is_a_passing_failure() -> None:
    away = Database(f"postgresql://nobody@127.0.0.1:{closed_port()}/none")
    with pytest.raises(Retryable, match="database_unavailable"):
        PostgresLinkStore(away, KEY).begin(MAIL, 0, "files", URL)
    with pytest.raises(Retryable, match="database_unavailable"):
        PostgresDeliveryStore(away, KEY).begin(MAIL, "desk")
