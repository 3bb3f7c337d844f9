"""`ports.Outbox`: the same cases over the in-memory twin and PostgreSQL, then two workers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.outbox import PostgresOutbox
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.messages import Routing
from chalicelib.ports import MailStore, Outbox, Sent
from chalicelib.resilience.pacing import LIMIT, QUICK_GAP
from infra.local.servers import Postgres
from tests.contract.mails import ORIGINAL, envelope, mail_id
from tests.twins.outbox import MemoryOutbox
from tests.twins.store import MemoryMailStore

SENT = Sent(7, "-100", 2)
START = 1_800_000_000.0


@dataclass
class Clock:
    """A clock that a test moves."""

    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Side:
    """An outbox, the store that fills it, and its clock."""

    outbox: Outbox
    store: MailStore
    clock: Clock

    def add(self, name: str, urgency: str = "normal", topic: str = "", held: float = 0) -> str:
        """Store a mail; its notice is held for so many seconds."""
        until = datetime.fromtimestamp(self.clock.now + held, UTC).isoformat() if held else ""
        routing = Routing(1, ("rule",), topic=topic, hold_until=until) if topic or held else None
        self.store.store(envelope(name, urgency=urgency, routing=routing), "text", ORIGINAL, [])
        return mail_id(name)

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    clock = Clock()
    if request.param == "memory":
        outbox = MemoryOutbox(clock)
        yield Side(outbox, MemoryMailStore(outbox), clock)
    else:
        database: Database = request.getfixturevalue("database")
        yield Side(PostgresOutbox(database, clock=clock), PostgresMailStore(database, "key"), clock)


def test_an_empty_outbox_asks_for_no_wait(side: Side) -> None:
    claim = side.outbox.claim(10, 60)
    assert (claim.notices, claim.wait) == ((), 0.0)


def test_pending_notices_are_claimed_together(side: Side) -> None:
    wanted = {side.add(name) for name in "abc"}
    assert {notice.mail_id for notice in side.outbox.claim(10, 60).notices} == wanted


def test_no_more_than_the_limit_is_claimed(side: Side) -> None:
    for name in "abc":
        side.add(name)
    assert len(side.outbox.claim(2, 60).notices) == 2


def test_the_oldest_goes_first(side: Side) -> None:
    wanted = [side.add(name) for name in "abc"]
    assert [notice.mail_id for notice in side.outbox.claim(10, 60).notices] == wanted


def test_the_most_urgent_goes_before_the_oldest(side: Side) -> None:
    low, normal, high = (side.add(name, name) for name in ("low", "normal", "high"))
    assert [notice.mail_id for notice in side.outbox.claim(10, 60).notices] == [high, normal, low]


def test_a_claim_holds_one_topic_only(side: Side) -> None:
    side.add("a")
    side.outbox.add_system("alarm", {"alarm": "failed messages"})
    assert {notice.topic for notice in side.outbox.claim(10, 60).notices} == {"system"}


def test_an_urgent_mail_that_is_older_goes_before_a_system_notice(side: Side) -> None:
    side.add("a", "high")
    side.outbox.add_system("alarm", {"alarm": "failed messages"})
    assert side.outbox.claim(10, 60).notices[0].topic == "email"


def test_a_claimed_notice_is_not_claimed_again(side: Side) -> None:
    side.add("a")
    side.outbox.claim(10, 60)
    side.pass_time(10)
    assert side.outbox.claim(10, 60).notices == ()


def test_a_claim_that_was_never_finished_comes_back_after_its_lease(side: Side) -> None:
    wanted = side.add("a")
    side.outbox.claim(10, 60)
    side.pass_time(61)
    assert [notice.mail_id for notice in side.outbox.claim(10, 60).notices] == [wanted]


def test_a_sent_notice_never_comes_back(side: Side) -> None:
    side.add("a")
    side.outbox.mark_sent([notice.id for notice in side.outbox.claim(10, 60).notices], SENT)
    side.pass_time(600)
    assert side.outbox.claim(10, 60).notices == ()


def test_the_next_claim_waits_for_the_pace(side: Side) -> None:
    side.add("a")
    side.outbox.claim(1, 60)
    side.add("b")
    claim = side.outbox.claim(10, 60)
    assert claim.notices == ()
    assert claim.wait == pytest.approx(QUICK_GAP, abs=1e-6)


def test_after_its_wait_the_next_claim_is_given(side: Side) -> None:
    side.add("a")
    side.outbox.claim(1, 60)
    wanted = side.add("b")
    side.pass_time(side.outbox.claim(10, 60).wait + 0.001)
    assert [notice.mail_id for notice in side.outbox.claim(10, 60).notices] == [wanted]


def test_asking_too_early_reserves_nothing(side: Side) -> None:
    side.add("a")
    side.outbox.claim(1, 60)
    side.add("b")
    waits = {round(side.outbox.claim(10, 60).wait, 6) for _ in range(3)}
    assert waits == {round(QUICK_GAP, 6)}


def test_a_minute_of_claims_holds_no_more_than_the_limit(side: Side) -> None:
    for number in range(30):
        side.outbox.add_system(f"alarm-{number}", {})
    claims = 0
    while side.clock.now < START + 60:
        claim = side.outbox.claim(1, 600)
        claims += len(claim.notices)
        side.pass_time(claim.wait + 0.001)
    assert claims <= LIMIT


def test_a_released_notice_rests_as_long_as_the_provider_asked(side: Side) -> None:
    side.add("a")
    side.outbox.release([notice.id for notice in side.outbox.claim(10, 600).notices], 30)
    side.pass_time(20)
    assert side.outbox.claim(10, 60).wait == pytest.approx(10, abs=0.01)


def test_a_released_notice_can_be_claimed_after_its_rest(side: Side) -> None:
    wanted = side.add("a")
    side.outbox.release([notice.id for notice in side.outbox.claim(10, 600).notices], 30)
    side.pass_time(30.1)
    assert [notice.mail_id for notice in side.outbox.claim(10, 60).notices] == [wanted]


def test_a_sent_notice_is_not_given_back(side: Side) -> None:
    wanted = side.add("a")
    ids = [notice.id for notice in side.outbox.claim(10, 60).notices]
    side.outbox.mark_sent(ids, SENT)
    side.outbox.release(ids, 0)
    assert side.outbox.sent([wanted]) == {wanted}


def test_a_mail_counts_as_sent_only_after_the_mark(side: Side) -> None:
    wanted = side.add("a")
    side.outbox.claim(10, 60)
    assert side.outbox.sent([wanted]) == frozenset()


def test_a_mail_without_a_notice_has_none_left_to_send(side: Side) -> None:
    assert side.outbox.sent([mail_id("nothing")]) == {mail_id("nothing")}


def test_a_system_notice_with_a_known_key_changes_nothing(side: Side) -> None:
    for text in ("first", "second"):
        side.outbox.add_system("alarm", {"text": text})
    assert [notice.fields for notice in side.outbox.claim(10, 60).notices] == [{"text": "first"}]


def test_a_system_notice_with_hostile_text_is_kept(side: Side) -> None:
    side.outbox.add_system("alarm", {"text": "a\0b\ud800c"})
    assert side.outbox.claim(10, 60).notices[0].fields == {"text": "a\ufffdb\ufffdc"}


def test_system_notices_with_long_keys_are_kept_apart(side: Side) -> None:
    for end in "ab":
        side.outbox.add_system("x" * 5000 + end, {"end": end})
    assert len(side.outbox.claim(10, 60).notices) == 2


def test_marking_and_releasing_nothing_is_harmless(side: Side) -> None:
    side.outbox.mark_sent([], SENT)
    side.outbox.release([], 0)


def refuse(side: Side, max_batch: int, rest: float = 0) -> list[str | None]:
    """Claim what there is, have it refused, and let the chat's pause pass; the mails of the claim."""
    notices = side.outbox.claim(10, 600).notices
    side.outbox.refused([notice.id for notice in notices], max_batch, rest)
    side.pass_time(5)
    return [notice.mail_id for notice in notices]


