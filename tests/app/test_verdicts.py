"""The Gmail door's table of verdicts, row by row, for single mails and batches, by real rules."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core.errors import ConfigurationError, Retryable
from chalicelib.core.keyed_hashes import sender_keys
from chalicelib.core.messages import Envelope, Exclusion, decode
from chalicelib.intake.arrival import REASONS
from chalicelib.mail.sealed import unseal
from chalicelib.policy.decision import OUTSIDE_WINDOW, SENDER_NOT_ALLOWED, STOPPED
from chalicelib.web.http import STATUS
from tests.app.rules_world import KEPT, KEY, NIGHT, ROWS, RULES, at_night, mail
from tests.app.world import World, installed, verdict


@pytest.fixture
def ruled() -> Iterator[World]:
    with installed(World()) as world:
        at_night(world)
        world.rule(RULES)
        yield world


@pytest.mark.parametrize(("status", "push"), ROWS.items(), ids=ROWS)
def test_a_single_mail_gets_its_verdict(ruled: World, status: str, push: dict[str, Any]) -> None:
    assert verdict(ruled.push(push)) == (STATUS[status], status)


def test_a_batch_gets_all_of_them_in_order(ruled: World) -> None:
    response = ruled.push({"messages": list(ROWS.values())})
    assert response.status_code == 200
    answered = response.json_body["verdicts"]
    assert [given["status"] for given in answered] == list(ROWS)
    assert [given["id"] for given in answered] == [push["id"] for push in ROWS.values()]


def test_after_a_batch_the_queues_hold_exactly_what_it_says(ruled: World) -> None:
    answered = ruled.push({"messages": list(ROWS.values())}).json_body["verdicts"]
    ids = {given["status"]: given.get("mail_id") for given in answered}
    assert ruled.queued == [ids["accepted"], ids["accepted_held"]]
    assert {note.mail_id for note in ruled.notes} == {ids[status] for status in KEPT}


@pytest.mark.parametrize("status", sorted(KEPT))
def test_an_excluded_mail_is_sealed_and_noted_before_the_answer(ruled: World, status: str) -> None:
    given = ruled.push(ROWS[status]).json_body
    [note] = ruled.notes
    assert (note.mail_id, note.spool_key in ruled.spool.objects) == (given["mail_id"], True)
    assert ruled.queued == []


@pytest.mark.parametrize(
    ("status", "reason", "rule"),
    [
        ("skipped_sender_not_allowed", "sender_not_allowed", ""),
        ("stopped_by_routing_rule", "stopped_by_routing_rule", "no newsletters"),
        ("skipped_outside_time_window", "outside_time_window", "skipped"),
    ],
)
def test_the_note_says_why_and_whose(ruled: World, status: str, reason: str, rule: str) -> None:
    ruled.push(ROWS[status])
    [note] = ruled.notes
    sender = "eve@strangers.example" if "sender" in status else "ben@friends.example"
    assert (note.reason, note.rule, note.rules_version) == (reason, rule, 1)
    assert (note.sender_key, note.domain_key) == sender_keys(sender, KEY)


def test_the_note_carries_nothing_of_the_mail(ruled: World) -> None:
    ruled.push(ROWS["skipped_sender_not_allowed"])
    [queued] = ruled.queues.queues["store"]
    assert not [word for word in ("eve", "strangers", "Hello") if word in queued.body]


@pytest.mark.parametrize("unavailable", ["spool", "queues"])
@pytest.mark.parametrize("status", ["accepted_held", *sorted(KEPT)])
def test_what_is_not_durable_is_never_a_verdict(ruled: World, status: str, unavailable: str) -> None:
    getattr(ruled, unavailable).down = True
    assert verdict(ruled.push(ROWS[status])) == (503, "try_again")


@pytest.mark.parametrize("status", ["outside_time_window", "missing_field", "too_large"])
def test_what_the_pusher_keeps_is_not_sealed(ruled: World, status: str) -> None:
    ruled.push(ROWS[status])
    assert (ruled.spool.objects, ruled.queued, ruled.notes) == ({}, [], [])


def test_the_endpoint_has_an_answer_for_every_reason_of_the_rules() -> None:
    assert set(REASONS) == {SENDER_NOT_ALLOWED, STOPPED, OUTSIDE_WINDOW}


def test_an_excluded_mail_that_comes_again_is_excluded_again(ruled: World) -> None:
    for _ in range(2):
        assert verdict(ruled.push(ROWS["skipped_sender_not_allowed"])) == (200, "skipped_sender_not_allowed")
    assert len({note.mail_id for note in ruled.notes}) == 1


def test_an_excluded_mail_that_comes_again_after_the_rules_changed_is_accepted(ruled: World) -> None:
    ruled.push(ROWS["skipped_sender_not_allowed"])
    ruled.rule(RULES | {"allowlist": {}})
    assert verdict(ruled.push(ROWS["skipped_sender_not_allowed"])) == (202, "accepted")


def test_an_accepted_mail_is_not_decided_twice(ruled: World) -> None:
    ruled.push(ROWS["accepted"])
    ruled.rule(RULES | {"allowlist": {"addresses": ["only@example.com"]}})
    assert verdict(ruled.push(ROWS["accepted"])) == (200, "already_processed")


def test_an_excluded_mail_twice_in_one_batch_is_one(ruled: World) -> None:
    push = ROWS["stopped_by_routing_rule"]
    answered = ruled.push({"messages": [push, push]}).json_body["verdicts"]
    assert [given["status"] for given in answered] == ["stopped_by_routing_rule"] * 2
    assert len(ruled.notes) == 1


# routing


def routed(world: World) -> Envelope:
    message = decode(world.queues.queues["anonymize"][-1].body)
    assert isinstance(message, Envelope)
    return message


def test_a_held_mail_says_until_when(ruled: World) -> None:
    ruled.push(ROWS["accepted_held"])
    routing = routed(ruled).routing
    assert routing is not None
    assert datetime.fromisoformat(routing.hold_until) == datetime(2025, 3, 4, 7, 0, tzinfo=UTC)


def test_an_accepted_mail_carries_what_the_rules_say_of_it(ruled: World) -> None:
    ruled.push(ROWS["accepted_held"])
    routing = routed(ruled).routing
    assert routing is not None
    assert (routing.version, routing.rules, routing.topic) == (1, ("held",), "night")


@pytest.mark.parametrize(
    "error",
    [
        Retryable("database_unavailable"),
        ConfigurationError("database_url", "the server refuses this login", "Check it"),
    ],
)
def test_while_the_rules_cannot_be_read_mail_is_accepted_undecided(
    ruled: World, error: Retryable | ConfigurationError
) -> None:
    with installed(World()) as world:
        world.rules.error = error
        assert verdict(world.push(ROWS["skipped_sender_not_allowed"])) == (202, "accepted")
        assert routed(world).routing is None


def test_rules_that_can_exclude_nothing_leave_the_routing_to_the_stage(world: World) -> None:
    world.rule({"rules": [{"name": "all", "then": {"topic": "x"}}]})
    world.push(mail())
    assert routed(world).routing is None


def test_a_raw_mail_is_decided_by_what_it_says(ruled: World) -> None:
    raw = base64.b64encode(b"From: Eve <eve@strangers.example>\r\nSubject: Hi\r\n\r\nHello").decode()
    assert verdict(ruled.push({"raw": raw})) == (200, "skipped_sender_not_allowed")


def test_labels_travel_in_the_seal(ruled: World) -> None:
    ruled.push(mail(labels=["Patients/2025", "x\ny"]))
    [data] = ruled.spool.objects.values()
    assert unseal(data)[0].labels == "Patients/2025\nx y\n"


def test_a_rule_sees_the_labels(ruled: World) -> None:
    ruled.rule({"rules": [{"name": "l", "when": {"label": {"is": ["SPAM"]}}, "then": {"stop_processing": True}}]})
    assert verdict(ruled.push(mail(labels=["SPAM"]))) == (200, "stopped_by_routing_rule")


SENDERS = {
    '"a@strangers.example" <ben@friends.example>': "accepted",
    '"ben@friends.example" <a@strangers.example>': "skipped_sender_not_allowed",
    "BEN@FRIENDS.EXAMPLE": "accepted",
    "Jörg <jörg@bücher.example>": "accepted",
    "jörg@xn--bcher-kva.example": "accepted",
    "ben@friends.example.strangers.example": "skipped_sender_not_allowed",
    "ben@friends.example, eve@strangers.example": "accepted",
    "nobody": "skipped_sender_not_allowed",
    "<>": "skipped_sender_not_allowed",
    "\x00": "skipped_sender_not_allowed",
    "a@" + "ü" * 300 + ".example": "skipped_sender_not_allowed",
    "@" * 1_999: "skipped_sender_not_allowed",
}


@pytest.mark.parametrize(("sender", "status"), SENDERS.items(), ids=range(len(SENDERS)))
def test_odd_senders_are_judged_by_their_address(ruled: World, sender: str, status: str) -> None:
    assert ruled.push(mail(sender=sender)).json_body["status"] == status


@pytest.mark.parametrize("body", ["", " ", "x" * 3_900_000, "\ud800" * 1_000], ids=["empty", "blank", "huge", "odd"])
def test_empty_and_enormous_bodies_are_judged(ruled: World, body: str) -> None:
    assert verdict(ruled.push(mail(body=body))) == (202, "accepted")


# refusals that say when


def test_a_refused_mail_may_come_when_the_window_opens_an_hour_at_most(ruled: World) -> None:
    response = ruled.push(ROWS["outside_time_window"])
    assert (response.headers["Retry-After"], response.json_body["retry_after"]) == ("3600", 3600)


def test_just_before_the_window_the_wait_is_what_is_left(ruled: World) -> None:
    parts = ruled.container
    parts.__dict__["gate"] = replace(parts.gate, now=lambda: NIGHT.replace(hour=6, minute=59, second=30))
    assert ruled.push(ROWS["outside_time_window"]).headers["Retry-After"] == "30"


def test_a_refused_mail_is_accepted_when_the_window_is_open(ruled: World) -> None:
    ruled.push(ROWS["outside_time_window"])
    parts = ruled.container
    parts.__dict__["gate"] = replace(parts.gate, now=lambda: NIGHT.replace(hour=7))
    assert verdict(ruled.push(ROWS["outside_time_window"])) == (202, "accepted")


def test_a_note_is_what_the_store_stage_reads(ruled: World) -> None:
    ruled.push(ROWS["stopped_by_routing_rule"])
    assert isinstance(decode(ruled.queues.queues["store"][0].body), Exclusion)
