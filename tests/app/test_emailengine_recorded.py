"""What a real EmailEngine sent, through the whole app: reused ids, empty resends, events without mail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from chalice.test import HTTPResponse

from chalicelib.core.cache_keys import account_event_key
from chalicelib.ports import ReconciliationRun
from chalicelib.web import auth
from tests import recorded
from tests.app.world import ADMIN, World, installed, verdict
from tests.unit.bootstrap.logs import captured

ACCOUNTS = "practice,faculty,research,personal,badpass,nohost"
MAILS = (53, 55, 63, 64, 67, 68, 70, 75, 76, 78, *recorded.REUSED, *recorded.AFTER_RESET, 108, 110, 590)
WITHOUT_MAIL = (5, 77, 79, 146, 194, 236)


@pytest.fixture
def world() -> Iterator[World]:
    with installed(World(accounts=ACCOUNTS, gmail_account="practice")) as made:
        made.secrets.fields["emailengine_secrets"] = [recorded.SECRET]
        yield made


def send(world: World, number: int) -> HTTPResponse:
    """A webhook as it came, byte by byte."""
    return world.hook(recorded.body(number), recorded.account(number), recorded.headers(number))


@pytest.mark.parametrize("number", [number for number in MAILS if number != 108])
def test_a_recorded_mail_is_accepted(world: World, number: int) -> None:
    assert verdict(send(world, number)) == (202, "accepted")


def test_recorded_mail_in_junk_stays_outside(world: World) -> None:
    assert verdict(send(world, 108)) == (200, "skipped_folder")


def test_new_mail_under_the_ids_of_a_removed_account_is_new(world: World) -> None:
    numbers = (63, 64, *recorded.REUSED)
    answers = [send(world, number) for number in numbers]
    assert [verdict(answer) for answer in answers] == [(202, "accepted")] * len(numbers)
    assert len({answer.json_body["mail_id"] for answer in answers}) == len(numbers)


def test_the_attempts_of_one_event_are_one_mail(world: World) -> None:
    assert [verdict(send(world, number))[1] for number in (110, 124, 154, 184)] == ["accepted"] + [
        "already_processed"
    ] * 3


def test_a_deletion_before_its_mail_s_webhook_keeps_nothing_out(world: World) -> None:
    assert [verdict(send(world, number)) for number in (146, 148, 150, 152)] == [(200, "acknowledged")] * 4
    assert verdict(send(world, 154)) == (202, "accepted")


@pytest.mark.parametrize("number", [147, 149, 151, 589])
def test_the_empty_resend_has_an_answer_of_its_own_that_is_no_success(world: World, number: int) -> None:
    response = send(world, number)
    assert verdict(response) == (400, "empty_body")
    assert (world.queued, world.spool.objects) == ([], {})


def test_the_attempt_after_an_empty_resend_is_accepted(world: World) -> None:
    assert [verdict(send(world, number))[1] for number in (589, 590)] == ["empty_body", "accepted"]


def test_empty_resends_are_no_attack(world: World) -> None:
    for _ in range(100):
        assert verdict(send(world, 589)) == (400, "empty_body")
    forged = recorded.headers(590) | {"X-EE-Wh-Signature": "x"}
    assert verdict(world.hook(recorded.body(590), "faculty", forged)) == (401, "unauthorized")


def test_an_empty_body_without_signature_is_charged_like_any_wrong_credential(world: World) -> None:
    answers = [verdict(world.hook(b"", "faculty", {"X-EE-Wh-Signature": ""})) for _ in range(30)]
    assert (answers[0], answers[-1]) == ((401, "unauthorized"), (429, "rate_limited"))


@pytest.mark.parametrize("number", WITHOUT_MAIL)
def test_an_event_without_mail_is_acknowledged_and_shows_nothing_of_its_content(world: World, number: int) -> None:
    with captured() as lines:
        assert verdict(send(world, number)) == (200, "acknowledged")
    assert not [
        word for word in ("clinic", "isp.test", "192.0.2.5", "127.0.0.1", "Earn money") if word in lines.getvalue()
    ]
    assert world.queued == []


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (5, {"kind": "mailboxReset", "code": "new_folder"}),
        (77, {"kind": "messageComplaint", "code": "abuse"}),
        (79, {"kind": "messageBounce", "code": "5.1.1", "status": "failed"}),
        (194, {"kind": "authenticationError", "code": "AUTHENTICATIONFAILED"}),
        (236, {"kind": "connectError", "code": "ECONNREFUSED"}),
    ],
)
def test_what_an_event_without_mail_says_is_logged(world: World, number: int, expected: dict[str, str]) -> None:
    account = recorded.webhook(number)["account"]
    with captured() as lines:
        send(world, number)
    [line] = [entry for entry in map(json.loads, lines.getvalue().splitlines()) if entry["message"] == "account_event"]
    assert line.items() >= (expected | {"account": account}).items()
    assert len(line.get("message_key", "")) == (32 if number in (77, 79) else 0)


@pytest.mark.parametrize("number", [194, 236])
def test_the_last_event_of_a_connection_is_shown(world: World, number: int) -> None:
    event = recorded.webhook(number)
    send(world, number)
    world.looks.note(ReconciliationRun(event["account"], datetime.now(UTC), "failed", "account_login_failed"))
    shown = world.request("GET", "/status", headers=ADMIN).json_body["mailboxes"]
    [found] = [look["last_event"] for look in shown if look["account"] == event["account"]]
    assert (found["event"], found["code"]) == (event["event"], event["data"]["serverResponseCode"])


def test_without_redis_an_event_is_acknowledged(world: World) -> None:
    world.cache.down = True
    assert verdict(send(world, 194)) == (200, "acknowledged")


def test_what_is_remembered_is_bounded_and_free_of_content(world: World) -> None:
    body = {"account": "practice", "event": "connectError", "data": {"serverResponseCode": "ada@x.example " * 9_000}}
    signed = json.dumps(body).encode()
    world.hook(signed, "practice", {"X-EE-Wh-Signature": auth.sign_emailengine(recorded.SECRET, signed)})
    held = world.cache.get(account_event_key("practice"))
    assert held is not None
    assert (json.loads(held)["code"], len(held) < 200) == ("other", True)
