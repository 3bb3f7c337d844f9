"""Stage 4: what is in the outbox reaches people, in as few messages as possible."""

from __future__ import annotations

import pytest

from chalicelib.core.errors import ConfigurationError, Permanent, Postponed, Retryable
from chalicelib.core.message_text import MessageText
from chalicelib.core.messages import Envelope, Quarantine
from chalicelib.pipeline.notify import LEASE, MIN_WAIT, NotifyWorker
from chalicelib.ports import Sent
from chalicelib.resilience.refusals import CHAT_REFUSED, OUTCOME_UNKNOWN, TOPIC_LOST
from chalicelib.telegram.notice import NoticeRenderer
from tests.twins.messenger import MemoryMessenger
from tests.twins.outbox import MemoryOutbox
from tests.twins.store import MemoryMailStore
from tests.twins.telemetry import Telemetry
from tests.unit.pipeline.batches import mail

FIELDS = {"account": "praxis", "category": "patient", "urgency": "normal", "sender": "<PERSON_1>"}


class World:
    """The stage over twins and a clock; `worker` is a container's."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.outbox = MemoryOutbox(lambda: self.now)
        self.store = MemoryMailStore(self.outbox)
        self.messenger = MemoryMessenger()
        self.telemetry = Telemetry()
        self.on = True
        self.worker = self.another()

    def another(self) -> NotifyWorker:
        parts = self.outbox, self.store, self.messenger
        return NotifyWorker(*parts, lambda: self.on, NoticeRenderer("en"), self.telemetry)

    def add(self, number: int, urgency: int = 1, subject: str = "") -> Envelope:
        """A stored mail's notice, and its pointer."""
        envelope = mail(number)
        shown = FIELDS | {"subject": subject or f"mail {number}"}
        self.outbox.add(f"email:{envelope.mail_id}", "email", envelope.mail_id, urgency, shown)
        return envelope

    def done(self, *envelopes: Envelope) -> list[str]:
        """One batch: for each mail `done`, or the code of what was raised."""
        self.worker.begin(envelopes)
        return [self.one(envelope) for envelope in envelopes]

    def one(self, envelope: Envelope) -> str:
        try:
            self.worker.process(envelope)
        except Retryable as error:
            return error.code
        return "done"

    def wait(self, envelope: Envelope) -> float | None:
        """The wait that the stage asks for."""
        with pytest.raises(Retryable) as caught:
            self.worker.process(envelope)
        return caught.value.after

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.messenger.sent]


@pytest.fixture
def world() -> World:
    return World()


def test_a_mail_is_sent(world: World) -> None:
    assert world.done(world.add(1)) == ["done"]
    assert world.messenger.sent == [("email", "New mail\n\npatient · praxis\nmail 1\nfrom <PERSON_1>")]


def test_a_batch_is_one_message(world: World) -> None:
    assert world.done(*(world.add(number) for number in range(1, 6))) == ["done"] * 5
    assert len(world.texts) == 1


def test_what_is_sent_leaves_a_receipt(world: World) -> None:
    envelope = world.add(1)
    world.done(envelope)
    assert (envelope.mail_id, "notify", "email.notify") in world.store.receipts


def test_the_most_urgent_mail_is_first(world: World) -> None:
    world.done(world.add(1, 1), world.add(2, 2))
    assert world.texts[0].index("mail 2") < world.texts[0].index("mail 1")


def test_a_mail_that_was_sent_is_not_sent_again(world: World) -> None:
    envelope = world.add(1)
    world.done(envelope)
    world.now += 60
    assert world.done(envelope) == ["done"]
    assert len(world.texts) == 1


def test_a_mail_sent_by_another_s_batch_is_done(world: World) -> None:
    first, second = world.add(1), world.add(2)
    world.done(first)
    assert world.done(second) == ["done"]


def test_what_does_not_fit_is_sent_next(world: World) -> None:
    envelopes = [world.add(number, subject="😀" * 160) for number in range(1, 31)]
    outcomes = world.done(*envelopes)
    assert set(outcomes) == {"done", "notify_waiting"}


