"""The operator's desk: which record is which mail, and what redrive and discard do to it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.clock import TimeLeft
from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Envelope, encode
from chalicelib.operations.dead_letters import OUT_OF_TIME, DeadLetterDesk
from chalicelib.ports import FailedMessage
from chalicelib.ports.dead_letter_records import WORKER_DIED, read
from tests.contract.mails import envelope, mail_id, note
from tests.twins.dead_letters import MemoryDeadLetterQueues
from tests.twins.ledger import MemoryLedger
from tests.twins.queues import MemoryQueues
from tests.twins.store import MemoryMailStore

WHY = {
    "reason": "spool_missing",
    "error": "Permanent",
    "attempts": "2",
    "first_at": "2026-01-02T03:00:00+00:00",
    "last_at": "2026-01-02T03:00:05+00:00",
}


class Desk:
    """A desk over twins."""

    def __init__(self) -> None:
        self.clock = 1_000_000.0
        self.queues, self.store = MemoryQueues(clock=lambda: self.clock), MemoryMailStore()
        self.dead = MemoryDeadLetterQueues(self.queues, lambda: self.clock)
        self.ledger = MemoryLedger(self.store)
        self.desk = DeadLetterDesk(self.dead, self.queues, self.ledger)

    def bury(self, name: str, stage: str = "anonymize") -> str:
        """A quarantined mail: record and ledger row; its id."""
        self.queues.send_dead(stage, encode(envelope(name)), WHY)
        self.store.quarantine(note(name))
        return mail_id(name)

    def lying(self) -> list[str]:
        """Bodies in the dead-letter queues that anybody may receive."""
        return [record.body for stage in self.queues.dead for record in self.dead.take(stage, 100, 30).messages]

    def state(self, name: str) -> tuple[str, str]:
        return self.store.ledger_state([mail_id(name)])[mail_id(name)]


@pytest.fixture
def at() -> Desk:
    return Desk()


def test_a_failed_message_is_listed_with_ids_codes_and_times(at: Desk) -> None:
    at.bury("a", "classify")
    [record] = at.desk.listing().records
    result = record.summary()
    assert result.pop("message_id")
    assert result == {"stage": "classify", "mail_id": mail_id("a"), "account": "practice"} | WHY | {"attempts": 2}


def test_the_stages_come_in_their_order(at: Desk) -> None:
    for stage in ("notify", "anonymize", "store"):
        at.bury(stage, stage)
    assert [record.dead.stage for record in at.desk.listing().records] == ["anonymize", "store", "notify"]


def test_one_stage_can_be_listed(at: Desk) -> None:
    at.bury("a", "classify")
    at.bury("b", "store")
    assert [record.mail_id for record in at.desk.listing(["store"]).records] == [mail_id("b")]


def test_what_was_listed_can_be_listed_again(at: Desk) -> None:
    at.bury("a")
    assert len(at.desk.listing().records) == len(at.desk.listing().records) == 1


def test_a_list_that_is_not_whole_says_so(at: Desk) -> None:
    for name in "abc":
        at.bury(name)
    found = at.desk.listing(limit=2)
    assert (len(found.records), found.complete) == (2, False)


def test_a_mail_is_shown_with_its_anonymized_text(at: Desk) -> None:
    [record] = at.desk.show(at.bury("a", "store"))
    shown = record.shown()
    assert (shown["subject"], shown["sender"], shown["category"]) == (
        "Results of <PERSON_1>",
        "<PERSON_1> <EMAIL_1>",
        "patient",
    )


def test_a_mail_before_the_anonymizer_is_shown_as_the_pointer_that_it_is(at: Desk) -> None:
    pointer = envelope("a").changed(content=None, classification=None)
    at.queues.send_dead("anonymize", encode(pointer), WHY)
    [record] = at.desk.show(mail_id("a"))
    assert not record.shown().keys() & {"subject", "text", "sender", "spool_key"}


def test_a_mail_that_is_not_there_cannot_be_shown(at: Desk) -> None:
    with pytest.raises(Permanent, match="unknown_message"):
        at.desk.show(mail_id("a"))


def test_a_redriven_mail_goes_to_the_stage_that_gave_it_up(at: Desk) -> None:
    at.desk.redrive([at.bury("a", "classify")], "ann")
    [message] = at.queues.queues["classify"]
    assert (message.body, message.group, message.attributes) == (encode(envelope("a")), "practice", {})
    assert at.lying() == []


def test_a_redriven_mail_stays_quarantined_until_it_ends(at: Desk) -> None:
    at.desk.redrive([at.bury("a")], "ann")
    assert at.state("a") == ("quarantined", "mime_unreadable")
    assert at.ledger.decisions == [(mail_id("a"), "anonymize", "redriven", "", "ann")]


def test_only_the_chosen_are_redriven(at: Desk) -> None:
    chosen, _ = at.bury("a"), at.bury("b")
    outcome = at.desk.redrive([chosen, mail_id("c")], "ann")
    assert ([record.mail_id for record in outcome.done], outcome.unknown) == ([chosen], (mail_id("c"),))
    assert at.lying() == [encode(envelope("b"))]


def test_a_failed_message_without_a_mail_is_chosen_by_its_own_id(at: Desk) -> None:
    at.queues.send_dead("alert", '{"AlarmName": "x"}', WHY)
    [record] = at.desk.listing().records
    assert record.mail_id == ""
    at.desk.redrive([record.dead.id], "ann")
    assert len(at.queues.queues["alert"]) == 1


@pytest.mark.parametrize("what", ["queue", "ledger"])
def test_a_failed_message_that_could_not_be_redriven_stays_and_is_reported(at: Desk, what: str) -> None:
    chosen = at.bury("a")
    if what == "queue":
        at.queues.refuse.add(chosen)
    else:
        at.ledger.down = True
    [(record, code)] = at.desk.redrive([chosen], "ann").failed
    assert (record.mail_id, code) == (chosen, "queue_unavailable" if what == "queue" else "database_unavailable")
    assert at.lying() == [encode(envelope("a"))]


def test_a_dry_run_changes_nothing(at: Desk) -> None:
    chosen = at.bury("a")
    assert len(at.desk.redrive([chosen], "ann", dry_run=True).done) == 1
    assert len(at.desk.discard([chosen], "spam", "ann", dry_run=True).done) == 1
    assert (at.ledger.decisions, at.queues.queues["anonymize"], len(at.lying())) == ([], [], 1)


def test_a_discarded_mail_is_excluded_and_its_failed_message_is_gone(at: Desk) -> None:
    at.desk.discard([at.bury("a")], "spam", "ann")
    assert (at.state("a"), at.lying()) == (("excluded", "discarded:spam"), [])


def test_a_failed_message_without_a_note_is_discarded_too(at: Desk) -> None:
    at.queues.send_dead("anonymize", encode(envelope("a")), WHY)
    at.desk.discard([mail_id("a")], "spam", "ann")
    assert at.state("a") == ("excluded", "discarded:spam")


def test_a_failed_message_is_kept_when_its_discard_could_not_be_recorded(at: Desk) -> None:
    chosen = at.bury("a")
    at.ledger.down = True
    assert len(at.desk.discard([chosen], "spam", "ann").failed) == 1
    assert len(at.lying()) == 1


def test_a_quarantined_mail_whose_failed_message_is_gone_is_written_off(at: Desk) -> None:
    at.store.quarantine(note("a"))
    assert at.desk.discard([mail_id("a")], "gone", "ann", dry_run=True).written_off == (mail_id("a"),)
    assert at.state("a")[0] == "quarantined"
    assert at.desk.discard([mail_id("a"), mail_id("b")], "gone", "ann").unknown == (mail_id("b"),)
    assert at.state("a") == ("excluded", "discarded:gone")


def test_a_mail_whose_failed_message_may_be_hidden_is_not_written_off(at: Desk) -> None:
    chosen = at.bury("a")
    at.dead.take("anonymize", 10, 30)
    assert at.desk.discard([chosen], "gone", "ann").unknown == (chosen,)
    assert at.state("a")[0] == "quarantined"


@pytest.mark.parametrize("reason", ["", "Spam", "ada@example.org", "two words", "-x", "x" * 61, "spam\n"])
def test_a_reason_is_a_code_and_never_a_text(at: Desk, reason: str) -> None:
    chosen = at.bury("a")
    with pytest.raises(Permanent, match="invalid_reason"):
        at.desk.discard([chosen], reason, "ann")
    assert len(at.lying()) == 1


def test_all_of_a_stage_are_moved_by_the_queue_itself(at: Desk) -> None:
    at.bury("a", "classify")
    at.desk.redrive_all("classify", "ann")
    assert (len(at.queues.queues["classify"]), at.lying()) == (1, [])
    assert at.ledger.decisions == [(None, "classify", "redriven", "", "ann")]


def test_a_move_that_did_not_begin_is_not_recorded(at: Desk) -> None:
    at.dead.movable = False
    with pytest.raises(Permanent, match="move_unsupported"):
        at.desk.redrive_all("classify", "ann")
    assert at.ledger.decisions == []


def dead(body: str, native: bool = False, **attributes: str) -> FailedMessage:
    return FailedMessage("classify", "id", body, attributes, datetime(2026, 1, 2, tzinfo=UTC), native, "handle")


def test_a_failed_message_that_sqs_moved_again_does_not_keep_its_old_reason() -> None:
    record = read(dead(encode(envelope("a")), native=True, **WHY))
    assert (record.reason, record.error, record.last_at) == (WORKER_DIED, "", "")


def test_a_failed_message_s_note_is_the_one_that_the_stage_would_have_written() -> None:
    found = read(dead(encode(envelope("a")), **WHY)).note(datetime.now(UTC))
    assert found is not None
    assert (found.mail_id, found.stage, found.reason, found.attempts) == (mail_id("a"), "classify", "spool_missing", 2)
    assert (found.first_at, found.last_at) == (WHY["first_at"], WHY["last_at"])


def test_a_note_that_was_given_up_itself_is_the_note_to_write() -> None:
    assert read(dead(encode(note("a")), **WHY)).note(datetime.now(UTC)) == note("a")


@given(st.text(), st.dictionaries(st.sampled_from([*WHY, "stage"]), st.text()), st.booleans())
def test_anything_at_all_can_lie_in_a_dead_letter_queue(body: str, attributes: dict[str, str], native: bool) -> None:
    record = read(dead(body, native, **attributes))
    assert (record.mail_id, record.note(datetime.now(UTC))) == ("", None)


@given(st.dictionaries(st.sampled_from([*WHY]), st.text()))
def test_a_mail_s_failed_message_is_read_whatever_its_attributes(attributes: dict[str, str]) -> None:
    record = read(dead(encode(envelope("a")), **attributes))
    assert isinstance(record.message, Envelope)
    assert record.note(datetime.now(UTC) + timedelta(seconds=1)) is not None


def spending(seconds: float) -> TimeLeft:
    """Of so many seconds each look at the clock costs one."""
    left = itertools.count(seconds, -1)
    return lambda: next(left)


def test_what_no_time_is_left_for_is_named_and_stays(at: Desk) -> None:
    class Slow(MemoryLedger):
        """Takes a second for each decision."""

        def redriven(self, stage: str, mail_ids: Sequence[str] | None, author: str) -> None:
            at.clock += 1
            super().redriven(stage, mail_ids, author)

    at.desk.ledger = Slow(at.store)
    end = at.clock + 18
    outcome = at.desk.redrive([at.bury(str(number)) for number in range(60)], "ann", time_left=lambda: end - at.clock)
    late = [record.mail_id for record, code in outcome.failed if code == OUT_OF_TIME]
    assert (len(outcome.done), len(late), outcome.unknown, at.clock < end) == (15, 45, (), True)
    assert len(at.desk.redrive(late, "ann").done) == 45
    assert at.lying() == []


def test_a_full_queue_leaves_time_for_those_of_the_other_stages(at: Desk) -> None:
    for stage in ("anonymize", "store"):
        for number in range(100):
            at.bury(f"{stage} {number}", stage)
    listing = at.desk.listing(time_left=spending(100))
    assert ({record.dead.stage for record in listing.records}, listing.complete) == ({"anonymize", "store"}, False)


def test_what_was_not_read_in_time_is_not_written_off(at: Desk) -> None:
    chosen = at.bury("a")
    outcome = at.desk.discard([chosen], "gone", "ann", time_left=lambda: 0.0)
    assert (outcome.unknown, outcome.written_off, outcome.complete) == ((chosen,), (), False)
    assert at.state("a")[0] == "quarantined"
