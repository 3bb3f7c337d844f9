"""Webhooks: signed, once to each destination, anonymized unless the rules say otherwise."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.errors import MailroomError, Permanent, Postponed, Retryable
from chalicelib.core.messages import Routing
from chalicelib.delivery import webhook
from chalicelib.pipeline.fan_out import next_messages
from chalicelib.policy.document import Destination
from chalicelib.ports import Answered
from tests.twins.delivery import Source
from tests.unit.delivery.side import URL, Side
from tests.unit.pipeline.world import NOW


@pytest.fixture
def side() -> Side:
    return Side()


def sent(side: Side) -> Any:
    """The one webhook's body."""
    [(_, _, body)] = side.receiver.got
    return json.loads(body)


def test_the_processed_mail_is_posted_anonymized(side: Side) -> None:
    side.deliverer.process(side.mail)
    shown = sent(side)
    assert shown["mail"] == {
        "sender": "<PERSON_1> <EMAIL_1>",
        "subject": "Results of <PERSON_1>",
        "recipients": ["<EMAIL_2>"],
        "body": "Dear <PERSON_1>",
        "attachments": ["<FILE_1>.pdf"],
        "language": "en",
    }
    assert (shown["clear"], shown["rules"], shown["rules_version"], shown["category"]) == ([], ["files"], 3, "patient")


def test_what_the_destination_may_see_is_clear_and_named(side: Side) -> None:
    side.destinations["desk"] = Destination("desk", "https://desk.example/", ("sender", "recipients"))
    side.deliverer.process(side.mail)
    shown = sent(side)
    assert shown["clear"] == ["recipients", "sender"]
    assert (shown["mail"]["sender"], shown["mail"]["recipients"], shown["mail"]["subject"]) == (
        "Ada <ada@example.com>",
        ["Bob <bob@example.org>"],
        "Results of <PERSON_1>",
    )


def test_a_field_that_nobody_may_ask_for_stays_closed(side: Side) -> None:
    side.destinations["desk"] = Destination("desk", "https://desk.example/", ("source", "attachments"))
    side.deliverer.process(side.mail)
    assert (sent(side)["clear"], "raw" in sent(side)["mail"].values()) == ([], False)


@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        ((), "https://desk.example/"),
        (("desk.example",), "https://desk.example.evil.example/"),
        (("desk.example",), "https://evildesk.example/"),
        (("desk.example",), "https://sub.desk.example/"),
        (("*.desk.example",), "https://desk.example/"),
        (("*.desk.example",), "https://evildesk.example/"),
        (("desk.example",), "https://evil.example/desk.example"),
        (("desk.example",), "https://evil.example?@desk.example"),
        (("desk.example",), "https://desk.example@evil.example/"),
        (("desk.example",), "https://[desk.example/"),
    ],
)
def test_clear_fields_go_to_no_host_that_the_deployment_does_not_name(
    side: Side, hosts: tuple[str, ...], url: str
) -> None:
    side.clear_hosts = hosts
    side.destinations["desk"] = Destination("desk", url, ("body",))
    with pytest.raises(Permanent, match="clear_host_not_allowed"):
        side.deliverer.process(side.mail)
    assert side.receiver.got == []


@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        (("desk.example",), "https://DESK.example/"),
        (("desk.example",), "https://desk.example:8443/hook"),
        (("desk.example",), "https://desk.example./hook"),
        (("*.example",), "https://a.desk.example/hook"),
    ],
)
def test_a_host_that_it_names_gets_them_on_any_port(side: Side, hosts: tuple[str, ...], url: str) -> None:
    side.clear_hosts = hosts
    side.destinations["desk"] = Destination("desk", url, ("sender",))
    side.deliverer.process(side.mail)
    assert sent(side)["mail"]["sender"] == "Ada <ada@example.com>"


def test_anonymized_mail_needs_no_host(side: Side) -> None:
    side.clear_hosts = ()
    side.deliverer.process(side.mail)
    assert sent(side)["clear"] == []