def test_what_does_not_fit_does_not_wait_for_the_lease(world: World) -> None:
    envelopes = [world.add(number, subject="😀" * 160) for number in range(1, 15)]
    world.done(*envelopes)
    world.now += 2
    assert world.done(*envelopes) == ["done"] * 14


def test_in_the_chat_s_pause_a_mail_waits(world: World) -> None:
    world.done(world.add(1))
    assert world.done(world.add(2)) == ["notify_waiting"]


def test_the_wait_is_the_chat_s_pause(world: World) -> None:
    world.done(world.add(1))
    second = world.add(2)
    world.done(second)
    assert world.wait(second) == pytest.approx(1.05)


def test_the_wait_is_never_nothing(world: World) -> None:
    envelope = world.add(1)
    world.outbox.claim(40, LEASE)
    world.now += 30
    world.done(envelope)
    assert world.wait(envelope) == MIN_WAIT


def test_after_the_pause_the_mail_is_sent(world: World) -> None:
    world.done(world.add(1))
    second = world.add(2)
    world.done(second)
    world.now += 1.1
    assert world.done(second) == ["done"]


def test_while_telegram_is_away_the_mail_waits(world: World) -> None:
    world.messenger.failures.append(Retryable("telegram_unavailable"))
    assert world.done(world.add(1)) == ["telegram_unavailable"]


def test_after_an_outage_the_mail_is_sent(world: World) -> None:
    world.messenger.failures.append(Retryable("telegram_unavailable"))
    envelope = world.add(1)
    world.done(envelope)
    world.now += 2
    assert world.done(envelope) == ["done"]


def test_telegram_s_wait_is_the_mail_s(world: World) -> None:
    world.messenger.failures.append(Retryable("telegram_rate_limited", after=17))
    envelope = world.add(1)
    world.done(envelope)
    assert world.wait(envelope) == 17


def test_telegram_s_wait_is_the_whole_chat_s(world: World) -> None:
    world.messenger.failures.append(Retryable("telegram_rate_limited", after=17))
    world.done(world.add(1))
    world.now += 16
    world.done(world.add(2))
    assert world.texts == []


def test_after_telegram_s_wait_all_are_sent(world: World) -> None:
    world.messenger.failures.append(Retryable("telegram_rate_limited", after=17))
    first, second = world.add(1), world.add(2)
    world.done(first, second)
    world.now += 17.1
    assert world.done(first, second) == ["done", "done"]


def test_a_failure_is_logged_by_its_code(world: World) -> None:
    world.messenger.failures.append(Retryable("telegram_rate_limited", after=17))
    world.done(world.add(1))
    assert world.telemetry.lines == [("notify_failed", {"code": "telegram_rate_limited", "count": 1, "wait": 17})]


def test_a_refusal_for_good_loses_no_notice(world: World) -> None:
    world.messenger.failures.append(Permanent("telegram_refused"))
    envelope = world.add(1)
    assert world.done(envelope) == ["telegram_refused"]
    world.now += 2
    assert world.done(envelope) == ["done"]


def test_a_refusal_is_no_mail_s_try(world: World) -> None:
    world.messenger.refuses = lambda text: True
    envelope = world.add(1)
    world.worker.begin([envelope])
    with pytest.raises(Postponed):
        world.worker.process(envelope)


def test_a_batch_asks_the_messenger_once_whatever_it_refuses(world: World) -> None:
    world.messenger.refuses = lambda text: True
    world.done(*(world.add(number) for number in range(1, 11)))
    assert world.messenger.asked == 1


def rounds(world: World, count: int, pause: float = 6) -> None:
    """So many runs of the sweep, each after the chat's pause."""
    for _ in range(count):
        world.now += pause
        world.worker.drain()


def test_the_neighbours_of_a_refused_notice_are_sent_whole(world: World) -> None:
    world.messenger.refuses = lambda text: "poison" in text
    for number in range(1, 41):
        world.add(number, subject="poison" if number == 17 else "")
    rounds(world, 14)
    shown = "".join(world.texts)
    assert all(f"mail {number}\n" in shown for number in range(1, 41) if number != 17)