def test_refused_notices_are_claimed_again_in_smaller_numbers(side: Side) -> None:
    for name in "abcd":
        side.add(name)
    refuse(side, 2)
    assert len(side.outbox.claim(10, 60).notices) == 2


def test_refused_notices_stay_apart_from_others(side: Side) -> None:
    wanted = {side.add(name) for name in "ab"}
    refuse(side, 2)
    side.add("c")
    assert {notice.mail_id for notice in side.outbox.claim(10, 60).notices} == wanted


def test_a_notice_says_how_it_was_refused(side: Side) -> None:
    side.add("a")
    refuse(side, 1)
    [first] = side.outbox.claim(10, 60).notices
    side.outbox.refused([first.id], 0, 30)
    side.pass_time(31)
    [second] = side.outbox.claim(10, 60).notices
    assert [(notice.max_batch, notice.refusals) for notice in (first, second)] == [(1, 0), (0, 1)]


def test_a_bare_notice_is_claimed_alone(side: Side) -> None:
    for name in "ab":
        side.add(name)
    refuse(side, 0)
    assert len(side.outbox.claim(10, 60).notices) == 1


def test_a_resting_notice_is_not_claimed_before_its_time(side: Side) -> None:
    side.add("a")
    refuse(side, 0, 60)
    assert side.outbox.claim(10, 60).notices == ()


