"""EmailEngine's webhooks: signed, repeated, one event id."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from infra.local.standins.control import Reply
from infra.local.standins.emailengine import EmailEngineStandIn
from infra.local.standins.webhooks import signature
from tests.unit.adapters.broken import Anything

RAW = "Message-ID: <one@mail.example>\r\nSubject: Été\r\nFrom: ada@clinic.example\r\n\r\ntext".encode()


@pytest.fixture
def receiver() -> Iterator[Anything]:
    with Anything() as receiver:
        yield receiver


@pytest.fixture
def engine() -> Iterator[EmailEngineStandIn]:
    with EmailEngineStandIn(retry_base=0.01) as engine:
        yield engine


def delivered(engine: EmailEngineStandIn, receiver: Anything, **more: Any) -> Any:
    held = engine.mailboxes.add("a", RAW, path=more.pop("path", "INBOX"))
    delivery = engine.deliver("a", held, f"{receiver.url}/hook", "secret", **more)
    return engine.webhooks.wait(delivery, 10)


def test_the_signature_is_base64url_without_padding() -> None:
    expected = base64.urlsafe_b64encode(hmac.new(b"secret", b"body", hashlib.sha256).digest()).decode().rstrip("=")
    assert signature(b"body", "secret") == expected


def test_a_webhook_is_signed_over_its_raw_body(engine: EmailEngineStandIn, receiver: Anything) -> None:
    delivered(engine, receiver)
    [request] = receiver.control.requests
    assert request["headers"]["x-ee-wh-signature"] == signature(request["body"].encode(), "secret")


def test_a_webhook_carries_the_reference_and_no_text(engine: EmailEngineStandIn, receiver: Anything) -> None:
    delivered(engine, receiver)
    value = json.loads(receiver.control.requests[0]["body"])
    assert (value["event"], value["account"], value["path"], value["specialUse"]) == (
        "messageNew",
        "a",
        "INBOX",
        "\\Inbox",
    )
    assert (value["data"]["messageId"], value["data"]["subject"]) == ("<one@mail.example>", "Été")
    assert "plain" not in value["data"]["text"]
    assert "eventId" not in value


def test_a_webhook_has_emailengine_s_headers(engine: EmailEngineStandIn, receiver: Anything) -> None:
    delivered(engine, receiver, headers={"Authorization": "Bearer second-factor", "X-Own": "1"})
    headers = receiver.control.requests[0]["headers"]
    assert (headers["x-ee-wh-attempts-made"], headers["x-ee-wh-queued-time"], headers["x-own"]) == ("0", "0s", "1")
    assert headers["content-type"] == "application/json"


def test_a_refused_webhook_is_repeated_under_its_event_id(engine: EmailEngineStandIn, receiver: Anything) -> None:
    receiver.fail(times=2, status=503)
    assert delivered(engine, receiver).attempts == 3
    headers = [request["headers"] for request in receiver.control.requests]
    assert [entry["x-ee-wh-attempts-made"] for entry in headers] == ["0", "1", "2"]
    assert len({entry["x-ee-wh-event-id"] for entry in headers}) == 1


def test_a_broken_connection_is_repeated(engine: EmailEngineStandIn, receiver: Anything) -> None:
    receiver.fail(reset=True)
    assert delivered(engine, receiver).state == "delivered"


def test_a_redirect_is_refused_for_good(engine: EmailEngineStandIn, receiver: Anything) -> None:
    receiver.reply = Reply(302, headers={"Location": receiver.url})
    delivery = delivered(engine, receiver)
    assert (delivery.state, delivery.attempts) == ("failed", 1)


def test_after_ten_attempts_the_event_is_gone(receiver: Anything) -> None:
    receiver.fail(times=None, status=500)
    with EmailEngineStandIn(retry_base=0.0) as engine:
        delivery = delivered(engine, receiver)
    assert (delivery.state, delivery.attempts, len(receiver.control.requests)) == ("failed", 10, 10)


def test_a_replay_has_the_same_event_id(engine: EmailEngineStandIn, receiver: Anything) -> None:
    delivery = delivered(engine, receiver)
    delivery.state = "queued"
    engine.webhooks.redeliver(delivery)
    engine.webhooks.wait(delivery, 10)
    ids = [request["headers"]["x-ee-wh-event-id"] for request in receiver.control.requests]
    assert len(ids) == 2
    assert len(set(ids)) == 1


@pytest.mark.parametrize("fault", [{"status": 429}, {"reset": True}], ids=["429", "reset"])
def test_after_a_429_or_a_reset_the_request_is_resent_without_its_body(
    engine: EmailEngineStandIn, receiver: Anything, fault: dict[str, Any]
) -> None:
    receiver.fail(times=1, **fault)
    receiver.fail(times=1, status=400)
    delivery = delivered(engine, receiver)
    first, resent, next_attempt = receiver.control.requests
    assert (resent["body"], next_attempt["body"]) == ("", first["body"])
    for name in ("x-ee-wh-signature", "x-ee-wh-event-id", "x-ee-wh-attempts-made"):
        assert resent["headers"][name] == first["headers"][name]
    assert next_attempt["headers"]["x-ee-wh-attempts-made"] == "1"
    assert (delivery.state, delivery.attempts, delivery.resent) == ("delivered", 2, 1)


def test_a_success_to_the_empty_resend_loses_the_webhook(engine: EmailEngineStandIn, receiver: Anything) -> None:
    """Why no endpoint may answer it with one."""
    receiver.fail(times=1, status=429)
    delivery = delivered(engine, receiver)
    assert (delivery.state, delivery.attempts, len(receiver.control.requests)) == ("delivered", 1, 2)


def test_a_reset_mailbox_sends_its_mails_again_under_new_ids(engine: EmailEngineStandIn, receiver: Anything) -> None:
    old = RAW.replace(b"\r\n\r\n", b"\r\nDate: Wed, 01 Jan 2020 00:00:00 +0000\r\n\r\n")
    engine.mailboxes.account("a", notify_from=datetime(2021, 1, 1, tzinfo=UTC))
    before = [engine.mailboxes.add("a", raw).id for raw in (RAW, old)]
    given = {"account": "a", "url": f"{receiver.url}/hook", "secret": "secret"}
    answer = requests.post(f"{engine.url}/_control/reset", json=given, timeout=5).json()
    assert len(answer) == 2
    engine.webhooks.wait(engine.webhooks.deliveries[-1], 10)
    events = [json.loads(request["body"]) for request in receiver.control.requests]
    assert [event["event"] for event in events] == ["mailboxReset", "messageNew"]
    assert events[1]["data"]["id"] not in before