def test_a_refused_notice_among_forty_is_alone_after_a_dozen_messages(world: World) -> None:
    world.messenger.refuses = lambda text: "poison" in text
    for number in range(1, 41):
        world.add(number, subject="poison" if number == 17 else "")
    rounds(world, 20)
    assert (world.messenger.asked, [row for row in world.outbox.rows.values() if not row.sent]) == (13, [])


def test_a_refused_notice_is_sent_without_its_text(world: World) -> None:
    world.messenger.refuses = lambda text: "poison" in text
    envelope = world.add(1, subject="poison")
    rounds(world, 2)
    assert world.texts == [f"New mail\n{envelope.mail_id} · praxis"]


def test_a_refused_system_notice_is_sent_without_its_text(world: World) -> None:
    world.messenger.refuses = lambda text: "poison" in text
    world.outbox.add_system("alarm", {"text": "poison"})
    rounds(world, 2)
    assert world.messenger.sent == [("system", "Mailroom 1")]


def test_what_is_refused_bare_stays_unsent(world: World) -> None:
    world.messenger.refuses = lambda text: True
    world.add(1)
    rounds(world, 50)
    assert [row.sent for row in world.outbox.rows.values()] == [None]


def test_what_is_refused_bare_is_an_operator_s_matter(world: World) -> None:
    world.messenger.refuses = lambda text: True
    world.add(1)
    rounds(world, 2)
    assert world.telemetry.counts[-1] == ("NotifyStuck", 1, {"stage": "notify"})
    assert world.telemetry.lines[-1] == ("notify_stuck", {"code": "telegram_refused", "refused": 1, "wait": 60})


def test_its_mail_leaves_the_queue_to_the_sweep(world: World) -> None:
    world.messenger.refuses = lambda text: True
    envelope = world.add(1)
    rounds(world, 2)
    assert world.done(envelope) == ["done"]


def test_a_chat_that_is_gone_is_asked_less_and_less(world: World) -> None:
    world.messenger.refuses = lambda text: True
    for number in range(1, 101):
        world.add(number)
    rounds(world, 24 * 60, pause=60)
    assert world.messenger.asked < 125  # about each hour, with and without the text of two notices


def test_a_chat_that_is_gone_is_not_asked_for_every_new_mail(world: World) -> None:
    world.messenger.refuses = lambda text: True
    for number in range(1, 1_001):
        world.add(number)
        rounds(world, 1, pause=60)
    assert world.messenger.asked < 200


def test_once_the_chat_is_back_everything_is_sent(world: World) -> None:
    world.messenger.refuses = lambda text: True
    for number in range(1, 101):
        world.add(number)
    rounds(world, 60, pause=60)
    world.messenger.refuses = lambda text: False
    rounds(world, 70, pause=60)
    assert all(row.sent for row in world.outbox.rows.values())


def test_a_failure_of_one_batch_is_not_the_next_one_s(world: World) -> None:
    world.messenger.failures.append(Retryable("telegram_unavailable"))
    world.done(world.add(1))
    assert world.done(world.add(2)) == ["notify_waiting"]


def test_a_broken_set_up_is_raised(world: World) -> None:
    world.messenger.failures.append(ConfigurationError("topics", "a topic is unknown", "Name it"))
    with pytest.raises(ConfigurationError):
        world.worker.begin([world.add(1)])


def test_switched_off_nothing_is_sent(world: World) -> None:
    world.on = False
    world.done(world.add(1))
    assert world.texts == []


def test_switched_off_a_mail_does_not_wait_in_the_queue(world: World) -> None:
    world.on = False
    assert world.done(world.add(1)) == ["done"]


def test_switched_on_again_the_sweep_tells_what_waited(world: World) -> None:
    world.on = False
    world.done(world.add(1), world.add(2))
    world.on = True
    assert world.worker.drain() == 2


def test_a_worker_that_dies_before_it_marks_loses_nothing(world: World) -> None:
    """Claimed, perhaps sent, never marked: sent again after the lease, at worst twice."""
    envelope = world.add(1)
    world.outbox.claim(40, LEASE)
    world.now += LEASE + 1
    assert world.done(envelope) == ["done"]
    assert len(world.texts) == 1


def test_while_a_claim_lasts_nobody_else_sends(world: World) -> None:
    world.add(1)
    world.outbox.claim(40, LEASE)
    world.now += 30
    assert world.another().drain() == 0


