"""`ports.Listing`: the same cases over the in-memory twin and EmailEngine's stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.adapters.breaker import Breaker
from chalicelib.adapters.emailengine import listing as emailengine_listing
from chalicelib.adapters.emailengine.listing import EmailEngineListing
from chalicelib.core.errors import NotReady, Permanent, Postponed, Retryable
from chalicelib.ports import Folder, Listing
from infra.local.standins.emailengine import EmailEngineStandIn
from tests.twins.cache import MemoryCache
from tests.twins.source import MemorySource

ACCOUNT = "research lab/é"
TODAY = datetime.now(UTC)


@dataclass
class Bench:
    """A listing, hands on the mailbox behind it, and a way to take it away."""

    listing: Listing
    add: Callable[[bytes, str, datetime], str]
    break_down: Callable[[], None]

    def mail(self, number: int, path: str = "INBOX", received: datetime = TODAY) -> str:
        raw = f"Message-ID: <{number}@mail.example>\r\nSubject: {number}\r\nFrom: ada@clinic.example\r\n\r\nText\r\n"
        return self.add(raw.encode(), path, received)

    def ids(self, path: str = "INBOX", since: datetime = TODAY, page: int = 0) -> list[str]:
        return [entry["id"] for entry in self.listing.received(ACCOUNT, path, since, page).entries]


@pytest.fixture(params=["memory", "emailengine"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        source = MemorySource()
        source.accounts.add(ACCOUNT)

        def hold(raw: bytes, path: str, received: datetime) -> str:
            return source.add(ACCOUNT, raw, path, received=received).id

        yield Bench(source, hold, lambda: setattr(source, "down", True))
        return
    with EmailEngineStandIn(token="secret") as stand_in:
        stand_in.mailboxes.account(ACCOUNT)

        def keep(raw: bytes, path: str, received: datetime) -> str:
            held = stand_in.mailboxes.add(ACCOUNT, raw, path=path)
            held.received = received
            return held.id

        listing = EmailEngineListing(stand_in.url, "secret", Breaker("emailengine", MemoryCache()))
        yield Bench(listing, keep, stand_in.stop)
        listing.close()


def test_the_folders_are_listed(bench: Bench) -> None:
    bench.mail(1, "Patients/Été & co")
    folders = bench.listing.folders(ACCOUNT)
    assert Folder("INBOX", "\\Inbox") in folders
    assert Folder("Patients/Été & co") in folders


def test_an_unknown_account_is_reported(bench: Bench) -> None:
    with pytest.raises(Permanent, match="account_unknown"):
        bench.listing.folders("nobody")


def test_a_folder_is_listed_newest_first(bench: Bench) -> None:
    ids = [bench.mail(number) for number in range(3)]
    bench.mail(9, "Archive")
    assert bench.ids() == ids[::-1]


def test_an_entry_is_what_a_webhook_states(bench: Bench) -> None:
    bench.mail(1)
    [entry] = bench.listing.received(ACCOUNT, "INBOX", TODAY, 0).entries
    assert entry["messageId"] == "<1@mail.example>"
    assert datetime.fromisoformat(entry["date"].replace("Z", "+00:00")).tzinfo is not None


def test_the_day_of_receipt_counts_and_not_the_date_that_a_mail_states(bench: Bench) -> None:
    bench.mail(1, received=TODAY - timedelta(days=3))
    second = bench.mail(2, received=TODAY - timedelta(days=1))
    assert bench.ids(since=TODAY - timedelta(days=2)) == [second]


def test_pages_are_whole_and_end(bench: Bench) -> None:
    size = emailengine_listing.LIST_SIZE
    ids = [bench.mail(number) for number in range(size + 1)]
    first, second = (bench.listing.received(ACCOUNT, "INBOX", TODAY, page) for page in (0, 1))
    assert (first.more, second.more) == (True, False)
    assert [entry["id"] for entry in (*first.entries, *second.entries)] == ids[::-1]


def test_a_page_beyond_the_end_is_empty(bench: Bench) -> None:
    bench.mail(1)
    page = bench.listing.received(ACCOUNT, "INBOX", TODAY, 5)
    assert (page.entries, page.more) == ((), False)


def test_a_folder_that_is_gone_is_empty(bench: Bench) -> None:
    bench.mail(1)
    assert bench.ids("Was deleted") == []


def test_what_does_not_answer_is_a_passing_failure(bench: Bench) -> None:
    bench.break_down()
    with pytest.raises(Retryable):
        bench.listing.folders(ACCOUNT)


@pytest.mark.parametrize("modern", [False, True])
def test_trouble_of_one_account_and_folders_that_are_gone_do_not_open_the_breaker(modern: bool) -> None:
    with EmailEngineStandIn(token="secret", modern=modern) as stand_in:
        stand_in.mailboxes.account(ACCOUNT)
        stand_in.mailboxes.account("faculty", state="authenticationError")
        breaker = Breaker("emailengine", MemoryCache())
        listing = EmailEngineListing(stand_in.url, "secret", breaker)
        for _ in range(10):
            with pytest.raises(NotReady, match="account_login_failed"):
                listing.folders("faculty")
            assert listing.received(ACCOUNT, "Was deleted", TODAY, 0).entries == ()
        assert Folder("INBOX", "\\Inbox") in listing.folders(ACCOUNT)
        assert breaker.state().kind == "closed"
        listing.close()


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429}, {"body": "garbage"}, {"body": "html"}])
def test_emailengine_in_trouble_is_a_passing_failure(fault: dict[str, object]) -> None:
    with EmailEngineStandIn(token="secret") as stand_in:
        stand_in.mailboxes.account(ACCOUNT)
        listing = EmailEngineListing(stand_in.url, "secret", Breaker("emailengine", MemoryCache()))
        stand_in.fail(times=None, **fault)
        for call in (
            lambda: listing.folders(ACCOUNT),
            lambda: listing.received(ACCOUNT, "INBOX", TODAY, 0),
        ):
            with pytest.raises(Retryable):
                call()
        listing.close()


def test_an_open_breaker_is_not_asked_through() -> None:
    with EmailEngineStandIn(token="secret") as stand_in:
        breaker = Breaker("emailengine", MemoryCache())
        listing = EmailEngineListing(stand_in.url, "secret", breaker)
        stand_in.stop()
        for _ in range(5):
            with pytest.raises(Retryable):
                listing.folders(ACCOUNT)
        with pytest.raises(Postponed, match="emailengine_resting"):
            listing.folders(ACCOUNT)
        listing.close()
