"""Gathering the evidence from spool, queues and ledger, and repairing lost mail."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chalicelib.core.errors import Retryable
from chalicelib.core.messages import Envelope, Exclusion, Quarantine, decode, encode
from chalicelib.intake.arrival import Arrival, ExclusionReason, IntakeDecision, Status
from chalicelib.intake.intake import Intake
from chalicelib.mail.sealed import EMAILENGINE, RAW
from chalicelib.operations.audit import PATIENCE, STALLED, Findings
from chalicelib.operations.auditor import Auditor, Scope
from chalicelib.operations.overdue_webhooks import OverdueWebhooks
from chalicelib.operations.repair_lost_mail import repair
from chalicelib.ports import SpoolEntry
from chalicelib.resilience.retry import MAX_RECEIVE_COUNT
from tests.contract.mails import ORIGINAL, envelope
from tests.twins.cache import MemoryCache
from tests.twins.dead_letters import MemoryDeadLetterQueues
from tests.twins.ledger import MemoryLedger
from tests.twins.overdue import MemoryOpenDeliveries
from tests.twins.queues import MemoryQueues, Queued
from tests.twins.spool import MemorySpool
from tests.twins.store import MemoryMailStore
from tests.twins.telemetry import Telemetry

START = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
ATTRIBUTES = {
    "reason": "spool_missing",
    "error": "Permanent",
    "attempts": "2",
    "first_at": "2026-01-02T03:00:00+00:00",
    "last_at": "2026-01-02T03:00:05+00:00",
}


class World:
    """An endpoint, an auditor and what is between them; `clock` is seconds since 1970."""

    def __init__(self) -> None:
        self.clock = START.timestamp()
        self.spool = MemorySpool(self.now)
        self.queues = MemoryQueues(clock=lambda: self.clock)
        self.dead = MemoryDeadLetterQueues(self.queues, lambda: self.clock)
        self.store = MemoryMailStore()
        self.ledger = MemoryLedger(self.store, lambda: self.clock)
        self.intake = Intake(self.spool, self.queues, MemoryCache(), Telemetry(), self.now)
        self.auditor = Auditor(self.spool, self.queues, self.dead, self.store, self.ledger, now=self.now)
        self.webhooks = OverdueWebhooks(MemoryOpenDeliveries(self.store), self.queues, now=self.now)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock, UTC)

    def later(self, by: timedelta = PATIENCE) -> None:
        self.clock += by.total_seconds()

    def mail(self, name: str, kind: str = RAW, account: str = "praxis", source: str = "gmail") -> Envelope:
        """Through the door; the pointer that waits for the first stage."""
        self.intake.take([Arrival(account, source, kind, b"payload", f"provider:{name}")], f"trace-{name}")
        message = decode(self.queues.queues["anonymize"][-1].body)
        assert isinstance(message, Envelope)
        return message

    def lose(self, name: str = "a", **arrival: str) -> Envelope:
        """A mail whose pointer never came into the queue."""
        message = self.mail(name, **arrival)
        self.queues.queues["anonymize"].pop()
        return message

    def bury(self, message: Envelope, stage: str = "anonymize", native: bool = False) -> None:
        """Move a mail's message into a dead-letter queue."""
        self.queues.queues["anonymize"] = []
        self.queues.send_dead(stage, encode(message), {} if native else ATTRIBUTES)
        if native:
            self.dead.native.add(self.queues.dead[stage][-1].id)

    def findings(self) -> Findings:
        return self.auditor.examine().findings

    def repair(self, limit: int | None = None) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
        done = repair(self.auditor, self.auditor.examine(), limit)
        return done.requeued, done.noted, done.failed

    def sent(self, stage: str = "anonymize") -> list[Envelope | Quarantine]:
        return [decode(message.body) for message in self.queues.queues[stage]]


@pytest.fixture
def world() -> World:
    return World()


def test_a_mail_in_its_queue_is_in_flight_however_old(world: World) -> None:
    world.mail("a")
    world.later(timedelta(days=2))
    assert (world.findings().in_flight, world.findings().waiting, world.findings().balanced) == (1, 1, True)


def test_a_mail_that_was_sealed_and_never_sent_is_missing(world: World) -> None:
    message = world.lose()
    world.later()
    assert world.findings().missing == (message.mail_id,)


def test_a_missing_mail_is_sent_with_the_door_s_own_pointer(world: World) -> None:
    message = world.lose()
    world.later()
    assert world.repair() == ((message.mail_id,), (), ())
    [again] = world.sent()
    assert isinstance(again, Envelope)
    assert again.changed(receipts=()) == message.changed(receipts=())
    assert [receipt.action for receipt in again.receipts] == ["email.recover"]


def test_a_repaired_mail_is_not_sent_twice(world: World) -> None:
    world.lose()
    world.later()
    world.repair()
    world.later()
    assert world.repair() == ((), (), ())