def test_the_signature_is_over_time_and_body(side: Side) -> None:
    side.deliverer.process(side.mail)
    [(url, headers, body)] = side.receiver.got
    stamp = str(int(NOW.timestamp()))
    expected = hmac.new(b"key-1", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert (url, headers["X-Mailroom-Timestamp"], headers["X-Mailroom-Signature"]) == (
        "https://desk.example/hook",
        stamp,
        f"v1={expected}",
    )


def test_while_a_key_is_rotated_both_sign(side: Side) -> None:
    side.keys["default"] = ["new", "old"]
    side.deliverer.process(side.mail)
    [(_, headers, body)] = side.receiver.got
    signed = [f"v1={webhook.sign(key, int(NOW.timestamp()), body)}" for key in ("new", "old")]
    assert headers["X-Mailroom-Signature"].split(",") == signed


def test_a_destination_may_have_a_key_of_its_own(side: Side) -> None:
    side.destinations["desk"] = Destination("desk", "https://desk.example/", key="desk-key")
    side.keys = {"default": ["wrong"], "desk-key": ["right"]}
    side.deliverer.process(side.mail)
    [(_, headers, body)] = side.receiver.got
    assert headers["X-Mailroom-Signature"] == f"v1={webhook.sign('right', int(NOW.timestamp()), body)}"


@pytest.mark.parametrize("keys", [{}, {"default": []}, {"other": ["key"]}])
def test_nothing_is_sent_unsigned(side: Side, keys: dict[str, list[str]]) -> None:
    side.keys = dict(keys)
    with pytest.raises(Postponed, match="webhook_key_missing"):
        side.deliverer.process(side.mail)
    assert side.receiver.got == []


def test_every_attempt_has_the_same_idempotency_key(side: Side) -> None:
    side.receiver.answers = [Answered(500)]
    with pytest.raises(Retryable):
        side.deliverer.process(side.mail)
    side.deliverer.process(side.mail)
    first, second = (headers["Idempotency-Key"] for _, headers, _ in side.receiver.got)
    assert first == second == webhook.idempotency_key(side.mail.mail_id, "desk")


def test_destinations_and_mails_have_different_idempotency_keys() -> None:
    keys = {webhook.idempotency_key(mail, name) for mail in ("a", "b") for name in ("x", "y")}
    assert len(keys) == 4


def test_a_delivered_mail_is_not_delivered_again(side: Side) -> None:
    for _ in range(3):
        side.deliverer.process(side.mail)
    assert len(side.receiver.got) == 1


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (408, Retryable, "webhook_busy"),
        (425, Retryable, "webhook_busy"),
        (429, Retryable, "webhook_rate_limited"),
        (500, Retryable, "webhook_failed"),
        (503, Retryable, "webhook_failed"),
        (599, Retryable, "webhook_failed"),
        (301, Permanent, "webhook_redirected"),
        (308, Permanent, "webhook_redirected"),
        (400, Permanent, "webhook_refused"),
        (401, Permanent, "webhook_refused"),
        (404, Permanent, "webhook_refused"),
        (410, Permanent, "webhook_gone"),
        (100, Permanent, "webhook_refused"),
    ],
)
def test_each_answer_says_whether_to_come_again(side: Side, status: int, error: type[MailroomError], code: str) -> None:
    side.receiver.answers = [Answered(status)]
    with pytest.raises(error, match=code):
        side.deliverer.process(side.mail)
    row = side.deliveries.rows[side.mail.mail_id, "desk"]
    assert (row.state, row.code) == ("refused" if error is Permanent else "waiting", code)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_taken(side: Side, status: int) -> None:
    side.receiver.answers = [Answered(status)]
    side.deliverer.process(side.mail)
    assert side.deliveries.rows[side.mail.mail_id, "desk"].status == status


def test_a_receiver_is_left_alone_for_as_long_as_it_asks(side: Side) -> None:
    side.receiver.answers = [Answered(503, 120.0)]
    with pytest.raises(Retryable) as failed:
        side.deliverer.process(side.mail)
    assert failed.value.after == 120.0


@pytest.mark.parametrize("error", [Retryable("target_unreachable"), Permanent("target_private")])
def test_what_the_guard_says_is_recorded(side: Side, error: MailroomError) -> None:
    side.receiver.answers = [error]
    with pytest.raises(type(error), match=error.code):
        side.deliverer.process(side.mail)
    assert side.deliveries.rows[side.mail.mail_id, "desk"].code == error.code


@pytest.mark.parametrize(("attempted", "attempts"), [(False, 0), (True, 1)])
def test_a_destination_that_rests_is_asked_later(side: Side, attempted: bool, attempts: int) -> None:
    def resting(name: str, call: object) -> Answered:
        raise Postponed(f"{name}_resting", 30.0, attempted)

    side.through = resting
    with pytest.raises(Postponed, match="desk_resting"):
        side.deliverer.process(side.mail)
    assert side.deliveries.rows[side.mail.mail_id, "desk"].attempts == attempts


