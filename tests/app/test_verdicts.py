"""The Gmail door's table of verdicts, row by row, for single mails and batches, by real rules."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.adapters.secrets import Secrets
from chalicelib.ingress.arrival import REASONS
from chalicelib.ingress.http import STATUS
from chalicelib.mail.sealed import unseal
from chalicelib.pipeline.messages import Envelope, Exclusion, decode
from chalicelib.privacy.pseudonyms import sender_keys
from chalicelib.rules.decision import OUTSIDE_WINDOW, SENDER_NOT_ALLOWED, STOPPED
from chalicelib.rules.document import Limits, Rate
from chalicelib.rules.rates import MemoryLimiter
from chalicelib.runtime.errors import Retryable
from tests.app.world import World, installed, verdict

KEY = bytes.fromhex("70" * 32)
NIGHT = datetime(2025, 3, 4, 3, 0, tzinfo=UTC)
"""A Tuesday, four hours before the office opens in Paris."""
OFFICE_DAYS = ["mon", "tue", "wed", "thu", "fri"]
OFFICE = {"office": {"zone": "Europe/Paris", "days": OFFICE_DAYS, "from": "08:00", "to": "18:00"}}
WORDS = {"held": "hold", "skipped": "skip", "refused": "refuse"}
RULES: dict[str, Any] = {
    "allowlist": {"domains": ["friends.example", "bücher.example"], "addresses": ["ada@example.com"]},
    "time_windows": OFFICE,
    "rules": [
        {
            "name": "no newsletters",
            "when": {"subject": {"contains": ["newsletter"]}},
            "then": {"stop_processing": True},
        },
        *(
            {
                "name": word,
                "when": {"subject": {"contains": [word]}},
                "then": {"topic": "night"},
                "time_window": {"open": ["office"], "outside": outside},
            }
            for word, outside in WORDS.items()
        ),
    ],
}
FRIEND = "Ben <ben@friends.example>"


def mail(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"id": f"19a06462e1d08a{number:02x}", "sender": FRIEND, "body": "Hello", "subject": "Hi"} | changes


BROKEN = {key: value for key, value in mail(9).items() if key != "body"}
ROWS: dict[str, dict[str, Any]] = {
    "accepted": mail(1),
    "accepted_held": mail(2, subject="To be held"),
    "skipped_sender_not_allowed": mail(3, sender="eve@strangers.example"),
    "stopped_by_routing_rule": mail(4, subject="The newsletter"),
    "skipped_outside_time_window": mail(5, subject="To be skipped"),
    "outside_time_window": mail(6, subject="To be refused"),
    "missing_field": BROKEN,
    "invalid_field": mail(7, subject=7),
    "too_large": mail(8, subject="x" * 10_001),
}
KEPT = {"skipped_sender_not_allowed", "stopped_by_routing_rule", "skipped_outside_time_window"}


class Clock:
    """Seconds that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def at_night(world: World, **limits: Rate) -> Clock:
    """Fix the door's time, count in memory, and take these limits where the rules name none."""
    clock = Clock()
    parts = world.container
    parts.__dict__["limiter"] = MemoryLimiter(clock)
    parts.__dict__.pop("gate", None)
    parts.__dict__["gate"] = replace(parts.gate, now=lambda: NIGHT, limits=Limits(**limits))
    return clock


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
    told = response.json_body["verdicts"]
    assert [given["status"] for given in told] == list(ROWS)
    assert [given["id"] for given in told] == [push["id"] for push in ROWS.values()]


def test_after_a_batch_the_queues_hold_exactly_what_it_says(ruled: World) -> None:
    told = ruled.push({"messages": list(ROWS.values())}).json_body["verdicts"]
    ids = {given["status"]: given.get("mail_id") for given in told}
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