def test_a_mail_without_notice_is_done(world: World) -> None:
    assert world.done(mail(9)) == ["done"]


def test_a_note_is_no_mail(world: World) -> None:
    note = Quarantine(mail(1).mail_id, "a", "s", "k", "r", "t", "store", "r", "E", 1, "f", "l")
    world.worker.begin([note])
    with pytest.raises(Permanent, match="malformed_message"):
        world.worker.process(note)


def test_a_system_notice_is_sent_in_its_topic(world: World) -> None:
    world.outbox.add_system("backlog", {"queue": "store"})
    world.worker.drain()
    assert world.messenger.sent == [("system", "queue: store")]


def test_topics_are_kept_apart(world: World) -> None:
    world.add(1)
    world.outbox.add_system("backlog", {"queue": "store"})
    world.worker.drain()
    world.now += 2
    world.worker.drain()
    assert [topic for topic, _ in world.messenger.sent] == ["system", "email"]


def test_an_empty_outbox_sends_nothing(world: World) -> None:
    assert world.worker.drain() == 0
    assert world.texts == []


def test_while_the_messenger_may_not_be_asked_the_mails_are_postponed_and_do_not_count() -> None:
    world = World()
    one = world.add(1)
    world.messenger.failures.append(Postponed("telegram_resting", after=20))
    world.worker.begin([one])
    with pytest.raises(Postponed, match="telegram_resting") as caught:
        world.worker.process(one)
    assert (caught.value.after, caught.value.attempted) == (20, False)


def test_while_the_messenger_rests_waiting_for_one_s_turn_does_not_count_either() -> None:
    world = World()
    one, two = world.add(1), world.add(2)
    world.messenger.failures.append(Retryable("telegram_rate_limited", after=60))
    world.worker.resting = lambda: True
    world.worker.begin([one])
    world.worker.begin([two])  # the chat is paused: nothing is claimed
    with pytest.raises(Postponed, match="notify_waiting"):
        world.worker.process(two)


def test_while_the_messenger_is_well_waiting_for_one_s_turn_is_a_retry() -> None:
    world = World()
    one, two = world.add(1), world.add(2)
    world.messenger.failures.append(Retryable("telegram_rate_limited", after=60))
    world.worker.begin([one])
    world.worker.begin([two])
    with pytest.raises(Retryable, match="notify_waiting") as caught:
        world.worker.process(two)
    assert not isinstance(caught.value, Postponed)


def test_a_held_mail_ends_at_the_stage_without_a_word(world: World) -> None:
    held = world.add(1)
    for row in world.outbox.rows.values():
        row.not_before = 2e10
    assert (world.done(held), world.texts) == (["done"], [])


class Kicked(MemoryMessenger):
    """A chat that cannot be written to while `out`."""

    out = True

    def send(self, topic: str, message: MessageText) -> Sent:
        if self.out:
            self.asked += 1
            raise Retryable(CHAT_REFUSED)
        return super().send(topic, message)


@pytest.fixture
def kicked() -> World:
    world = World()
    world.messenger = Kicked()
    world.worker = world.another()
    return world


def test_a_bot_that_was_kicked_for_three_hours_loses_no_notice_and_no_text(kicked: World) -> None:
    for number in range(1, 101):
        kicked.add(number)
    rounds(kicked, 180, pause=60)
    kicked.messenger.out = False  # type: ignore[attr-defined]
    rounds(kicked, 65, pause=60)
    shown = "".join(kicked.texts)
    assert all(f"\nmail {number}\n" in shown for number in range(1, 101))


def test_a_chat_that_refuses_is_asked_less_and_less(kicked: World) -> None:
    kicked.add(1)
    rounds(kicked, 24 * 60, pause=60)
    assert 20 < kicked.messenger.asked < 40


def test_a_chat_that_refuses_changes_no_notice(kicked: World) -> None:
    kicked.add(1)
    rounds(kicked, 30, pause=60)
    [row] = kicked.outbox.rows.values()
    assert (row.notice.max_batch, row.notice.refusals, row.notice.unknown_sends) == (None, 0, 0)


