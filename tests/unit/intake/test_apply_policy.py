"""The rules' word in the anonymize stage, for mail that no door could read whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.keyed_hashes import sender_keys
from chalicelib.core.messages import Envelope, Exclusion, Receipt, Routing
from chalicelib.core.spool_keys import upload_key
from chalicelib.intake.arrival import Arrival
from chalicelib.mail.sealed import EMAILENGINE, FIELDS, UPLOAD
from chalicelib.pipeline.anonymize import AnonymizeWorker
from chalicelib.policy.ruleset import load
from tests.twins.source import MemorySource
from tests.unit.pipeline.world import PSEUDONYM_KEY, RAW_MAIL, World

WINDOW = {"later": {"zone": "UTC", "from": "18:00", "to": "20:00"}}
"""The world's clock says nine in the morning."""


def rules(outside: str = "hold", **then: Any) -> dict[str, Any]:
    rule = {
        "name": "results",
        "when": {"subject": {"contains": ["Results"]}},
        "then": then or {"topic": "lab"},
        "time_window": {"open": ["later"], "outside": outside},
    }
    return {"time_windows": WINDOW, "rules": [rule]}


STOP = {
    "rules": [{"name": "no results", "when": {"subject": {"contains": ["Results"]}}, "then": {"stop_processing": True}}]
}


@pytest.fixture
def world() -> World:
    return World()


def process(world: World, document: dict[str, Any], message: Envelope) -> Envelope | Exclusion:
    world.rules = load(document, 7)
    return world.worker.process(message)


def note_of(world: World, document: dict[str, Any], message: Envelope) -> Exclusion:
    note = process(world, document, message)
    assert isinstance(note, Exclusion)
    return note


def routing_of(world: World, document: dict[str, Any], message: Envelope) -> Routing:
    done = process(world, document, message)
    assert isinstance(done, Envelope)
    assert done.routing is not None
    return done.routing


@pytest.mark.parametrize("form", ["raw", "fields", "reference"])
def test_a_mail_that_the_rules_keep_out_ends_in_a_note(world: World, form: str) -> None:
    message = getattr(world, form)()
    note = note_of(world, STOP, message)
    assert (note.mail_id, note.reason, note.rule) == (message.mail_id, "stopped_by_routing_rule", "no results")
    assert note.rules_version == 7


def test_a_mail_that_the_rules_keep_out_is_not_anonymized(world: World) -> None:
    process(world, STOP, world.raw())
    assert world.anonymizer.calls == 0


def test_the_note_knows_the_sender_by_keyed_hashes(world: World) -> None:
    note = note_of(world, STOP, world.raw())
    assert (note.sender_key, note.domain_key) == sender_keys("ada@example.com", PSEUDONYM_KEY)


def test_a_mail_without_a_sender_has_no_hashes(world: World) -> None:
    note = note_of(world, STOP, world.raw(b"Subject: Results\r\n\r\nx"))
    assert (note.sender_key, note.domain_key) == ("", "")


def test_the_note_tells_who_decided_when(world: World) -> None:
    note = note_of(world, STOP, world.raw())
    seen = [(receipt.module, receipt.action, receipt.outcome) for receipt in note.receipts]
    assert seen == [
        ("ingress", "email.receive", "accepted"),
        ("anonymize", "email.decide", "stopped_by_routing_rule"),
    ]


def test_the_note_of_a_fetched_mail_names_the_whole_mail(world: World) -> None:
    """Re-evaluated, it is not fetched again: the mail server may not have it any more."""
    message = world.reference()
    note = note_of(world, STOP, message)
    world.source = MemorySource()
    done = process(world, {}, message.changed(spool_key=note.spool_key))
    assert isinstance(done, Envelope)
    assert done.content is not None
    assert done.content.subject == "Results"


def test_a_held_mail_goes_on_with_the_time_of_its_notice(world: World) -> None:
    routing = routing_of(world, rules("hold"), world.raw())
    assert datetime.fromisoformat(routing.hold_until).hour == 18


def test_nobody_can_be_refused_any_more_so_that_counts_as_held(world: World) -> None:
    held, refused = (routing_of(world, rules(outside), world.raw()) for outside in ("hold", "refuse"))
    assert refused.hold_until == held.hold_until != ""


def test_a_skipped_mail_is_excluded(world: World) -> None:
    assert note_of(world, rules("skip"), world.raw()).reason == "outside_time_window"