def test_it_keeps_to_the_fair_queue_s_groups(world: World) -> None:
    world.lose("a", account="praxis")
    world.lose("b", account="faculty")
    world.later()
    world.repair()
    assert sorted(message.group for message in world.queues.queues["anonymize"]) == ["faculty", "praxis"]


@pytest.mark.parametrize(("kind", "source"), [(RAW, "gmail"), (EMAILENGINE, "emailengine")])
def test_a_seal_of_before_the_door_wrote_its_name_tells_it_by_its_form(world: World, kind: str, source: str) -> None:
    world.lose(kind=kind, source="")
    world.later()
    world.repair()
    [again] = world.sent()
    assert again.source == source


def test_an_unreadable_seal_goes_to_the_stage_that_can_say_so(world: World) -> None:
    message = world.lose()
    world.spool.put(message.spool_key, b"garbage")
    world.later()
    assert world.repair() == ((message.mail_id,), (), ())
    [again] = world.sent()
    assert (again.account, again.spool_key, again.source) == ("praxis", message.spool_key, "unknown")


def test_a_seal_that_went_away_meanwhile_is_reported(world: World) -> None:
    message = world.lose()
    world.later()
    examination = world.auditor.examine()
    world.spool.delete(message.spool_key)
    assert repair(world.auditor, examination).failed == ((message.mail_id, "spool_missing"),)


def test_a_pointer_that_the_queue_did_not_take_is_reported(world: World) -> None:
    message = world.lose()
    world.later()
    world.queues.refuse.add(message.mail_id)
    assert world.repair() == ((), (), ((message.mail_id, "queue_unavailable"),))


def test_a_limit_holds_the_repair_back(world: World) -> None:
    for name in "abc":
        world.lose(name)
    world.later()
    assert len(world.repair(limit=2)[0]) == 2


def test_a_failed_message_without_a_row_gets_the_note_that_was_lost(world: World) -> None:
    message = world.mail("a")
    world.bury(message)
    world.later()
    assert world.findings().unrecorded == (message.mail_id,)
    assert world.repair() == ((), (message.mail_id,), ())
    [note] = world.sent("store")
    assert isinstance(note, Quarantine)
    result = (note.mail_id, note.stage, note.reason, note.attempts, note.last_at)
    assert result == (message.mail_id, "anonymize", "spool_missing", 2, ATTRIBUTES["last_at"])


def test_a_failed_message_that_sqs_moved_by_itself_is_noted_as_a_worker_s_death(world: World) -> None:
    message = world.mail("a")
    world.bury(message, "classify", native=True)
    world.later()
    world.repair()
    [note] = world.sent("store")
    assert isinstance(note, Quarantine)
    assert (note.stage, note.reason, note.attempts) == ("classify", "worker_died", MAX_RECEIVE_COUNT)


def test_a_noted_failed_message_is_a_quarantined_mail(world: World) -> None:
    world.bury(world.mail("a"))
    world.later()
    world.repair()
    [note] = world.sent("store")
    assert isinstance(note, Quarantine)
    world.store.quarantine(note)
    world.queues.queues["store"] = []
    assert (world.findings().quarantined, world.findings().balanced) == (1, True)


def test_failed_messages_are_given_back_after_an_examination(world: World) -> None:
    world.bury(world.mail("a"))
    world.auditor.examine()
    assert world.dead.take("anonymize", 10, 30).complete


def test_a_dead_letter_queue_with_another_reader_proves_nothing(world: World) -> None:
    world.bury(world.mail("a"))
    world.lose("b")
    world.later()
    world.dead.take("anonymize", 10, 3600)
    assert (world.findings().proven, world.findings().missing) == (False, ())


def test_a_quarantined_mail_whose_failed_message_is_gone_is_sent_again_from_its_seal(world: World) -> None:
    message = world.mail("a")
    world.bury(message)
    world.later()
    world.repair()
    [note] = world.sent("store")
    assert isinstance(note, Quarantine)
    world.store.quarantine(note)
    world.queues.queues["store"] = []
    world.findings()
    world.queues.dead["anonymize"] = []
    world.later()
    assert world.findings().orphaned == (message.mail_id,)
    assert world.repair()[0] == (message.mail_id,)


def test_a_orphaned_mail_without_a_seal_cannot_be_helped(world: World) -> None:
    note = Quarantine("11111111-1111-5111-8111-111111111111", "praxis", "gmail", "sealed/praxis/x", START.isoformat(),
                      "t", "anonymize", "spool_missing", "", 1, START.isoformat(), START.isoformat())  # fmt: skip
    world.store.quarantine(note)
    world.findings()
    world.later()
    assert world.repair() == ((), (), ((note.mail_id, "spool_missing"),))


def test_a_stored_mail_is_accounted_for(world: World) -> None:
    world.store.store(envelope("a"), "text", ORIGINAL, [])
    assert (world.findings().stored, world.findings().seen) == (1, 1)


def test_an_overdue_notice_is_reported_while_people_are_notified(world: World) -> None:
    message = envelope("a")
    world.store.store(message, "text", ORIGINAL, [])
    world.clock = datetime.now(UTC).timestamp() + PATIENCE.total_seconds() + 60
    assert world.findings().unnotified == (message.mail_id,)