def test_each_refusal_of_the_chat_raises_the_alarm(kicked: World) -> None:
    kicked.add(1)
    kicked.worker.drain()
    assert kicked.telemetry.counts == [("NotifyStuck", 1, {"stage": "notify"})]
    assert kicked.telemetry.lines[-1][0] == "notify_chat_refused"


def test_the_mails_of_a_chat_that_refuses_leave_the_queue_to_the_sweep(kicked: World) -> None:
    assert kicked.done(kicked.add(1), kicked.add(2)) == ["done", "done"]


def test_an_open_breaker_s_refusal_of_the_chat_is_one_too(world: World) -> None:
    world.messenger.failures.append(Postponed(CHAT_REFUSED, after=30, attempted=True))
    assert world.done(world.add(1)) == ["done"]


def test_a_chat_that_is_back_begins_with_short_pauses_again(kicked: World) -> None:
    kicked.add(1)
    rounds(kicked, 10, pause=3601)
    kicked.messenger.out = False  # type: ignore[attr-defined]
    rounds(kicked, 1, pause=3601)
    kicked.messenger.out = True  # type: ignore[attr-defined]
    kicked.add(2)
    rounds(kicked, 1, pause=60)
    assert kicked.telemetry.lines[-1][1]["wait"] == 60


def test_a_message_of_unknown_outcome_is_sent_again_and_says_so(world: World) -> None:
    world.messenger.failures.append(Retryable(OUTCOME_UNKNOWN))
    world.add(1)
    rounds(world, 2)
    assert [text.splitlines()[0] for text in world.texts] == ["New mail · may be a repeat"]


def test_unknown_outcomes_and_repeats_are_counted(world: World) -> None:
    world.messenger.failures.append(Retryable(OUTCOME_UNKNOWN))
    world.add(1)
    world.add(2)
    rounds(world, 2)
    counted = {name: value for name, value, _ in world.telemetry.counts}
    assert (counted["NotifyUnknown"], counted["NotifyRepeated"]) == (2, 2)


def test_a_path_that_swallows_every_answer_does_not_fill_the_chat(world: World) -> None:
    world.messenger.failures.extend(Retryable(OUTCOME_UNKNOWN) for _ in range(1_000))
    world.add(1)
    rounds(world, 24 * 60, pause=60)
    assert world.messenger.asked < 40


def test_a_message_that_certainly_did_not_arrive_is_no_repeat(world: World) -> None:
    world.messenger.failures.append(Retryable("telegram_unavailable"))
    world.add(1)
    rounds(world, 2)
    assert world.texts[0].splitlines()[0] == "New mail"


def test_the_message_of_a_worker_that_died_may_have_arrived(world: World) -> None:
    envelope = world.add(1)
    world.outbox.claim(40, LEASE)
    world.now += LEASE + 1
    world.done(envelope)
    assert world.texts[0].splitlines()[0] == "New mail · may be a repeat"


def test_a_notice_knows_its_message(world: World) -> None:
    world.done(world.add(1), world.add(2))
    assert {row.sent for row in world.outbox.rows.values()} == {Sent(1, "-100")}


def test_a_lost_topic_is_an_operator_s_matter_although_the_notice_arrived(world: World) -> None:
    world.messenger.changes = (TOPIC_LOST,)
    assert world.done(world.add(1)) == ["done"]
    assert ("NotifyStuck", 1, {"stage": "notify"}) in world.telemetry.counts


@pytest.mark.parametrize("asked", [7200, 30_000])
def test_a_wait_of_hours_is_obeyed_to_its_end(world: World, asked: float) -> None:
    world.messenger.failures.append(Retryable("telegram_rate_limited", after=asked))
    world.add(1)
    world.worker.drain()
    world.now += asked - 1
    world.worker.drain()
    assert world.texts == []
    world.now += 2
    assert world.worker.drain() == 1


def test_what_is_refused_without_its_text_gets_the_text_back(world: World) -> None:
    """The text was not the cause then, so it is shown once the chat takes messages again."""
    world.messenger.refuses = lambda text: True
    world.add(1)
    rounds(world, 2)
    world.messenger.refuses = lambda text: False
    rounds(world, 2, pause=60)
    assert "mail 1" in world.texts[0]