@pytest.mark.parametrize("away", ["spool", "queues"])
@pytest.mark.parametrize("status", ["accepted_held", *sorted(KEPT)])
def test_what_is_not_durable_is_never_a_verdict(ruled: World, status: str, away: str) -> None:
    getattr(ruled, away).down = True
    assert verdict(ruled.push(ROWS[status])) == (503, "try_again")


@pytest.mark.parametrize("status", ["outside_time_window", "missing_field", "too_large"])
def test_what_the_pusher_keeps_is_not_sealed(ruled: World, status: str) -> None:
    ruled.push(ROWS[status])
    assert (ruled.spool.objects, ruled.queued, ruled.notes) == ({}, [], [])


def test_the_door_has_an_answer_for_every_reason_of_the_rules() -> None:
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
    told = ruled.push({"messages": [push, push]}).json_body["verdicts"]
    assert [given["status"] for given in told] == ["stopped_by_routing_rule"] * 2
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


def test_while_the_rules_cannot_be_read_mail_is_accepted_undecided(ruled: World) -> None:
    with installed(World()) as world:
        world.rules.error = Retryable("database_unavailable")
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


# limits

TIGHT = {"sender": {"per_minute": 6, "burst": 2}, "global": {"per_minute": 600, "burst": 5}}


@pytest.fixture
def limited() -> Iterator[World]:
    with installed(World()) as world:
        world.clock = at_night(world)  # type: ignore[attr-defined]
        world.rule({"rate_limits": TIGHT})
        yield world


def statuses(world: World, *pushes: dict[str, Any]) -> list[str]:
    return [given["status"] for given in world.push({"messages": list(pushes)}).json_body["verdicts"]]


def test_above_its_rate_a_sender_is_told_when(limited: World) -> None:
    for number in range(2):
        limited.push(mail(number))
    response = limited.push(mail(3))
    assert verdict(response) == (429, "rate_limited")
    assert (response.headers["Retry-After"], response.json_body["retry_after"]) == ("10", 10)


def test_in_a_batch_each_mail_is_limited_by_itself(limited: World) -> None:
    pushes = [mail(number) for number in range(3)] + [mail(9, sender="other@example.com")]
    assert statuses(limited, *pushes) == ["accepted", "accepted", "rate_limited", "accepted"]


def test_in_a_batch_the_wait_stands_at_the_mail(limited: World) -> None:
    told = limited.push({"messages": [mail(number) for number in range(3)]}).json_body["verdicts"]
    assert told[2]["retry_after"] == 10


def test_all_senders_together_are_limited(limited: World) -> None:
    pushes = [mail(number, sender=f"s{number}@example.com") for number in range(7)]
    assert statuses(limited, *pushes) == ["accepted"] * 5 + ["rate_limited"] * 2


def test_a_sender_in_another_spelling_is_the_same(limited: World) -> None:
    senders = ["a@example.com", "A@Example.COM", "Ada <a+x@example.com>"]
    assert statuses(limited, *(mail(n, sender=s) for n, s in enumerate(senders)))[-1] == "rate_limited"


def test_a_raw_mail_counts_for_its_sender(limited: World) -> None:
    raws = [base64.b64encode(b"From: a@example.com\r\nSubject: %d\r\n\r\nx" % n).decode() for n in range(3)]
    assert statuses(limited, *({"raw": raw} for raw in raws)) == ["accepted", "accepted", "rate_limited"]


def test_mail_without_a_sender_is_limited_with_all(limited: World) -> None:
    raws = [base64.b64encode(b"Subject: %d\r\n\r\nx" % n).decode() for n in range(6)]
    assert statuses(limited, *({"raw": raw} for raw in raws)) == ["accepted"] * 5 + ["rate_limited"]


def test_nothing_that_was_limited_is_kept_or_lost(limited: World) -> None:
    pushes = [mail(number) for number in range(4)]
    while "rate_limited" in (told := statuses(limited, *pushes)):
        assert set(told) <= {"accepted", "rate_limited", "already_processed"}
        limited.clock.now += 10  # type: ignore[attr-defined]
    assert len(limited.queued) == len(limited.spool.objects) == 4