def test_a_notice_that_is_switched_off_is_not_overdue(world: World) -> None:
    world.store.store(envelope("a"), "text", ORIGINAL, [])
    world.auditor.notifying = lambda: False
    world.clock = datetime.now(UTC).timestamp() + PATIENCE.total_seconds() + 60
    assert world.findings().unnotified == ()


def test_failed_messages_that_are_no_mail_do_not_count(world: World) -> None:
    world.queues.send_dead("classify", "garbage", ATTRIBUTES)
    world.later()
    assert (world.findings().seen, world.findings().balanced) == (0, True)


def test_a_slice_ends_where_it_was_asked_to_and_goes_on_there(world: World) -> None:
    lost = sorted(world.lose(name).spool_key for name in "abc")
    world.later()
    first = world.auditor.examine(Scope(keys=2))
    rest = world.auditor.examine(Scope(keys=2, after=first.last_key))
    assert (first.last_key, rest.last_key) == (lost[1], "")
    assert (len(first.findings.missing), len(rest.findings.missing)) == (2, 1)


def test_a_slice_of_the_recent_leaves_the_old_alone(world: World) -> None:
    world.lose()
    world.later(timedelta(days=6))
    assert world.auditor.examine(Scope(within=timedelta(days=5))).findings.missing == ()


def test_an_object_that_is_no_mail_is_passed_over(world: World) -> None:
    world.spool.put("sealed/praxis/readme", b"")
    world.later()
    assert world.findings().seen == 0


def test_a_spool_that_is_unavailable_is_no_proof(world: World) -> None:
    world.spool.down = True
    with pytest.raises(Retryable, match="spool_unavailable"):
        world.auditor.examine()


def test_a_message_that_is_being_worked_on_counts_as_held(world: World) -> None:
    world.mail("a")
    world.queues.receive("anonymize")
    world.later(timedelta(minutes=1))
    world.queues.queues["anonymize"] = [
        Queued(one.id, one.body, one.group, one.sent_at, world.clock + 600, one.receives)
        for one in world.queues.queues["anonymize"]
    ]
    world.later()
    assert world.findings().missing == ()


def test_a_mail_that_stalls_is_sent_again_when_that_is_asked_for() -> None:
    world = World()
    message = world.mail("a")
    world.later(STALLED)
    examination = world.auditor.examine()
    assert repair(world.auditor, examination).requeued == ()
    assert repair(world.auditor, examination, stalled=True).requeued == (message.mail_id,)


def bar(world: World) -> str:
    """A mail that the rules keep out at the door; its note waits for the store stage."""

    def judge(arrivals: Sequence[Arrival]) -> list[IntakeDecision]:
        return [
            IntakeDecision(Status.STOPPED, excluded=ExclusionReason("stopped_by_routing_rule", "r", 1, "", ""))
        ] * len(arrivals)

    [verdict] = world.intake.take([Arrival("praxis", "gmail", RAW, b"payload", "provider:excluded")], "trace", judge)
    return verdict.mail_id


def test_an_excluded_mail_whose_note_waits_is_in_flight(world: World) -> None:
    bar(world)
    world.later()
    assert (world.findings().in_flight, world.findings().missing) == (1, ())


def test_an_excluded_mail_is_counted_once_its_note_is_written(world: World) -> None:
    bar(world)
    [note] = [decode(message.body) for message in world.queues.queues["store"]]
    assert isinstance(note, Exclusion)
    world.store.exclude(note)
    world.queues.queues["store"].clear()
    world.later()
    findings = world.findings()
    assert (findings.seen, findings.excluded, findings.balanced) == (1, 1, True)


def test_an_excluded_mail_whose_note_was_lost_is_re_evaluated(world: World) -> None:
    mail_id = bar(world)
    world.queues.queues["store"].clear()
    world.later()
    assert world.repair() == ((mail_id,), (), ())
    [again] = world.sent()
    assert isinstance(again, Envelope)
    assert again.routing is None


def test_an_examination_keeps_nothing_of_mail_that_has_its_end() -> None:
    """Measured: the sweep of a stack with 14,000 mails had grown by 11 MiB."""

    class Settled(MemoryMailStore):
        """A ledger in which every mail is stored."""

        def ledger_state(self, mail_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
            return dict.fromkeys(mail_ids, ("stored", ""))

    class Long(MemorySpool):
        """A listing of so many mails, made while it is read."""

        def list(self, prefix: str, after: str = "") -> Iterator[SpoolEntry]:
            for number in range(20_000):
                yield SpoolEntry(f"{prefix}praxis/{UUID(int=number)}", START, 100)

    world = World()
    world.auditor.spool, world.auditor.store = Long(), Settled()
    tracemalloc.start()
    try:
        examination = world.auditor.examine()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert examination.sealed == {}
    assert peak < 3 * 1024 * 1024
