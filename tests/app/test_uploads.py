"""Mail too large for a push: the offer of an upload, and the push that names it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.core.messages import Envelope, decode
from chalicelib.mail.sealed import unseal
from chalicelib.web import auth
from tests.app.rules_world import mail
from tests.app.world import GMAIL, World, verdict


def routed(world: World) -> Envelope:
    message = decode(world.queues.queues["anonymize"][-1].body)
    assert isinstance(message, Envelope)
    return message


RAW = b"From: Ben <ben@friends.example>\r\nSubject: Large\r\nMessage-ID: <large@friends.example>\r\n\r\n" + b"x" * 5_000


def offered(world: World, **wanted: Any) -> dict[str, Any]:
    response = world.upload(wanted)
    assert verdict(response) == (200, "upload_offered"), response.json_body
    answered: dict[str, Any] = response.json_body["upload"]
    return answered


def uploaded(world: World, data: bytes = RAW, **wanted: Any) -> str:
    answered = offered(world, **wanted)
    assert world.uploads.put(answered["url"], answered["headers"], data) == 200
    return str(answered["id"])


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
    answered = world.push({"messages": [mail(1), mail(2, body="x" * 4_000_001)]}).json_body["verdicts"]
    assert [given["status"] for given in answered] == ["accepted", "too_large"]
    assert answered[1]["upload"]["id"]


def test_an_unauthorized_caller_is_offered_nothing(world: World) -> None:
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
    parts.settings = replace(parts.settings, max_source=100)
    response = world.push({"upload": identifier})
    assert verdict(response) == (413, "too_large")
    assert (response.json_body["field"], "upload" in response.json_body) == ("upload", False)


def test_the_size_that_is_given_is_part_of_the_offer(world: World) -> None:
    answered = offered(world, size=10)
    assert world.uploads.put(answered["url"], answered["headers"], b"x" * 11) == 403


@pytest.mark.parametrize("size", [0, -1, "1", 1.5, True, [1]])
def test_a_size_that_is_none_is_named(world: World, size: Any) -> None:
    response = world.upload({"size": size})
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), "size")


def test_a_size_above_the_limit_is_refused_with_the_limit(world: World) -> None:
    response = world.upload({"size": 40 * 1024 * 1024 + 1})
    assert (verdict(response), response.json_body["limit"]) == ((413, "too_large"), 40 * 1024 * 1024)


@pytest.mark.parametrize("account", ["other", 1, ["praxis"]])
def test_an_upload_for_an_account_that_is_none_is_refused(world: World, account: Any) -> None:
    response = world.upload({"account": account})
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), "account")


def test_an_upload_needs_the_credentials(world: World) -> None:
    assert verdict(world.upload({}, {"X-Mailroom-Signature": ""})) == (401, "unauthorized")


def test_the_signature_of_a_push_asks_for_no_upload(world: World) -> None:
    """A copied push is valid for five minutes, and would otherwise be given an address to write to."""
    body, stamp = b"{}", str(int(time.time()))
    for signature in (
        auth.sign_push("gmail-key-1", stamp, body),
        auth.sign_push_v1("gmail-key-1", stamp, body),
    ):
        signed = {"X-Mailroom-Timestamp": stamp, "X-Mailroom-Signature": signature}
        assert verdict(world.request("POST", f"{GMAIL}/uploads", body, signed)) == (401, "unauthorized")
        assert verdict(world.request("POST", GMAIL, body, signed))[0] == 400  # the push itself is authentic


def test_the_signature_of_an_upload_pushes_nothing(world: World) -> None:
    body, stamp = b'{"sender": "a@example.com", "body": "x"}', str(int(time.time()))
    signature = auth.sign_push("gmail-key-1", stamp, body, f"{GMAIL}/uploads")
    signed = {"X-Mailroom-Timestamp": stamp, "X-Mailroom-Signature": signature}
    assert verdict(world.request("POST", GMAIL, body, signed)) == (401, "unauthorized")


def test_switched_off_the_endpoint_offers_no_upload(world: World) -> None:
    world.container.flags.switch("gmail_ingress_enabled", False, "ada")
    assert verdict(world.upload({})) == (409, "gmail_ingress_disabled")


def test_an_upload_while_the_spool_is_unavailable_may_be_tried_again(world: World) -> None:
    world.spool.down = True
    assert verdict(world.upload({})) == (503, "try_again")


def test_without_secrets_of_the_backend_nothing_is_taken(world: World) -> None:
    class Unavailable:
        def get_secret_value(self, SecretId: str) -> dict[str, str]:
            raise OSError

    world.container.__dict__["backend_secrets"] = Secrets(lambda _: Unavailable(), "arn:backend")
    assert verdict(world.push(mail())) == (503, "try_again")
