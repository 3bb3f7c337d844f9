"""Mail whose webhook never came: taken in once, and what was there before Mailroom never."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.cache_keys import seen_key
from chalicelib.core.errors import Retryable
from chalicelib.core.messages import decode
from chalicelib.core.spool_keys import sealed_key
from chalicelib.intake.intake import Intake
from chalicelib.mail.identity import mail_id
from chalicelib.mail.sealed import EMAILENGINE, unseal
from chalicelib.ports import MessageReference, Page, ReconciliationRun
from chalicelib.sources.emailengine import webhook_event
from chalicelib.sources.emailengine.reconciler import Reconciler
from tests.twins.cache import MemoryCache
from tests.twins.looks import MemoryLooks
from tests.twins.outbox import MemoryOutbox
from tests.twins.queues import MemoryQueues
from tests.twins.source import MemorySource
from tests.twins.spool import MemorySpool
from tests.twins.store import MemoryMailStore
from tests.twins.telemetry import Telemetry

Runs = list[ReconciliationRun]
ACCOUNT = "practice"
START = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass
class World:
    """A mailbox, and what Mailroom knows of it."""

    source: MemorySource = field(default_factory=MemorySource)
    looks: MemoryLooks = field(default_factory=MemoryLooks)
    spool: MemorySpool = field(default_factory=MemorySpool)
    queues: MemoryQueues = field(default_factory=MemoryQueues)
    cache: MemoryCache = field(default_factory=MemoryCache)
    store: MemoryMailStore = field(default_factory=lambda: MemoryMailStore(MemoryOutbox()))
    now: datetime = START
    number: int = 0
    folders: tuple[str, ...] = ("\\Inbox",)
    telemetry: Telemetry = field(default_factory=Telemetry)

    def __post_init__(self) -> None:
        self.source.accounts.add(ACCOUNT)
        self.intake = Intake(self.spool, self.queues, self.cache, Telemetry())

    def mail(self, path: str = "INBOX", age: timedelta = timedelta(hours=1), email_id: str = "", date: str = "") -> str:
        """A mail that came so long ago; the id that Mailroom gives it."""
        self.number += 1
        received = self.now - age
        stated = date or received.strftime("%a, %d %b %Y %H:%M:%S +0000")
        raw = f"Message-ID: <{self.number}@x.example>\r\nDate: {stated}\r\nFrom: ada@x.example\r\n\r\nText\r\n".encode()
        return self.id_of(self.source.add(ACCOUNT, raw, path, email_id, received=received))

    def add_again(self) -> None:
        """The account is removed and added again: its mailbox is empty, its ids start again."""
        self.source.forget(ACCOUNT)
        self.source.accounts.add(ACCOUNT)

    def id_of(self, reference: MessageReference) -> str:
        return mail_id(ACCOUNT, webhook_event.arrival(self.event(reference)).identity)

    def event(self, reference: MessageReference) -> webhook_event.Event:
        held = self.source.held[ACCOUNT, reference.id]
        return webhook_event.Event(ACCOUNT, "messageNew", reference.path, "", held.entry())

    def webhooks(self) -> None:
        """The webhooks of everything in the mailbox come."""
        events = [self.event(held.reference) for held in self.source.held.values()]
        self.intake.take([webhook_event.arrival(event) for event in events], "trace")

    def look(self, minutes: float = 10, accounts: Iterable[str] = (ACCOUNT,), left: float = 300.0) -> Runs:
        """So many minutes later."""
        self.now += timedelta(minutes=minutes)
        made = Reconciler(
            *(self.source, self.looks, self.store, self.spool, self.intake, self.telemetry),
            *(self.folders, "trace", lambda: self.now),
        )
        return made.run(list(accounts), lambda: left)

    def sent(self) -> list[str]:
        return [decode(queued.body).mail_id for queued in self.queues.queues["anonymize"]]


@pytest.fixture
def world() -> World:
    """One that has looked once, so that everything from now on is new."""
    made = World()
    made.mail()
    made.look(0)
    return made


def test_what_was_there_before_is_not_taken_in() -> None:
    world = World()
    world.mail()
    [first] = world.look()
    [second] = world.look()
    assert [(look.outcome, look.listed, look.gaps) for look in (first, second)] == [("complete", 1, 0)] * 2
    assert world.sent() == []


def test_mail_without_webhook_is_taken_in_once(world: World) -> None:
    missed = world.mail()
    [look] = world.look()
    assert (look.outcome, look.gaps, look.gaps_total) == ("complete", 1, 1)
    assert world.sent() == [missed]
    header, _ = unseal(world.spool.get(sealed_key(ACCOUNT, missed), 10_000))
    assert (header.kind, header.source, header.mail_id) == (EMAILENGINE, "emailengine", missed)
    [again] = world.look()
    assert (again.gaps, again.gaps_total, world.sent()) == (0, 1, [missed])


def test_mail_whose_webhook_came_is_left_alone(world: World) -> None:
    world.mail()
    world.webhooks()
    before = world.sent()
    [look] = world.look()
    assert (look.gaps, world.sent()) == (0, before)


def test_young_mail_is_left_to_its_webhook_and_then_taken_in(world: World) -> None:
    missed = world.mail(age=timedelta(0))
    [young] = world.look(minutes=5)
    [old] = world.look(minutes=6)
    assert (young.gaps, old.gaps, world.sent()) == (0, 1, [missed])


@pytest.mark.parametrize("date", ["Fri, 01 Jan 2100 00:00:00 +0000", "Mon, 01 Jan 2001 00:00:00 +0000"])
def test_a_date_that_lies_hides_no_mail(world: World, date: str) -> None:
    missed = world.mail(date=date)
    world.look()
    assert world.sent() == [missed]


def test_mail_that_came_just_before_the_first_look_is_not_taken_for_old() -> None:
    world = World()
    missed = world.mail(age=timedelta(minutes=1))
    world.look(0)
    world.look()
    assert world.sent() == [missed]


def test_the_hint_of_a_mail_that_neither_ledger_nor_spool_knows_is_not_believed(world: World) -> None:
    missed = world.mail()
    world.webhooks()
    world.spool.delete(sealed_key(ACCOUNT, missed))  # and the mail with it, says the hint, is in good hands
    before = world.sent()
    world.look()
    assert (world.intake.known(missed), world.sent()) == (True, [*before, missed])


def test_new_mail_under_the_id_of_one_that_is_known_is_found(world: World) -> None:
    world.add_again()
    known = world.mail()
    world.webhooks()
    world.add_again()
    missed = world.mail()
    [look] = world.look()
    assert (look.gaps, world.sent()) == (1, [known, missed])
    assert known != missed


def test_new_mail_under_the_id_of_one_from_before_mailroom_is_found(world: World) -> None:
    world.add_again()
    missed = world.mail()
    [look] = world.look()
    assert (look.gaps, world.sent()) == (1, [missed])


def test_mail_that_an_endpoint_called_already_processed_is_found(world: World) -> None:
    """The hint in Redis says so of a mail that neither ledger nor spool has: the mailbox is believed."""
    missed = world.mail()
    world.cache.set(seen_key(missed), b"1", 60)
    world.webhooks()
    assert missed not in world.sent()
    [look] = world.look()
    assert (look.gaps, world.sent()[-1]) == (1, missed)


@pytest.mark.parametrize("length", [999, 5_000, 100_000])
def test_a_long_message_id_keeps_no_mail_out(world: World, length: int) -> None:
    raw = f"Message-ID: <{'a' * length}@x.example>\r\nFrom: ada@x.example\r\n\r\nText\r\n".encode()
    missed = world.id_of(world.source.add(ACCOUNT, raw, received=world.now - timedelta(hours=1)))
    [look] = world.look()
    assert (look.gaps, world.sent()) == (1, [missed])
    [again] = world.look()
    assert again.gaps == 0


@pytest.mark.parametrize("code", ["account_login_failed", "account_not_connected", "account_paused"])
def test_an_account_in_trouble_is_reported_by_its_code_and_the_others_go_on(world: World, code: str) -> None:
    world.source.accounts.add("faculty")
    world.source.trouble["faculty"] = code
    found = {look.account: (look.outcome, look.code) for look in world.look(accounts=["faculty", ACCOUNT])}
    assert found == {"faculty": ("failed", code), ACCOUNT: ("complete", "")}


def test_an_account_in_trouble_is_counted_for_the_alarm(world: World) -> None:
    def counted() -> float:
        return sum(value for name, value, _ in world.telemetry.counts if name == "AccountTrouble")

    world.look()
    assert counted() == 0
    world.source.trouble[ACCOUNT] = "account_login_failed"
    world.look()
    assert counted() == 1
    world.source.trouble[ACCOUNT] = "account_paused"  # the operator did that
    world.look()
    assert counted() == 1


def test_with_all_folders_a_mail_that_was_moved_at_once_is_found(world: World) -> None:
    world.folders = ("*",)
    missed = world.mail("Lists")
    [look] = world.look()
    assert (look.gaps, world.sent()) == (1, [missed])


def test_other_folders_stay_outside(world: World) -> None:
    world.mail("Junk")
    world.mail("Archive")
    [look] = world.look()
    assert (look.listed, world.sent()) == (1, [])


def test_a_moved_mail_with_a_permanent_id_is_known(world: World) -> None:
    world.mail(email_id="1650000000000000001")
    world.webhooks()
    before = world.sent()
    [held] = [one for one in world.source.held.values() if one.reference.email_id]
    world.source.move(world.source.move(held.reference, "Archive"), "INBOX")
    [look] = world.look()
    assert (look.gaps, world.sent()) == (0, before)


def test_all_pages_are_gone_through(world: World) -> None:
    world.source.page_size = 2
    missed = {world.mail() for _ in range(5)}
    [look] = world.look()
    assert (look.outcome, look.gaps, set(world.sent())) == ("complete", 5, missed)


def test_after_an_outage_everything_since_the_last_whole_look_is_found(world: World) -> None:
    world.source.down = True
    [failed] = world.look()
    assert (failed.outcome, failed.code) == ("failed", "emailengine_unavailable")
    missed = [world.mail(age=timedelta(0)) for _ in range(3)]
    for _ in range(9):
        world.look(minutes=24 * 60)
    world.source.down = False
    [look] = world.look()
    assert (look.outcome, look.gaps, sorted(world.sent())) == ("complete", 3, sorted(missed))


def test_mail_that_the_listing_was_late_with_is_found(world: World) -> None:
    missed = world.mail(age=timedelta(hours=40))
    world.look()
    assert world.sent() == [missed]


def test_what_is_accounted_for_is_not_listed_for_ever(world: World) -> None:
    listed = [world.look(minutes=24 * 60)[0].listed for _ in range(4)]
    assert listed[0] == 1
    assert listed[-1] == 0


def test_a_spool_that_is_away_leaves_the_mail_for_the_next_look(world: World) -> None:
    missed = world.mail()
    world.queues.down = True
    [look] = world.look()
    assert (look.outcome, look.code, look.gaps) == ("partial", "more_is_left", 0)
    world.queues.down = False
    [again] = world.look()
    # It was sealed: that it arrives is now the sweep's affair, which looks for sealed mail without an end.
    assert (again.outcome, again.gaps) == ("complete", 0)
    assert world.spool.head(sealed_key(ACCOUNT, missed), 1)


def test_an_account_that_emailengine_does_not_know_is_absent_and_no_failure(world: World) -> None:
    looks = world.look(accounts=["gmail-only", ACCOUNT])
    assert {look.account: look.outcome for look in looks} == {"gmail-only": "absent", ACCOUNT: "complete"}


def test_the_account_that_waited_longest_comes_first(world: World) -> None:
    assert [look.account for look in world.look(accounts=[ACCOUNT, "new"])] == ["new", ACCOUNT]


def test_without_time_nothing_is_begun(world: World) -> None:
    assert world.look(left=10.0) == []


def test_a_database_that_is_away_is_raised(world: World) -> None:
    world.looks.down = True
    with pytest.raises(Retryable):
        world.look()


def test_an_entry_that_is_none_holds_up_no_other(world: World) -> None:
    missed = world.mail()

    whole = world.source
    entries: list[Any] = [{"status": "failed", "uid": 7}, {"id": 5}, {"id": "x" * 1_000}]

    class Torn:
        """Lists entries that EmailEngine could not make, too."""

        def folders(self, account: str) -> Any:
            return whole.folders(account)

        def received(self, account: str, path: str, since: datetime, page: int) -> Any:
            return Page((*entries, *whole.received(account, path, since, page).entries))

    world.now += timedelta(minutes=10)
    made = Reconciler(
        *(Torn(), world.looks, world.store, world.spool, world.intake, Telemetry()),
        *(("\\Inbox",), "trace", lambda: world.now),
    )
    [look] = made.run([ACCOUNT], lambda: 300.0)
    assert (look.outcome, look.gaps, world.sent()) == ("complete", 1, [missed])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(["mail", "webhooks", "look", "down", "up"]), max_size=25))
def test_whatever_happens_each_mail_is_sent_exactly_once(steps: list[str]) -> None:
    world = World()
    world.look(0)
    expected = set()
    for step in [*steps, "up", "look", "look"]:
        match step:
            case "mail":
                expected.add(world.mail(age=timedelta(minutes=30)))
            case "webhooks":
                world.webhooks()
            case "look":
                world.look()
            case "down" | "up":
                world.source.down = step == "down"
    assert sorted(world.sent()) == sorted(expected)


def test_a_slow_mailbox_is_noted_in_time_and_the_others_have_their_turn(world: World) -> None:
    """A listing that was killed noted nothing, so the same account came first for ever."""
    for number in range(30):
        world.mail(email_id=f"e{number}")
    world.source.accounts.add("second")
    world.source.page_size = 3
    left = [300.0]

    whole = world.source

    class Slow:
        """Every call takes 40 seconds."""

        def folders(self, account: str) -> Any:
            return whole.folders(account)

        def received(self, account: str, path: str, since: datetime, page: int) -> Any:
            left[0] -= 40
            return whole.received(account, path, since, page)

    def run() -> Runs:
        left[0] = 300.0
        world.now += timedelta(minutes=10)
        made = Reconciler(
            *(Slow(), world.looks, world.store, world.spool, world.intake, Telemetry()),
            *(("\\Inbox",), "trace", lambda: world.now),
        )
        return made.run([ACCOUNT, "second"], lambda: left[0])

    run()
    [look] = [look for look in run() if look.account == ACCOUNT]
    assert (look.outcome, look.code, look.gaps > 0, left[0] > 0) == ("partial", "more_is_left", True, True)
    assert run()[0].account == "second"
