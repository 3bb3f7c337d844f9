"""The EmailEngine door, through the whole app."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.sources.emailengine import webhook_event
from chalicelib.web import auth
from tests.app.world import World, installed, verdict
from tests.unit.bootstrap.logs import captured

DATA: dict[str, Any] = {
    "id": "AAAADAAABy4",
    "emailId": str(int("19a06462e1d08a47", 16)),
    "messageId": "<1@example.com>",
}
EVENT: dict[str, Any] = {
    "account": "praxis",
    "event": "messageNew",
    "path": "INBOX",
    "specialUse": "\\Inbox",
    "data": DATA,
}
ONCE = {"X-EE-Wh-Event-Id": "event-1"}


def test_a_new_mail_is_accepted(world: World) -> None:
    assert verdict(world.hook(EVENT)) == (202, "accepted")
    assert len(world.queued) == 1


def test_the_secret_that_is_rotated_in_is_taken(world: World) -> None:
    body = json.dumps(EVENT).encode()
    assert (
        verdict(world.hook(EVENT, headers={"X-EE-Wh-Signature": auth.sign_emailengine("ee-secret-2", body)}))[0] == 202
    )


@pytest.mark.parametrize("signature", ["", "x", auth.sign_emailengine("other", json.dumps(EVENT).encode())])
def test_a_wrong_signature_is_refused(world: World, signature: str) -> None:
    assert verdict(world.hook(EVENT, headers={"X-EE-Wh-Signature": signature})) == (401, "unauthorized")


def test_changed_bytes_are_refused(world: World) -> None:
    signed = auth.sign_emailengine("ee-secret-1", json.dumps(EVENT).encode())
    assert verdict(world.hook(EVENT | {"account": "faculty"}, headers={"X-EE-Wh-Signature": signed}))[0] == 401


@pytest.mark.parametrize(("header", "status"), [("", 401), ("Bearer other", 401), ("Bearer ee-token", 202)])
def test_where_tokens_are_configured_one_is_needed_too(world: World, header: str, status: int) -> None:
    world.secrets.fields["emailengine_tokens"] = ["ee-token"]
    assert world.hook(EVENT, headers={"Authorization": header}).status_code == status


def test_a_token_does_not_replace_the_signature(world: World) -> None:
    world.secrets.fields["emailengine_tokens"] = ["ee-token"]
    headers = {"Authorization": "Bearer ee-token", "X-EE-Wh-Signature": ""}
    assert world.hook(EVENT, headers=headers).status_code == 401


def test_the_account_of_path_and_payload_must_be_one(world: World) -> None:
    response = world.hook(EVENT, "faculty")
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), "account")


def test_an_unknown_account_is_named(world: World) -> None:
    assert verdict(world.hook(EVENT | {"account": "other"}, "other")) == (404, "unknown_account")


def kinds(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line["kind"] for line in lines if "Event" in line]


@pytest.mark.parametrize("name", sorted(webhook_event.KNOWN_EVENTS - {"messageNew"}))
def test_a_known_event_is_acknowledged_and_counted(world: World, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict(world.hook({"account": "praxis", "event": name})) == (200, "acknowledged")
    assert kinds(capsys) == [name]


@pytest.mark.parametrize("name", ["somethingNew", "", "jean@example.com", "\ud800"])
def test_an_unknown_event_is_acknowledged_and_counted(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdict(world.hook({"account": "praxis", "event": name})) == (200, "acknowledged")
    assert kinds(capsys) == ["unknown"]


def test_an_event_that_is_no_mail_enters_nothing(world: World) -> None:
    world.hook(EVENT | {"event": "messageBounce"})
    assert (world.queued, world.spool.objects) == ([], {})


def test_switched_off_other_events_are_still_acknowledged(world: World) -> None:
    world.container.flags.switch("emailengine_ingress_enabled", False, "ada")
    assert verdict(world.hook(EVENT | {"event": "mailboxReset"})) == (200, "acknowledged")


def test_a_replayed_delivery_is_already_processed(world: World) -> None:
    world.hook(EVENT, headers=ONCE)
    assert verdict(world.hook(EVENT, headers=ONCE)) == (200, "already_processed")


def test_a_replayed_delivery_is_not_sealed_again(world: World) -> None:
    world.hook(EVENT, headers=ONCE)
    world.spool.objects.clear()
    world.hook(EVENT, headers=ONCE)
    assert world.spool.objects == {}


def test_the_same_mail_in_another_event_is_already_processed(world: World) -> None:
    world.hook(EVENT, headers=ONCE)
    assert verdict(world.hook(EVENT, headers={"X-EE-Wh-Event-Id": "event-2"})) == (200, "already_processed")


@pytest.mark.parametrize("unavailable", ["spool", "queues"])
def test_a_mail_that_is_not_durable_makes_emailengine_try_again(world: World, unavailable: str) -> None:
    getattr(world, unavailable).down = True
    assert verdict(world.hook(EVENT, headers=ONCE)) == (503, "try_again")


@pytest.mark.parametrize("unavailable", ["spool", "queues"])
def test_a_delivery_that_failed_is_not_remembered(world: World, unavailable: str) -> None:
    getattr(world, unavailable).down = True
    world.hook(EVENT, headers=ONCE)
    getattr(world, unavailable).down = False
    assert verdict(world.hook(EVENT, headers=ONCE)) == (202, "accepted")


def test_without_redis_a_mail_is_accepted(world: World) -> None:
    world.cache.down = True
    assert verdict(world.hook(EVENT, headers=ONCE)) == (202, "accepted")


@pytest.mark.parametrize(
    ("path", "use", "message_use", "status"),
    [
        ("Lists", "", "", "accepted"),
        ("INBOX", "\\Inbox", "", "accepted"),
        ("[Gmail]/All Mail", "\\All", "\\Inbox", "accepted"),
        ("[Gmail]/All Mail", "\\All", "\\Sent", "skipped_folder"),
        ("Junk", "\\Junk", "", "skipped_folder"),
        ("Sent", "\\Sent", "", "skipped_folder"),
        ("Drafts", "\\Drafts", "", "skipped_folder"),
        ("Trash", "\\Trash", "", "skipped_folder"),
    ],
)
def test_folders_of_incoming_mail_enter_by_default(
    world: World, path: str, use: str, message_use: str, status: str
) -> None:
    data = DATA | ({"messageSpecialUse": message_use} if message_use else {})
    assert verdict(world.hook(EVENT | {"path": path, "specialUse": use, "data": data}))[1] == status


@pytest.mark.parametrize(
    ("folders", "status"), [("\\Inbox,Lists", "accepted"), ("*", "accepted"), ("\\Inbox", "skipped_folder")]
)
def test_configured_folders_enter(folders: str, status: str) -> None:
    with installed(World(emailengine_folders=folders)) as world:
        assert verdict(world.hook(EVENT | {"path": "Lists", "specialUse": ""}))[1] == status


@pytest.mark.parametrize("answer", [False, True, None])
def test_seems_like_new_is_not_asked(world: World, answer: object) -> None:
    assert verdict(world.hook(EVENT | {"data": DATA | {"seemsLikeNew": answer}}))[1] == "accepted"


def test_switched_off_emailengine_tries_again(world: World) -> None:
    world.container.flags.switch("emailengine_ingress_enabled", False, "ada")
    response = world.hook(EVENT)
    assert verdict(response) == (503, "emailengine_ingress_disabled")
    assert response.headers["Retry-After"] == "5"


@pytest.mark.parametrize("data", [{}, {"id": ""}, {"id": None}, None])
def test_a_reference_needs_its_id(world: World, data: object) -> None:
    response = world.hook(EVENT | {"data": data})
    assert (verdict(response), response.json_body["field"]) == ((400, "missing_field"), "data.id")


@pytest.mark.parametrize("field", ["id", "emailId", "messageId", "path", "date"])
@pytest.mark.parametrize("value", [1, []])
def test_an_odd_field_is_named(world: World, field: str, value: object) -> None:
    response = world.hook(EVENT | {"data": DATA | {field: value}})
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), f"data.{field}")


@pytest.mark.parametrize("field", ["id", "emailId", "messageId", "path", "date"])
@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\u202e"])
def test_any_character_in_a_field_is_accepted(world: World, field: str, text: str) -> None:
    assert verdict(world.hook(EVENT | {"data": DATA | {field: text}})) == (202, "accepted")


@pytest.mark.parametrize("field", ["emailId", "messageId", "path", "date", "subject"])
def test_a_text_of_any_length_is_accepted(world: World, field: str) -> None:
    data = {"id": "AAAADAAABy4", field: "x" * 5_000}
    assert verdict(world.hook(EVENT | {"data": data})) == (202, "accepted")
    assert verdict(world.hook(EVENT | {"data": data})) == (200, "already_processed")


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"<html>", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_invalid(world: World, body: bytes) -> None:
    assert verdict(world.hook(body)) == (400, "invalid_json")


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 10_000_000])
def test_an_oversized_body_is_too_large(world: World, size: int) -> None:
    assert verdict(world.hook(b"x" * size)) == (413, "too_large")


def test_a_mail_that_came_by_the_gmail_endpoint_is_the_same_mail(world: World) -> None:
    pushed = world.push({"id": "19a06462e1d08a47", "sender": "a@example.com", "body": ""})
    hooked = world.hook(EVENT)
    assert hooked.json_body["mail_id"] == pushed.json_body["mail_id"]
    assert verdict(hooked) == (200, "already_processed")


def test_long_message_ids_that_differ_at_their_end_are_two_mails(world: World) -> None:
    for end in "bc":
        data = {"id": "AAAADAAABy4", "messageId": f"<{'a' * 5_000}{end}@x.example>"}
        assert verdict(world.hook(EVENT | {"data": data})) == (202, "accepted")


def test_the_log_carries_nothing_of_the_mail(world: World) -> None:
    data = DATA | {"subject": "Oncology", "from": {"name": "Lovelace", "address": "ada@example.com"}}
    with captured() as lines:
        world.hook(EVENT | {"data": data})
    assert not [word for word in ("Lovelace", "ada@", "Oncology", "<1@") if word in lines.getvalue()]


def test_the_sealed_object_carries_no_more_than_the_reference(world: World) -> None:
    world.hook(EVENT | {"data": DATA | {"subject": "Oncology"}})
    assert b"Oncology" not in b"".join(world.spool.objects.values())