def test_a_resting_notice_is_claimed_after_its_rest(side: Side) -> None:
    wanted = side.add("a")
    refuse(side, 0, 60)
    side.pass_time(56)
    assert [notice.mail_id for notice in side.outbox.claim(10, 60).notices] == [wanted]


def test_one_resting_notice_holds_up_no_other(side: Side) -> None:
    side.add("a")
    refuse(side, 0, 60)
    wanted = side.add("b")
    assert [notice.mail_id for notice in side.outbox.claim(10, 60).notices] == [wanted]


def test_two_resting_notices_let_their_topic_rest(side: Side) -> None:
    for name in "ab":
        side.add(name)
        refuse(side, 0, 60)
    side.add("c")
    assert side.outbox.claim(10, 60).notices == ()


def test_a_topic_s_rest_is_no_other_s(side: Side) -> None:
    for name in "ab":
        side.add(name)
        refuse(side, 0, 60)
    side.outbox.add_system("alarm", {"text": "x"})
    assert [notice.topic for notice in side.outbox.claim(10, 60).notices] == ["system"]


def test_a_mail_at_rest_has_nothing_to_send_now(side: Side) -> None:
    mails = [side.add("a")]
    refuse(side, 0, 60)
    mails.append(side.add("b"))
    assert side.outbox.sent(mails) == {mails[0]}


def test_the_mails_of_a_topic_at_rest_have_nothing_to_send_now(side: Side) -> None:
    mails = []
    for name in "ab":
        mails.append(side.add(name))
        refuse(side, 0, 60)
    mails.append(side.add("c"))
    assert side.outbox.sent(mails) == set(mails)


def test_a_sent_notice_is_not_refused_any_more(side: Side) -> None:
    wanted = side.add("a")
    ids = [notice.id for notice in side.outbox.claim(10, 60).notices]
    side.outbox.mark_sent(ids, SENT)
    side.outbox.refused(ids, 0, 60)
    side.pass_time(61)
    assert (side.outbox.claim(10, 60).notices, side.outbox.sent([wanted])) == ((), {wanted})