def test_attempts_are_counted(side: Side) -> None:
    side.receiver.answers = [Answered(500), Answered(500)]
    for _ in range(2):
        with pytest.raises(Retryable):
            side.deliverer.process(side.mail)
    side.deliverer.process(side.mail)
    row = side.deliveries.rows[side.mail.mail_id, "desk"]
    assert (row.attempts, row.state) == (3, "delivered")


def test_switched_off_webhooks_wait(side: Side) -> None:
    side.enabled = False
    with pytest.raises(Postponed, match="webhooks_switched_off"):
        side.deliverer.process(side.mail)
    assert (side.receiver.got, side.deliveries.rows) == ([], {})


def test_a_destination_that_the_rules_do_not_know_any_more_is_no_destination(side: Side) -> None:
    side.destinations.clear()
    with pytest.raises(Permanent, match="destination_unknown"):
        side.deliverer.process(side.mail)


def test_a_webhook_that_is_given_up_does_not_wait(side: Side) -> None:
    side.receiver.answers = [Answered(500)]
    with pytest.raises(Retryable):
        side.deliverer.process(side.mail)
    side.deliverer.given_up(side.mail, "retries_exhausted:webhook_failed")
    row = side.deliveries.rows[side.mail.mail_id, "desk"]
    assert (row.state, row.code, row.attempts) == ("refused", "retries_exhausted:webhook_failed", 1)


def test_a_mail_that_was_erased_is_not_sent(side: Side) -> None:
    side.store.emails.clear()
    side.deliverer.process(side.mail)
    assert side.receiver.got == []


@pytest.mark.parametrize("routing", [None, Routing(1), Routing(1, webhooks=("a", "b"))])
def test_a_message_names_one_destination(side: Side, routing: Routing | None) -> None:
    with pytest.raises(Permanent, match="malformed_message"):
        side.deliverer.process(side.mail.changed(routing=routing))


def test_files_are_listed_with_their_place_and_their_source(side: Side) -> None:
    side.share(Source(b"content", "a.zip"))
    side.offload()
    side.deliverer.process(side.mail)
    assert sent(side)["links"] == [
        {
            "provider": "files",
            "status": "stored",
            "url": URL,
            "file": {
                "bucket": "files-bucket",
                "key": f"practice/{side.mail.mail_id}/0/a.zip",
                "name": "a.zip",
                "type": "application/zip",
                "size": 7,
            },
        }
    ]


def test_a_file_that_was_given_up_is_listed_by_its_original_link(side: Side) -> None:
    side.share(Source(error=[Permanent("link_gone")]))
    side.offload()
    side.deliverer.process(side.mail)
    assert sent(side)["links"] == [{"provider": "files", "status": "original", "url": URL, "reason": "link_gone"}]


def test_a_huge_body_is_cut_and_says_so() -> None:
    side = Side()
    side.store.emails[side.mail.mail_id]["body"] = "x" * (webhook.BODY_CHARS + 1)
    side.deliverer.process(side.mail)
    shown = sent(side)
    assert (len(shown["mail"]["body"]), shown["truncated"]) == (webhook.BODY_CHARS, True)


def test_a_rules_category_and_priority_win(side: Side) -> None:
    assert side.mail.routing is not None
    routing = replace(side.mail.routing, category="files", priority="high")
    side.deliverer.process(side.mail.changed(routing=routing))
    assert (sent(side)["category"], sent(side)["priority"]) == ("files", "high")


@pytest.mark.parametrize(
    ("stage", "routing", "targets"),
    [
        ("anonymize", Routing(1, webhooks=("a",), offload=True), ["classify"]),
        ("classify", Routing(1, webhooks=("a",)), ["store"]),
        ("store", None, ["notify"]),
        ("store", Routing(1), ["notify"]),
        ("store", Routing(1, webhooks=("a", "b", "a")), ["notify", "deliver:a", "deliver:b"]),
        ("store", Routing(1, webhooks=("a", "b"), offload=True), ["notify", "offload:a,b"]),
        ("store", Routing(1, offload=True), ["notify", "offload:"]),
        ("offload", Routing(1, webhooks=("a", "b"), offload=True), ["deliver:a", "deliver:b"]),
        ("offload", Routing(1, offload=True), []),
        ("deliver", Routing(1, webhooks=("a",)), []),
        ("notify", Routing(1, webhooks=("a",)), []),
    ],
)
def test_a_mail_is_handed_on_to_whom_its_rules_name(
    side: Side, stage: str, routing: Routing | None, targets: list[str]
) -> None:
    found = []
    for name, message in next_messages(stage, side.mail.changed(routing=routing)):
        shown = f":{','.join(message.routing.webhooks)}" if message.routing and name in ("deliver", "offload") else ""
        found.append(name + shown)
    assert found == targets