def test_a_repeat_costs_no_rate(limited: World) -> None:
    for _ in range(9):
        limited.push(mail(1))
    assert verdict(limited.push(mail(2))) == (202, "accepted")


def test_where_the_rules_name_no_rate_the_settings_do() -> None:
    with installed(World()) as world:
        at_night(world, sender=Rate(6, 1))
        assert statuses(world, mail(1), mail(2)) == ["accepted", "rate_limited"]


def test_the_settings_limit_by_themselves() -> None:
    with installed(World(rate_sender="6:1", rate_total="off")) as world:
        assert statuses(world, mail(1), mail(2)) == ["accepted", "rate_limited"]


def test_no_key_of_a_limit_names_a_sender(limited: World) -> None:
    limited.push(mail(sender="ada@example.com"))
    keys = limited.container.limiter._arrivals  # type: ignore[attr-defined]
    assert keys
    assert not [key for key in keys if "ada" in key or "example" in key]


def test_the_emailengine_door_knows_the_limit_in_all_alone(limited: World) -> None:
    def event(number: int) -> dict[str, Any]:
        return {"account": "praxis", "event": "messageNew", "path": "INBOX", "data": {"id": str(number)}}

    told = [limited.hook(event(number)) for number in range(6)]
    assert [verdict(response) for response in told] == [(202, "accepted")] * 5 + [(429, "rate_limited")]
    assert told[-1].headers["Retry-After"] == "1"


def test_an_event_that_was_limited_is_taken_when_emailengine_repeats_it(limited: World) -> None:
    for number in range(5):
        limited.push(mail(number, sender=f"s{number}@example.com"))
    event = {"account": "praxis", "event": "messageNew", "path": "INBOX", "data": {"id": "1"}}
    headers = {"X-EE-Wh-Event-Id": "event-1"}
    assert verdict(limited.hook(event, headers=headers)) == (429, "rate_limited")
    limited.clock.now += 60  # type: ignore[attr-defined]
    assert verdict(limited.hook(event, headers=headers)) == (202, "accepted")


# heartbeat


def test_a_heartbeat_is_answered(world: World) -> None:
    assert verdict(world.push({"heartbeat": True})) == (200, "alive")


def test_a_heartbeat_is_answered_while_the_door_is_switched_off(world: World) -> None:
    world.container.flags.switch("gmail_ingress_enabled", False, "ada")
    assert verdict(world.push({"heartbeat": True})) == (200, "alive")


def test_a_heartbeat_needs_the_credentials(world: World) -> None:
    assert verdict(world.push({"heartbeat": True}, {"X-Mailroom-Signature": ""})) == (401, "unauthorized")


def test_a_heartbeat_that_is_none_is_a_mail_without_sender(world: World) -> None:
    assert verdict(world.push({"heartbeat": "yes"})) == (400, "missing_field")