def test_what_the_rules_gather_goes_on_with_the_mail(world: World) -> None:
    routing = routing_of(world, rules(topic="lab", priority="high", category="results"), world.raw())
    assert (routing.topic, routing.priority, routing.category, routing.version) == ("lab", "high", "results", 7)


def test_without_rules_the_version_alone_goes_on(world: World) -> None:
    assert routing_of(world, {}, world.raw()) == Routing(7)


def test_what_the_door_decided_is_not_decided_again(world: World) -> None:
    routing = Routing(3, ("door",), topic="door")
    assert routing_of(world, STOP, world.raw().changed(routing=routing)) == routing


def test_while_the_rules_cannot_be_read_the_mail_waits(world: World) -> None:
    def away() -> Any:
        raise Retryable("rules_unavailable")

    worker: AnonymizeWorker = replace(world.worker, rules=away)
    with pytest.raises(Retryable, match="rules_unavailable"):
        worker.process(world.raw())


def test_what_the_door_decided_does_not_wait_for_the_rules(world: World) -> None:
    def away() -> Any:
        raise Retryable("rules_unavailable")

    assert isinstance(replace(world.worker, rules=away).process(world.raw().changed(routing=Routing(3))), Envelope)


def test_labels_of_the_mailbox_are_seen(world: World) -> None:
    document = {"rules": [{"name": "l", "when": {"label": {"is": ["Lab"]}}, "then": {"stop_processing": True}}]}
    arrival = Arrival("praxis", "gmail", FIELDS, b'{"sender": "a@example.com", "body": "x"}', "l", labels=("Lab",))
    assert note_of(world, document, world.take(arrival)).rule == "l"


def uploaded(world: World, data: bytes | None = RAW_MAIL) -> Envelope:
    if data is not None:
        world.spool.put(upload_key("praxis", "0" * 32), data)
    payload = b'{"upload": "%s"}' % (b"0" * 32)
    return world.take(Arrival("praxis", "gmail", UPLOAD, payload, "provider:1", "1", ("Lab",)))


def test_an_uploaded_mail_is_read_from_where_it_was_put(world: World) -> None:
    _, content = world.anonymized(uploaded(world))
    assert (content.subject, content.source_key.startswith("fetched/")) == ("Results", True)


def test_an_uploaded_mail_and_the_same_by_raw_push_claim_one_identity(world: World) -> None:
    _, one = world.anonymized(uploaded(world))
    _, other = world.anonymized(world.raw(name="1"))
    assert one.identities == other.identities


def test_an_uploaded_mail_is_decided_by_the_rules(world: World) -> None:
    assert note_of(world, STOP, uploaded(world)).reason == "stopped_by_routing_rule"


def test_an_upload_that_is_gone_is_a_permanent_failure(world: World) -> None:
    with pytest.raises(Permanent, match="spool_missing"):
        world.worker.process(uploaded(world, None))


def test_an_upload_that_is_no_mail_is_a_mail_nevertheless(world: World) -> None:
    _, content = world.anonymized(uploaded(world, b"\x00\xff" * 50))
    assert "no_from" in content.defects


def test_a_reference_is_not_an_upload(world: World) -> None:
    arrival = Arrival("praxis", "emailengine", EMAILENGINE, b'{"upload": "x"}', "e")
    with pytest.raises(Permanent):
        world.worker.process(world.take(arrival))


def test_a_window_is_looked_at_when_the_mail_came_not_when_its_turn_comes(world: World) -> None:
    late = world.raw().changed(received_at="2025-03-03T19:00:00+00:00")
    assert isinstance(process(world, rules("skip"), late), Envelope)


def test_a_reconsidered_mail_meets_the_window_of_the_moment(world: World) -> None:
    receipt = Receipt("reconsider", "email.reconsider", "2025-03-03T19:00:00+00:00", 0.0, "requeued")
    again = world.raw().changed(received_at="2025-03-02T09:00:00+00:00", receipts=(receipt,))
    world.rules = load(rules("skip"), 7)
    evening = replace(world.worker, now=lambda: datetime(2025, 3, 3, 19, 0, tzinfo=UTC))
    assert isinstance(evening.process(again), Envelope)
    assert isinstance(world.worker.process(again), Exclusion)


def test_a_time_of_arrival_that_is_none_is_now(world: World) -> None:
    assert note_of(world, rules("skip"), world.raw().changed(received_at="soon")).reason == "outside_time_window"
