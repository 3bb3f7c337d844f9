"""The Gmail door, through the whole app."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from chalicelib.core.errors import Permanent
from chalicelib.mail.sealed import unseal
from chalicelib.web import auth
from chalicelib.web.http import SECURITY_HEADERS
from tests.app.world import GMAIL, World, installed, verdict
from tests.unit.bootstrap.logs import captured

MAIL: dict[str, Any] = {"id": "19a06462e1d08a47", "sender": "Ada <ada@example.com>", "body": "Hello", "subject": "Hi"}


def test_a_mail_is_accepted(world: World) -> None:
    response = world.push(MAIL)
    assert verdict(response) == (202, "accepted")
    assert response.json_body["mail_id"] in world.queued


def test_the_verdict_names_the_id(world: World) -> None:
    assert world.push(MAIL).json_body["id"] == MAIL["id"]


def test_a_mail_without_id_is_accepted(world: World) -> None:
    response = world.push({"sender": "ada@example.com", "body": ""})
    assert "id" not in response.json_body
    assert verdict(response) == (202, "accepted")


def test_html_alone_is_accepted(world: World) -> None:
    assert verdict(world.push({"sender": "a@example.com", "body": "", "body_html": "<p>x</p>"})) == (202, "accepted")


def test_a_raw_mail_is_accepted(world: World) -> None:
    raw = base64.urlsafe_b64encode(b"Subject: >>>???\r\n\r\n\xff").decode()
    assert verdict(world.push({"raw": raw})) == (202, "accepted")


def test_the_date_of_a_raw_mail_travels_in_its_seal(world: World) -> None:
    raw = base64.urlsafe_b64encode(b"Subject: x\r\n\r\ntext").decode()
    assert verdict(world.push({"raw": raw, "date": "2025-03-02T08:15:00.000Z"})) == (202, "accepted")
    [sealed] = world.spool.objects.values()
    assert unseal(sealed)[0].date == "2025-03-02T08:15:00+00:00"


def test_what_is_no_date_of_a_raw_mail_is_named(world: World) -> None:
    response = world.push({"raw": base64.urlsafe_b64encode(b"Subject: x").decode(), "date": "yesterday"})
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), "date")


def test_a_repeat_is_already_processed(world: World) -> None:
    world.push(MAIL)
    assert verdict(world.push(MAIL)) == (200, "already_processed")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"\x00", b"[" * 100_000, b"9" * 5_000])
def test_what_is_no_json_is_invalid(world: World, body: bytes) -> None:
    assert verdict(world.push(body)) == (400, "invalid_json")


@pytest.mark.parametrize("field", ["sender", "body"])
def test_a_missing_field_is_named(world: World, field: str) -> None:
    response = world.push({key: value for key, value in MAIL.items() if key != field})
    assert (verdict(response), response.json_body["field"]) == ((400, "missing_field"), field)


@pytest.mark.parametrize(
    "field", ["sender", "body", "subject", "date", "id", "to", "labels", "headers", "attachments", "raw"]
)
def test_a_field_of_another_type_is_named(world: World, field: str) -> None:
    response = world.push(MAIL | {field: 10**400})
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), field)


def test_an_unknown_account_is_named(world: World) -> None:
    response = world.push(MAIL | {"account": "other"})
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), "account")


def test_a_refusal_never_quotes_the_value(world: World) -> None:
    assert b"secret" not in world.push(MAIL | {"account": "secret"}).body


def test_a_field_that_is_too_long_is_too_large(world: World) -> None:
    response = world.push(MAIL | {"subject": "x" * 10_001})
    assert (verdict(response), response.json_body["field"]) == ((413, "too_large"), "subject")


def test_a_body_of_10_megabytes_is_too_large(world: World) -> None:
    response = world.push(b"x" * 10_000_000)
    assert (verdict(response), response.json_body["limit"]) == ((413, "too_large"), 5 * 1024 * 1024)


def test_a_body_of_the_limit_is_read(world: World) -> None:
    head = json.dumps(MAIL | {"junk": ""})[:-2].encode()
    assert verdict(world.push(head + b"x" * (5 * 1024 * 1024 - len(head) - 2) + b'"}')) == (202, "accepted")


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\u202e", "9" * 60])
@pytest.mark.parametrize("field", ["sender", "body", "subject", "date", "id", "thread_id", "message_id", "body_html"])
def test_any_character_in_a_text_is_accepted(world: World, field: str, text: str) -> None:
    assert verdict(world.push(MAIL | {field: text})) == (202, "accepted")


def test_an_id_with_any_character_comes_back_in_json(world: World) -> None:
    assert world.push(MAIL | {"id": "\ud800\x00"}).json_body["id"] == "\ud800\x00"


def test_the_last_of_two_keys_counts(world: World) -> None:
    assert world.push(b'{"sender":"a@example.com","body":"","id":"1","id":"2"}').json_body["id"] == "2"


def test_a_content_type_with_charset_is_taken(world: World) -> None:
    assert verdict(world.push(MAIL, {"Content-Type": "application/json; charset=utf-8"})) == (202, "accepted")


def test_a_batch_has_a_verdict_for_each_mail_in_order(world: World) -> None:
    world.push(MAIL)
    mails: list[Any] = [
        {"id": "1", "sender": "a@example.com", "body": ""},
        {"id": "2", "sender": "a@example.com"},
        MAIL,
        {"id": "4", "sender": "a@example.com", "body": 1},
        5,
        {"id": "6", "sender": "a@example.com", "body": "", "subject": "x" * 10_001},
        {"id": "1", "sender": "a@example.com", "body": ""},
    ]
    response = world.push({"messages": mails})
    assert response.status_code == 200
    assert [(given.get("id"), given["status"]) for given in response.json_body["verdicts"]] == [
        ("1", "accepted"),
        ("2", "missing_field"),
        (MAIL["id"], "already_processed"),
        ("4", "invalid_field"),
        (None, "invalid_field"),
        ("6", "too_large"),
        ("1", "already_processed"),
    ]


def test_a_batch_of_fifty_is_accepted(world: World) -> None:
    world.push({"messages": [MAIL | {"id": str(number)} for number in range(50)]})
    assert len(world.queued) == 50


def test_a_batch_above_fifty_is_too_large(world: World) -> None:
    response = world.push({"messages": [MAIL] * 51})
    assert (verdict(response), response.json_body["limit"]) == ((413, "too_large"), 50)


def test_a_batch_that_is_not_durable_says_so_for_each_mail(world: World) -> None:
    world.queues.down = True
    response = world.push({"messages": [MAIL]})
    assert [given["status"] for given in response.json_body["verdicts"]] == ["try_again"]


@pytest.mark.parametrize("unavailable", ["spool", "queues"])
def test_a_mail_that_is_not_durable_is_not_accepted(world: World, unavailable: str) -> None:
    getattr(world, unavailable).down = True
    assert verdict(world.push(MAIL)) == (503, "try_again")


def test_try_again_says_when(world: World) -> None:
    world.spool.down = True
    assert world.push(MAIL).headers["Retry-After"] == "5"


def test_in_a_batch_try_again_says_when_as_a_single_mail_s_answer_does(world: World) -> None:
    world.spool.down = True
    answered = world.push({"messages": [MAIL]}).json_body["verdicts"]
    assert [str(given["retry_after"]) for given in answered] == [world.push(MAIL).headers["Retry-After"]]


def test_after_try_again_the_repeat_is_accepted(world: World) -> None:
    world.queues.down = True
    world.push(MAIL)
    world.queues.down = False
    assert verdict(world.push(MAIL)) == (202, "accepted")


def test_without_redis_a_mail_is_accepted(world: World) -> None:
    world.cache.down = True
    assert verdict(world.push(MAIL)) == (202, "accepted")


def test_while_the_secrets_cannot_be_read_the_pusher_tries_again(world: World) -> None:
    world.secrets.down = True
    assert verdict(world.push(MAIL)) == (503, "try_again")


def test_switched_off_the_pusher_keeps_the_mail(world: World) -> None:
    world.container.flags.switch("gmail_ingress_enabled", False, "ada")
    assert verdict(world.push(MAIL)) == (409, "gmail_ingress_disabled")
    assert world.queued == []


def test_a_bug_is_an_internal_error_with_a_correlation_id(world: World) -> None:
    world.container.__dict__["intake"] = None
    response = world.push(MAIL)
    assert verdict(response) == (500, "internal_error")
    assert response.json_body.keys() == {"status", "correlation_id"}


def test_a_bug_s_correlation_id_is_in_the_log(world: World) -> None:
    world.container.__dict__["intake"] = None
    with captured() as lines:
        response = world.push(MAIL)
    assert response.json_body["correlation_id"] in lines.getvalue()


def test_a_bug_shows_no_text(world: World) -> None:
    def refuse(key: str, data: bytes) -> None:
        raise Permanent(f"grace {key}")

    world.spool.put = refuse  # type: ignore[method-assign]
    with captured() as lines:
        response = world.push(MAIL)
    assert b"grace" not in response.body
    assert "grace" not in lines.getvalue()


REFUSED: dict[str, dict[str, str]] = {
    "no signature": {"X-Mailroom-Signature": ""},
    "another signature": {"X-Mailroom-Signature": "v2=" + "0" * 64},
    "another older signature": {"X-Mailroom-Signature": "v1=" + "0" * 64},
    "no timestamp": {"X-Mailroom-Timestamp": ""},
    "a stale timestamp": {"X-Mailroom-Timestamp": "1741000000"},
    "a future timestamp": {"X-Mailroom-Timestamp": "9999999999"},
    "a garbled timestamp": {"X-Mailroom-Timestamp": "now"},
}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_every_cause_of_a_401_has_the_same_answer(world: World, headers: dict[str, str]) -> None:
    response = world.push(MAIL, headers)
    assert (response.status_code, response.json_body) == (401, {"status": "unauthorized"})


def test_a_stale_signature_that_was_right_once_is_refused(world: World) -> None:
    body, stamp = json.dumps(MAIL).encode(), str(int(time.time()) - 301)
    signed = {"X-Mailroom-Timestamp": stamp, "X-Mailroom-Signature": auth.sign_push("gmail-key-1", stamp, body)}
    assert verdict(world.request("POST", GMAIL, body, signed)) == (401, "unauthorized")


def test_a_pusher_that_was_not_updated_yet_is_taken(world: World) -> None:
    body, stamp = json.dumps(MAIL).encode(), str(int(time.time()))
    signed = {"X-Mailroom-Timestamp": stamp, "X-Mailroom-Signature": auth.sign_push_v1("gmail-key-1", stamp, body)}
    assert verdict(world.request("POST", GMAIL, body, signed)) == (202, "accepted")


def test_the_key_that_is_rotated_in_is_taken(world: World) -> None:
    body, stamp = json.dumps(MAIL).encode(), str(int(time.time()))
    signed = {"X-Mailroom-Timestamp": stamp, "X-Mailroom-Signature": auth.sign_push("gmail-key-2", stamp, body)}
    assert verdict(world.request("POST", GMAIL, body, signed)) == (202, "accepted")


@pytest.mark.parametrize(
    ("mode", "signed", "token", "status"),
    [
        ("hmac", True, False, 202),
        ("hmac", False, True, 401),
        ("bearer", False, True, 202),
        ("bearer", True, False, 401),
        ("either", True, False, 202),
        ("either", False, True, 202),
        ("either", False, False, 401),
        ("both", True, True, 202),
        ("both", True, False, 401),
        ("both", False, True, 401),
    ],
)
def test_the_setting_says_which_factors_are_needed(mode: str, signed: bool, token: bool, status: int) -> None:
    headers = {} if signed else {"X-Mailroom-Signature": "v1="}
    headers |= {"Authorization": "Bearer gmail-token-2"} if token else {}
    with installed(World(gmail_auth=mode)) as world:
        assert world.push(MAIL, headers).status_code == status


def test_nothing_unauthorized_touches_anything(world: World) -> None:
    world.push(MAIL, {"X-Mailroom-Signature": ""})
    assert (world.spool.objects, world.queued, world.cache.values) == ({}, [], {})


@pytest.mark.parametrize("data", [MAIL, b"{", b"x" * 6_000_000, {"messages": [MAIL]}])
def test_every_answer_has_the_security_headers(world: World, data: object) -> None:
    assert world.push(data).headers.items() >= SECURITY_HEADERS.items()


def test_every_answer_has_a_correlation_id(world: World) -> None:
    assert world.push(MAIL).headers["X-Correlation-Id"]


def test_the_log_carries_nothing_of_the_mail(world: World) -> None:
    with captured() as lines:
        world.push(MAIL | {"sender": "Ada Lovelace <ada@example.com>", "subject": "Oncology"})
    assert not [word for word in ("Lovelace", "ada@", "Oncology", "Hello") if word in lines.getvalue()]


@pytest.mark.parametrize("status", ["unauthorized", "gmail_ingress_disabled", "invalid_json", "accepted"])
def test_every_verdict_is_counted(world: World, status: str, capsys: pytest.CaptureFixture[str]) -> None:
    if status == "gmail_ingress_disabled":
        world.container.flags.switch("gmail_ingress_enabled", False, "ada")
    world.push(
        b"{" if status == "invalid_json" else MAIL, {"X-Mailroom-Signature": ""} if status == "unauthorized" else {}
    )
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["status"] for line in lines if "Verdict" in line] == [status]
