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
from chalicelib.ports import DeliveryStore, FileLink, LinkStore, MailStore, Original, Progress, WebhookClaim
from tests.aws_at import closed_port
from tests.contract.mails import RECEIPT, RECEIVED, envelope, mail_id
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


def links_of(bench: Bench) -> tuple[FileLink, ...]:
    return bench.deliveries.claim(MAIL, "desk", [], links=True).links


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


def test_progress_behind_another_workers_is_refused(bench: Bench) -> None:
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
    assert links_of(bench) == (FileLink("files", URL, BEGUN.key, "é.zip", "application/zip", 20_000_000),)


def test_a_link_that_was_given_up_says_why_and_how_far_it_got(bench: Bench) -> None:
    begin(bench)
    bench.links.save(MAIL, 0, BEGUN, Progress(1))
    assert bench.links.given_up(MAIL, 0, "link_gone") == BEGUN
    assert bench.links.given_up(MAIL, 0, "later") == Progress()
    [link] = links_of(bench)
    assert (link.url, link.key, link.reason) == (URL, "", "link_gone")


def test_links_are_read_in_their_order(bench: Bench) -> None:
    for position in (2, 0, 1):
        bench.links.begin(MAIL, position, f"p{position}", URL)
    assert [link.provider for link in links_of(bench)] == ["p0", "p1", "p2"]


def test_a_webhook_is_made_of_the_anonymized_mail(bench: Bench) -> None:
    mail = bench.deliveries.claim(MAIL, "desk", [], links=False).mail
    assert mail is not None
    assert (mail.account, mail.source, mail.sender, mail.body, mail.recipients, mail.urgency) == (
        "practice",
        "gmail",
        "<PERSON_1> <EMAIL_1>",
        "Dear <PERSON_1>",
        ("<EMAIL_2>",),
        "normal",
    )
    assert (mail.received_at, mail.sent_at) == (RECEIVED, RECEIVED)


def test_a_mail_that_is_not_stored_is_not_delivered(bench: Bench) -> None:
    assert bench.deliveries.claim(mail_id("nobody"), "desk", ["sender"], links=True) == WebhookClaim(None)


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
    assert bench.deliveries.claim(MAIL, "desk", fields, links=False).clear == clear


def begun(bench: Bench, destination: str = "desk") -> bool:
    """Whether there is something to deliver."""
    return not bench.deliveries.claim(MAIL, destination, [], links=False).delivered


def test_a_delivery_is_begun_until_it_is_done(bench: Bench) -> None:
    assert begun(bench)
    assert begun(bench)
    bench.deliveries.delivered(MAIL, "desk", 204, RECEIPT)
    assert not begun(bench)
    assert begun(bench, "shop")


def test_links_are_read_only_where_they_are_asked_for(bench: Bench) -> None:
    begin(bench)
    assert bench.deliveries.claim(MAIL, "desk", [], links=False).links == ()


def test_a_delivery_that_was_refused_may_be_begun_again(bench: Bench) -> None:
    begun(bench)
    bench.deliveries.failed(MAIL, "desk", "webhook_refused", final=True)
    assert begun(bench)


def test_a_late_failure_does_not_undo_a_delivery(bench: Bench) -> None:
    begun(bench)
    bench.deliveries.delivered(MAIL, "desk", 204, RECEIPT)
    bench.deliveries.failed(MAIL, "desk", "target_timeout", final=False)
    assert not begun(bench)


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    return database.run(lambda connection: connection.execute(query.encode()).fetchall())


@pytest.fixture
def real(database: Database) -> Bench:
    made = postgres(lambda: database)
    made.mails.store(envelope("a"), "Dear <PERSON_1>", ORIGINAL, [])
    return made


def test_the_record_of_a_delivery_has_its_attempts_and_its_end(real: Bench, database: Database) -> None:
    begun(real)
    real.deliveries.failed(MAIL, "desk", "webhook_failed", final=False)
    begun(real)
    real.deliveries.delivered(MAIL, "desk", 202, RECEIPT)
    query = "SELECT state, attempts, status, code, delivered_at >= first_at FROM core.deliveries"
    assert rows(database, query) == [("delivered", 2, 202, "", True)]
    assert rows(database, "SELECT module, action FROM core.action_receipts") == [(RECEIPT.module, RECEIPT.action)]


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
        PostgresDeliveryStore(away, KEY).claim(MAIL, "desk", [], links=False)