def test_two_workers_never_claim_the_same_notice(postgres: Postgres, database: Database) -> None:
    store = PostgresMailStore(database, "key")
    for number in range(12):
        store.store(envelope(f"m{number}"), "text", ORIGINAL, [])
    claimed: list[int] = []
    # Each worker's clock runs on by itself, so that the pace lets both go on claiming.
    workers = [threading.Thread(target=drain, args=(postgres.url, claimed)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(claimed) == sorted(set(claimed))
    assert len(claimed) == 12


def drain(url: str, claimed: list[int]) -> None:
    """Claim one after the other until nothing is pending."""
    database, clock = Database(url), Clock()
    outbox = PostgresOutbox(database, clock=clock)
    while (claim := outbox.claim(1, 1e6)).notices or claim.wait:
        claimed.extend(notice.id for notice in claim.notices)
        clock.now += claim.wait + 0.001
    database.close()


def test_of_two_workers_at_the_same_moment_one_gets_the_slot(postgres: Postgres, database: Database) -> None:
    for number in range(8):
        PostgresOutbox(database).add_system(str(number), {})
    start, claims = threading.Barrier(4), []

    def work(clock: Callable[[], float]) -> None:
        own = Database(postgres.url)
        own.ping()
        start.wait(10)
        claims.append(PostgresOutbox(own, clock=clock).claim(1, 60))
        own.close()

    workers = [threading.Thread(target=work, args=(Clock(),)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(len(claim.notices) for claim in claims) == [0, 0, 0, 1]


def test_a_held_notice_is_not_claimed_before_its_time(side: Side) -> None:
    side.add("a", held=3600)
    side.pass_time(3599)
    assert side.outbox.claim(10, 60).notices == ()


def test_a_held_notice_is_claimed_when_it_is_due(side: Side) -> None:
    wanted = side.add("a", held=3600)
    side.pass_time(3601)
    assert [notice.mail_id for notice in side.outbox.claim(10, 60).notices] == [wanted]


def test_a_held_notice_holds_up_no_other(side: Side) -> None:
    side.add("a", "high", held=3600)
    wanted = side.add("b", "low")
    assert [notice.mail_id for notice in side.outbox.claim(10, 60).notices] == [wanted]


def test_a_held_notice_asks_for_no_wait(side: Side) -> None:
    side.add("a", held=3600)
    assert side.outbox.claim(10, 60).wait == 0


def test_a_mail_whose_notice_is_held_has_nothing_to_send_now(side: Side) -> None:
    held, due = side.add("a", held=3600), side.add("b")
    assert side.outbox.sent([held, due]) == {held}


def test_a_mail_whose_held_notice_is_due_has_something_to_send(side: Side) -> None:
    held = side.add("a", held=3600)
    side.pass_time(3601)
    assert side.outbox.sent([held]) == frozenset()


def test_a_notice_goes_to_the_topic_of_its_routing(side: Side) -> None:
    side.add("a", topic="deliveries")
    assert [notice.topic for notice in side.outbox.claim(10, 60).notices] == ["deliveries"]


def test_topics_of_rules_are_claimed_apart(side: Side) -> None:
    side.add("a", topic="deliveries")
    side.add("b")
    assert len(side.outbox.claim(10, 60).notices) == 1


def test_a_claim_that_ended_by_itself_may_have_arrived(side: Side) -> None:
    side.add("a")
    side.outbox.claim(10, 60)
    side.pass_time(61)
    assert [notice.unknown_sends for notice in side.outbox.claim(10, 60).notices] == [1]


def test_a_notice_that_was_given_back_certainly_did_not_arrive(side: Side) -> None:
    side.add("a")
    side.outbox.release([notice.id for notice in side.outbox.claim(10, 60).notices], 0)
    side.pass_time(61)
    assert [notice.unknown_sends for notice in side.outbox.claim(10, 60).notices] == [0]


def test_an_unknown_outcome_is_counted_and_sent_again_after_its_pause(side: Side) -> None:
    wanted = side.add("a")
    for _ in range(2):
        side.outbox.unknown([notice.id for notice in side.outbox.claim(10, 600).notices], 5)
        assert side.outbox.claim(10, 60).wait == pytest.approx(5, abs=0.01)
        side.pass_time(6)
    [notice] = side.outbox.claim(10, 60).notices
    assert (notice.mail_id, notice.unknown_sends) == (wanted, 2)


def test_a_chat_that_refuses_is_paused_twice_as_long_each_time(side: Side) -> None:
    side.add("a")
    pauses = []
    for _ in range(8):
        pauses.append(side.outbox.chat_refused([notice.id for notice in side.outbox.claim(10, 60).notices]))
        side.pass_time(pauses[-1] + 0.1)
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_a_chat_that_refuses_leaves_its_notices_as_they_are(side: Side) -> None:
    for name in "ab":
        side.add(name)
    before = side.outbox.claim(10, 60).notices
    side.outbox.chat_refused([notice.id for notice in before])
    side.pass_time(61)
    assert side.outbox.claim(10, 60).notices == before


def test_while_the_chat_refuses_no_mail_has_anything_to_send_now(side: Side) -> None:
    mails = {side.add(name) for name in "ab"}
    side.outbox.chat_refused([notice.id for notice in side.outbox.claim(1, 60).notices])
    assert side.outbox.sent(list(mails)) == mails
    side.pass_time(61)
    assert side.outbox.sent(list(mails)) == frozenset()


def test_a_pause_that_the_provider_asked_for_is_no_refusal(side: Side) -> None:
    wanted = side.add("a")
    side.outbox.release([notice.id for notice in side.outbox.claim(1, 60).notices], 7200)
    assert side.outbox.sent([wanted]) == frozenset()
    assert side.outbox.claim(1, 60).wait == pytest.approx(7200, abs=0.01)


def test_a_message_that_arrives_ends_the_count_of_refusals(side: Side) -> None:
    side.add("a")
    side.outbox.chat_refused([notice.id for notice in side.outbox.claim(1, 60).notices])
    side.pass_time(61)
    side.outbox.mark_sent([notice.id for notice in side.outbox.claim(1, 60).notices], SENT)
    side.add("b")
    side.pass_time(6)
    assert side.outbox.chat_refused([notice.id for notice in side.outbox.claim(1, 60).notices]) == 60


def test_the_message_is_kept_with_its_notices(database: Database) -> None:
    PostgresMailStore(database, "key").store(envelope("a"), "text", ORIGINAL, [])
    outbox = PostgresOutbox(database)
    outbox.mark_sent([notice.id for notice in outbox.claim(1, 60).notices], SENT)
    assert database.all("SELECT message_id, sent_chat, sent_thread FROM core.outbox") == [(7, "-100", 2)]
