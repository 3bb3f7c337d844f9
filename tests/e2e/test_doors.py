"""What reaches the doors over HTTP and must not become a mail, or not a second one."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from chalicelib.core.stages import STAGES
from chalicelib.web.auth import sign_emailengine
from infra.cli.api_client import headers
from infra.local.rehearsal import control
from infra.local.stack import DOORS
from tests.e2e.world import World


def count(world: World) -> int:
    """Mails that the ledger knows."""
    [(number,)] = world.rows("SELECT count(*) FROM core.ledger")
    return int(number)


def webhook(world: World, body: dict[str, Any], secret: str = "") -> requests.Response:
    """Post a webhook as EmailEngine would; with another `secret`, as somebody else would."""
    raw = json.dumps(body).encode()
    signature = sign_emailengine(secret or world.info.credentials["emailengine_secrets"][0], raw)
    given = {"Content-Type": "application/json", "X-EE-Wh-Signature": signature, "X-EE-Wh-Event-Id": "e2e-event"}
    return world.request("POST", "/api/v1/webhooks/emailengine/personal", data=raw, headers=given)


def event(name: str) -> dict[str, Any]:
    data = {"id": "AAAAAQAAAAE", "messageId": "<never@workshop.example>"}
    return {"account": "personal", "event": name, "path": "INBOX", "data": data}


def test_a_replayed_webhook_is_stored_and_notified_once(world: World) -> None:
    mail_id = world.mail("Replay of the delivery list", via="emailengine")
    assert world.lost(mail_id) == []
    url = f"{world.info.emailengine_url}/_control/deliveries"
    delivery = requests.get(url, timeout=10).json()[-1]
    control(world.info.emailengine_url, "redeliver", {"eventId": delivery["eventId"]})
    attempts = delivery["attempts"] + 1
    world.wait(lambda: requests.get(url, timeout=10).json()[-1]["attempts"] == attempts, "the replay")
    assert requests.get(url, timeout=10).json()[-1]["status"] == 200
    assert world.lost(mail_id) == []


def test_an_unknown_event_is_acknowledged_and_enters_nothing(world: World) -> None:
    before = count(world)
    answer = webhook(world, event("messageTeleported"))
    assert (answer.status_code, answer.json()) == (200, {"status": "acknowledged"})
    assert world.idle()
    assert count(world) == before


def test_a_webhook_that_somebody_else_signed_is_refused(world: World) -> None:
    answer = webhook(world, event("messageNew"), secret="somebody-else")
    assert (answer.status_code, answer.json()) == (401, {"status": "unauthorized"})


def test_a_push_that_somebody_else_signed_is_refused(world: World) -> None:
    body = b'{"sender": "a@workshop.example", "body": "x"}'
    forged = headers(world.info, body) | {"X-Mailroom-Signature": "v1=" + "0" * 64}
    answer = world.request("POST", "/api/ingress/gmail", data=body, headers=forged)
    assert (answer.status_code, answer.json()) == (401, {"status": "unauthorized"})


def test_a_push_that_was_signed_an_hour_ago_is_refused(world: World) -> None:
    body = b'{"sender": "a@workshop.example", "body": "x"}'
    stale = headers(world.info, body) | {"X-Mailroom-Timestamp": str(int(time.time()) - 3600)}
    assert world.request("POST", "/api/ingress/gmail", data=body, headers=stale).status_code == 401


def test_a_body_of_ten_megabytes_is_refused(world: World) -> None:
    body = b'{"sender": "a@workshop.example", "body": "' + b"x" * 10_000_000 + b'"}'
    answer = world.request("POST", "/api/ingress/gmail", data=body, headers=headers(world.info, body))
    assert answer.status_code == 413


def test_a_burst_waits_for_a_worker_and_is_not_refused(world: World) -> None:
    number = 10 * DOORS
    with ThreadPoolExecutor(number) as pool:
        answers = list(pool.map(lambda _: world.request("GET", "/health").status_code, range(number)))
    assert Counter(answers) == {200: number}


def test_the_stack_says_that_it_is_ready(world: World) -> None:
    answer = world.request("GET", "/ready").json()
    assert (answer["status"], sorted(answer["checks"])) == ("ready", ["cache", "database", "queue", "spool"])


def test_the_status_is_for_the_operator_alone(world: World) -> None:
    assert world.request("GET", "/status").status_code == 401


def test_the_status_tells_every_queue(world: World) -> None:
    token = world.info.credentials["admin_tokens"][0]
    answer = world.request("GET", "/status", headers={"Authorization": f"Bearer {token}"}).json()
    assert [queue["name"] for queue in answer["queues"]] == [stage.name for stage in STAGES]