@pytest.mark.parametrize("data", [{"heartbeat": True}, mail(), {"messages": [mail()]}, b"{"])
def test_whoever_has_the_credentials_gives_a_sign(world: World, data: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.push(data)
    assert metrics(capsys, "Sign") == [{"door": "gmail"}]


def test_a_stranger_gives_no_sign(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.push(mail(), {"X-Mailroom-Signature": ""})
    assert metrics(capsys, "Sign") == []


def metrics(capsys: pytest.CaptureFixture[str], name: str) -> list[dict[str, Any]]:
    """The dimensions of a metric, line by line, without the service."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [{k: line[k] for k in ("door", "status") if k in line} for line in lines if name in line]


def value(capsys: pytest.CaptureFixture[str], name: str) -> float:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return sum(sum(line[name]) for line in lines if name in line)


def test_every_mail_of_a_batch_is_counted(ruled: World, capsys: pytest.CaptureFixture[str]) -> None:
    ruled.push({"messages": list(ROWS.values())})
    assert value(capsys, "Ingress") == len(ROWS)


def test_every_answer_has_its_time(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.push(mail())
    assert 0 < value(capsys, "DoorSeconds") < 10


@pytest.mark.parametrize(
    ("data", "failed"), [(mail(), 1), ({"messages": [mail(), mail(2)]}, 1), (b"{", 0), (mail(subject=1), 0)]
)
def test_only_the_door_s_own_faults_are_errors(
    world: World, data: Any, failed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    world.spool.down = True
    world.push(data)
    assert value(capsys, "DoorErrors") == failed


def test_a_door_that_is_switched_off_has_no_error(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.container.flags.switch("emailengine_ingress_enabled", False, "ada")
    event = {"account": "praxis", "event": "messageNew", "path": "INBOX", "data": {"id": "1"}}
    assert world.hook(event).status_code == 503
    assert value(capsys, "DoorErrors") == 0


# uploads

RAW = b"From: Ben <ben@friends.example>\r\nSubject: Large\r\nMessage-ID: <large@friends.example>\r\n\r\n" + b"x" * 5_000


def offered(world: World, **wanted: Any) -> dict[str, Any]:
    response = world.upload(wanted)
    assert verdict(response) == (200, "upload_offered"), response.json_body
    told: dict[str, Any] = response.json_body["upload"]
    return told


def uploaded(world: World, data: bytes = RAW, **wanted: Any) -> str:
    told = offered(world, **wanted)
    assert world.uploads.put(told["url"], told["headers"], data) == 200
    return str(told["id"])


def test_what_is_too_large_is_offered_an_upload(world: World) -> None:
    response = world.push(mail(body="x" * 4_000_001))
    offer = response.json_body["upload"]
    assert verdict(response) == (413, "too_large")
    assert (offer["method"], offer["max_bytes"]) == ("PUT", 40 * 1024 * 1024)
    assert world.uploads.offered[offer["url"]] == (f"uploads/praxis/{offer['id']}", 900, None)


def test_a_body_that_is_too_large_is_offered_an_upload(world: World) -> None:
    response = world.push(mail(body="x" * 5_300_000))
    assert (verdict(response), "upload" in response.json_body) == ((413, "too_large"), True)


def test_a_batch_that_is_too_large_is_to_be_made_smaller(world: World) -> None:
    response = world.push({"messages": [mail(body="x" * 3_000_000)] * 2})
    assert (verdict(response), "upload" in response.json_body) == ((413, "too_large"), False)


def test_in_a_batch_the_offer_stands_at_the_mail(world: World) -> None:
    told = world.push({"messages": [mail(1), mail(2, body="x" * 4_000_001)]}).json_body["verdicts"]
    assert [given["status"] for given in told] == ["accepted", "too_large"]
    assert told[1]["upload"]["id"]


def test_a_stranger_is_offered_nothing(world: World) -> None:
    response = world.push(mail(body="x" * 5_300_000), {"X-Mailroom-Signature": ""})
    assert response.json_body == {"status": "unauthorized"}
    assert world.uploads.offered == {}


def test_an_upload_enters_as_a_mail(world: World) -> None:
    assert verdict(world.push({"id": "1", "upload": uploaded(world)})) == (202, "accepted")
    assert routed(world).routing is None


def test_the_seal_of_an_upload_names_it(world: World) -> None:
    identifier = uploaded(world)
    world.push({"id": "1", "upload": identifier, "labels": ["A"]})
    header, payload = unseal(world.spool.objects[routed(world).spool_key])
    assert (header.kind, header.labels, json.loads(payload)) == ("upload", "A\n", {"upload": identifier})


def test_an_upload_twice_is_the_same_mail(world: World) -> None:
    push = {"upload": uploaded(world)}
    assert [verdict(world.push(push)) for _ in range(2)] == [(202, "accepted"), (200, "already_processed")]


def test_a_mail_that_was_pushed_before_is_not_taken_from_an_upload(world: World) -> None:
    world.push(mail())
    assert verdict(world.push({"id": mail()["id"], "upload": uploaded(world)})) == (200, "already_processed")


def test_a_repeat_whose_upload_is_forgotten_is_still_a_repeat(world: World) -> None:
    push = {"upload": uploaded(world)}
    world.push(push)
    world.spool.objects.clear()
    assert verdict(world.push(push)) == (200, "already_processed")


def test_an_upload_of_another_account_is_not_found(world: World) -> None:
    response = world.push({"account": "faculty", "upload": uploaded(world)})
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), "upload")


@pytest.mark.parametrize("identifier", ["0" * 32, "../sealed/x", "0" * 31, "G" * 32, "0" * 64])
def test_what_was_never_uploaded_is_named(world: World, identifier: str) -> None:
    response = world.push({"upload": identifier})
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), "upload")


def test_an_offer_that_was_not_used_is_not_found(world: World) -> None:
    assert verdict(world.push({"upload": offered(world)["id"]})) == (400, "invalid_field")


def test_an_empty_upload_is_none(world: World) -> None:
    assert verdict(world.push({"upload": uploaded(world, b"")})) == (400, "invalid_field")


def test_an_upload_above_the_limit_is_refused_without_a_new_offer(world: World) -> None:
    parts = world.container
    identifier = uploaded(world)
    parts.__dict__["upload_desk"] = replace(parts.upload_desk, max_bytes=100)
    response = world.push({"upload": identifier})
    assert verdict(response) == (413, "too_large")
    assert (response.json_body["field"], "upload" in response.json_body) == ("upload", False)


def test_the_size_that_is_told_is_part_of_the_offer(world: World) -> None:
    told = offered(world, size=10)
    assert world.uploads.put(told["url"], told["headers"], b"x" * 11) == 403


@pytest.mark.parametrize("size", [0, -1, "1", 1.5, True, [1]])
def test_a_size_that_is_none_is_named(world: World, size: Any) -> None:
    response = world.upload({"size": size})
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), "size")


def test_a_size_above_the_limit_is_told_the_limit(world: World) -> None:
    response = world.upload({"size": 40 * 1024 * 1024 + 1})
    assert (verdict(response), response.json_body["limit"]) == ((413, "too_large"), 40 * 1024 * 1024)


@pytest.mark.parametrize("account", ["other", 1, ["praxis"]])
def test_an_upload_for_an_account_that_is_none_is_refused(world: World, account: Any) -> None:
    response = world.upload({"account": account})
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), "account")


def test_an_upload_needs_the_credentials(world: World) -> None:
    assert verdict(world.upload({}, {"X-Mailroom-Signature": ""})) == (401, "unauthorized")


def test_switched_off_the_door_offers_no_upload(world: World) -> None:
    world.container.flags.switch("gmail_ingress_enabled", False, "ada")
    assert verdict(world.upload({})) == (409, "gmail_ingress_disabled")


def test_an_upload_while_the_spool_is_away_may_be_tried_again(world: World) -> None:
    world.spool.down = True
    assert verdict(world.upload({})) == (503, "try_again")


def test_without_secrets_of_the_backend_nothing_is_taken(world: World) -> None:
    class Away:
        def get_secret_value(self, SecretId: str) -> dict[str, str]:
            raise OSError

    world.container.__dict__["backend_secrets"] = Secrets(lambda _: Away(), "arn:backend")
    assert verdict(world.push(mail())) == (503, "try_again")


def test_a_note_is_what_the_store_stage_reads(ruled: World) -> None:
    ruled.push(ROWS["stopped_by_routing_rule"])
    assert isinstance(decode(ruled.queues.queues["store"][0].body), Exclusion)
