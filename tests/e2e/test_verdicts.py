"""Every verdict of the rules through the deployed stack, and the way back of what they kept out; nothing is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from infra.cli.__main__ import mailroom
from infra.cli.api_client import admin, headers, post
from infra.cloudformation.deploy import client, stack_resource
from infra.local.leaks import leaks
from tests.e2e.world import NUMBERS, World

FRIEND, STRANGER = "Ben <ben@workshop.example>", "Eve <eve@strangers.example>"


def windows() -> dict[str, Any]:
    """One that is closed now and for hours."""
    start = datetime.now(UTC) + timedelta(hours=3)
    return {"closed": {"zone": "UTC", "from": f"{start:%H:%M}", "to": f"{start + timedelta(hours=2):%H:%M}"}}


def ruled(word: str, outside: str) -> dict[str, Any]:
    return {
        "name": word,
        "when": {"subject": {"contains": [word]}},
        "then": {"priority": "high"},
        "time_window": {"open": ["closed"], "outside": outside},
    }


def document(**changes: Any) -> dict[str, Any]:
    stop = {"name": "stopword", "when": {"subject": {"contains": ["stopword"]}}, "then": {"stop_processing": True}}
    return {
        "allowlist": {"domains": ["workshop.example"]},
        "time_windows": windows(),
        "rules": [stop, ruled("skipword", "skip"), ruled("refuseword", "refuse"), ruled("holdword", "hold")],
    } | changes


def put(world: World, rules: dict[str, Any]) -> None:
    """Put rules in force, and wait until every container knows them."""
    base = admin(world.info, "GET", "/admin/rules").json()["version"]
    body = {"document": rules, "author": "e2e", "comment": "", "base_version": base}
    answer = admin(world.info, "PUT", "/admin/rules", body)
    assert answer.status_code == 200, answer.json()
    seen = time.monotonic()
    world.wait(lambda: time.monotonic() - seen > 2.2, "the rules of two seconds ago to be forgotten")


@pytest.fixture
def rules(world: World) -> Iterator[World]:
    """With the rules of this module; none are in force afterwards."""
    put(world, document())
    yield world
    put(world, {})


def mail(subject: str, sender: str = FRIEND) -> dict[str, Any]:
    number = next(NUMBERS)
    text = f"Please note number {number}."
    return {
        "id": f"{0xE2E0_0000_0000_0000 + number:016x}",
        "sender": sender,
        "subject": f"{subject} {number}",
        "body": text,
    }


def pushed(world: World, push: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = post(world.info, push)
    return answer.status_code, answer.json()


def state(world: World, mail_id: str) -> tuple[str, str]:
    return next(iter(world.rows("SELECT state, reason FROM core.ledger WHERE mail_id = %s", mail_id)), ("", ""))


def command(world: World, *arguments: str) -> str:
    result = CliRunner().invoke(mailroom, ["--folder", str(world.stack.folder), *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_each_verdict_and_the_way_back_of_what_was_kept_out(rules: World) -> None:
    world = rules
    friend, stranger = mail("Welcome"), mail("Offer", STRANGER)
    stopped, skipped, refused = mail("A stopword"), mail("A skipword"), mail("A refuseword")
    answers = {name: pushed(world, one) for name, one in {
        "friend": friend, "stranger": stranger, "stopped": stopped, "skipped": skipped, "refused": refused,
    }.items()}  # fmt: skip
    assert {name: (code, body["status"]) for name, (code, body) in answers.items()} == {
        "friend": (202, "accepted"),
        "stranger": (200, "skipped_sender_not_allowed"),
        "stopped": (200, "stopped_by_routing_rule"),
        "skipped": (200, "skipped_outside_time_window"),
        "refused": (409, "outside_time_window"),
    }
    assert 0 < answers["refused"][1]["retry_after"] <= 3600
    ids = {name: body["mail_id"] for name, (_, body) in answers.items() if name != "refused"}
    kept = {"stranger": "sender_not_allowed", "stopped": "stopped_by_routing_rule", "skipped": "outside_time_window"}
    for name, reason in kept.items():
        world.wait(lambda name=name, reason=reason: state(world, ids[name]) == ("excluded", reason), f"{name} noted")
    assert world.lost(ids["friend"]) == []
    assert "balanced" in command(world, "verify")

    # A batch says the same of each; what was accepted is a repeat.
    batch = post(world.info, {"messages": [friend, stranger, refused]}).json()["verdicts"]
    assert [one["status"] for one in batch] == [
        "already_processed",
        "skipped_sender_not_allowed",
        "outside_time_window",
    ]

    # While the rules stay the same, re-evaluating changes nothing.
    command(world, "reconsider", "--sender", "eve@strangers.example", "--author", "e2e")
    world.wait(world.idle, "the mail to be re-evaluated")
    assert state(world, ids["stranger"]) == ("excluded", "sender_not_allowed")

    # The allowlist grows: the operator sees which mail it concerns and re-evaluates it; it is stored once.
    put(world, document(allowlist={"domains": ["workshop.example", "strangers.example"]}))
    reported = command(world, "reconsider", "--all", "--dry-run", "--author", "e2e")
    assert "of these 1 are from senders who are allowed now" in reported
    command(world, "reconsider", "--domain", "strangers.example", "--author", "e2e")
    assert world.lost(ids["stranger"]) == []

    # Without rules all of it comes back, and the one that the pusher kept is accepted.
    put(world, {})
    command(world, "reconsider", "--all", "--author", "e2e")
    code, body = pushed(world, refused)
    assert (code, body["status"]) == (202, "accepted")
    assert world.lost(ids["stopped"], ids["skipped"], body["mail_id"]) == []
    assert "balanced" in command(world, "verify")
    decided = world.rows("SELECT DISTINCT decision, author FROM core.decisions WHERE mail_id = %s", ids["stranger"])
    assert decided == [("reconsidered", "e2e")]
    assert leaks(world.info, ["eve@strangers.example"], world.stack.folder) == []


def test_a_held_mail_is_notified_when_its_window_opens(rules: World) -> None:
    code, body = pushed(rules, mail("A holdword"))
    assert (code, body["status"]) == (202, "accepted_held")
    mail_id = body["mail_id"]
    rules.wait(lambda: state(rules, mail_id) == ("stored", ""), "the held mail to be stored")
    rules.wait(rules.idle, "the notify stage to let go of it")
    query = "SELECT not_before, sent_at, urgency FROM core.outbox WHERE mail_id = %s"
    [(due, sent, urgency)] = rules.rows(query, mail_id)
    assert (due > datetime.now(UTC) + timedelta(hours=2), sent, urgency) == (True, None, 2)
    assert "balanced" in command(rules, "verify", "--older-than", "0")
    # The window opens: what a day brings must not take the test a day.
    rules.rows("UPDATE core.outbox SET not_before = now() WHERE mail_id = %s RETURNING id", mail_id)
    sweep(rules)
    assert rules.lost(mail_id) == []


def sweep(world: World) -> None:
    """What the schedule does every minute."""
    event = {"time": "2026-01-02T03:04:00Z", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    event |= {"version": "0", "id": "e2e", "account": "000000000000", "region": "us-east-1", "resources": []}
    function = stack_resource(world.info.aws, "Sweep")
    answer = client("lambda", world.info.aws).invoke(FunctionName=function, Payload=json.dumps(event).encode())
    assert not answer.get("FunctionError"), answer["Payload"].read()


def test_emailengine_s_mail_is_decided_when_it_was_fetched(rules: World) -> None:
    sample = rules.sample("A stopword for the list", via="emailengine")
    [mail_id] = rules.send(sample)
    rules.wait(lambda: state(rules, mail_id) == ("excluded", "stopped_by_routing_rule"), "the mail to be excluded")
    put(rules, {})
    command(rules, "reconsider", "--rule", "stopword", "--author", "e2e")
    assert rules.lost(mail_id) == []


def test_a_sender_above_the_rate_gets_an_answer_and_loses_nothing(world: World) -> None:
    put(world, {"rate_limits": {"sender": {"per_minute": 60, "burst": 2}}})
    try:
        mails = [mail("Flood", "Mallory <mallory@workshop.example>") for _ in range(4)]
        reported = post(world.info, {"messages": mails}).json()["verdicts"]
        assert [one["status"] for one in reported] == ["accepted", "accepted", "rate_limited", "rate_limited"]
        assert reported[2]["retry_after"] == 1
        ids = [one["mail_id"] for one in reported]
        waiting = mails[2:]
        deadline = time.monotonic() + 30
        while waiting and time.monotonic() < deadline:
            again = post(world.info, {"messages": waiting}).json()["verdicts"]
            waiting = [push for push, one in zip(waiting, again, strict=True) if one["status"] == "rate_limited"]
        assert waiting == []
        assert world.lost(*ids) == []
    finally:
        put(world, {})


def large(number: int) -> bytes:
    """A mail of 20 MB with an attachment."""
    head = (
        f"From: Ben <ben@workshop.example>\r\nTo: desk@workshop.example\r\nSubject: Plans {number}\r\n"
        f"Message-ID: <plans-{number}@workshop.example>\r\nDate: Mon, 3 Mar 2025 10:00:00 +0100\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        "Content-Type: text/plain\r\n\r\nPlease note the plans.\r\n--b\r\n"
        "Content-Type: application/pdf; name=plans.pdf\r\nContent-Disposition: attachment; filename=plans.pdf\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg==\r\n"
    return head.encode() + line * (20_000_000 // len(line)) + b"--b--\r\n"


def test_a_mail_of_twenty_megabytes_comes_in_by_an_upload(world: World) -> None:
    number = next(NUMBERS)
    raw = large(number)
    asked = json.dumps({"size": len(raw)}).encode()
    path = "/api/ingress/gmail/uploads"
    signed = headers(world.info, asked, path)
    offered = requests.post(world.info.api + path, data=asked, headers=signed, timeout=30).json()
    upload = offered["upload"]
    put_there = requests.put(upload["url"], data=raw, headers=upload["headers"], timeout=60)
    assert put_there.status_code == 200, put_there.text
    push = {"id": f"{0xE2E1_0000_0000_0000 + number:016x}", "upload": upload["id"]}
    code, body = pushed(world, push)
    assert (code, body["status"]) == (202, "accepted")
    assert world.lost(body["mail_id"]) == []
    [(subject, attachments)] = world.rows(
        "SELECT subject, cardinality(attachments) FROM ingestion.emails WHERE mail_id = %s", body["mail_id"]
    )
    assert (subject.startswith("Plans"), attachments) == (True, 1)
    assert pushed(world, push)[1]["status"] == "already_processed"


def test_an_upload_that_nobody_made_is_refused(world: World) -> None:
    code, body = pushed(world, {"upload": "0" * 32})
    assert (code, body["status"], body["field"]) == (400, "invalid_field", "upload")


def test_a_heartbeat_is_answered(world: World) -> None:
    assert pushed(world, {"heartbeat": True}) == (200, {"status": "alive"})
