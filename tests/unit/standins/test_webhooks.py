"""EmailEngine's webhooks: signed, repeated, one event id."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

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
