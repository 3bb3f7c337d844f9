"""The operator's routes, through the whole app; and what Chalice answers by itself."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from app import app
from chalicelib.adapters.breaker import key
from chalicelib.core.errors import ConfigurationError, Permanent, Retryable
from chalicelib.resilience.circuit import OPEN, State
from chalicelib.web.http import SECURITY_HEADERS
from tests.app.world import ADMIN, World, verdict

FLAG = "/admin/flags/notifications_enabled"


def put(world: World, data: object, path: str = FLAG, headers: dict[str, str] | None = None) -> Any:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return world.request("PUT", path, body, ADMIN if headers is None else headers)


class Untouchable:
    """Fails whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def test_liveness_touches_nothing(world: World) -> None:
    for part in ("spool", "queues", "cache", "store", "flags", "intake", "door_secrets"):
        world.container.__dict__[part] = Untouchable()
    assert verdict(world.request("GET", "/health")) == (200, "ok")


def test_when_all_answer_the_app_is_ready(world: World) -> None:
    assert verdict(world.request("GET", "/ready")) == (200, "ready")


def test_readiness_has_each_part_s_latency(world: World) -> None:
    checks = world.request("GET", "/ready").json_body["checks"]
    assert checks.keys() == {"spool", "queue", "cache", "database"}
    assert all(0 <= check["ms"] < 1_000 for check in checks.values())


@pytest.mark.parametrize("unavailable", ["cache", "store"])
def test_without_what_accepting_does_not_need_the_app_is_degraded(world: World, unavailable: str) -> None:
    getattr(world, unavailable).down = True
    assert verdict(world.request("GET", "/ready")) == (200, "degraded")


@pytest.mark.parametrize("unavailable", ["spool", "queues"])
def test_without_what_accepting_needs_the_app_is_unavailable(world: World, unavailable: str) -> None:
    getattr(world, unavailable).down = True
    assert verdict(world.request("GET", "/ready")) == (503, "unavailable")


def test_a_part_that_is_unavailable_is_named_by_a_code(world: World) -> None:
    world.store.down = True
    check = world.request("GET", "/ready").json_body["checks"]["database"]
    assert (check["ok"], check["code"]) == (False, "database_unavailable")


def test_unavailable_says_when_to_come_back(world: World) -> None:
    world.spool.down = True
    assert world.request("GET", "/ready").headers["Retry-After"] == "5"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer other"}, {"Authorization": "Bearer gmail-token-1"}])
def test_the_status_is_for_the_operator_alone(world: World, header: dict[str, str]) -> None:
    assert verdict(world.request("GET", "/status", headers=header)) == (401, "unauthorized")


def test_the_status_shows_queues_breakers_ledger_mailboxes_and_flags(world: World) -> None:
    body = world.request("GET", "/status", headers=ADMIN).json_body
    assert body.keys() == {"status", "queues", "breakers", "ledger", "mailboxes", "flags"}


def test_the_status_shows_which_service_is_paused_and_for_how_long(world: World) -> None:
    world.cache.set(key("telegram"), State(OPEN, until=time.time() + 20, since=time.time()).encode(), 60)
    answered = {
        breaker["name"]: breaker for breaker in world.request("GET", "/status", headers=ADMIN).json_body["breakers"]
    }
    assert {name: breaker["state"] for name, breaker in answered.items()} == {
        "emailengine": "closed",
        "telegram": "open",
        "llm": "closed",
    }
    assert 0 < answered["telegram"]["retry_in_seconds"] <= 20


def test_the_status_shows_each_destination_of_webhooks(world: World) -> None:
    world.rule({"destinations": {"crm": {"url": "https://crm.example/hook", "clear_fields": []}}})
    answered = world.request("GET", "/status", headers=ADMIN).json_body["breakers"]
    assert [breaker["name"] for breaker in answered][3:] == ["webhook:crm"]


def test_without_redis_the_status_is_as_complete(world: World) -> None:
    world.cache.down = True
    assert len(world.request("GET", "/status", headers=ADMIN).json_body["breakers"]) == 3


def test_while_the_operator_s_token_is_rotated_both_are_taken(world: World) -> None:
    world.secrets.fields["admin_tokens"] = ["new-token", "admin-token"]
    for token in ("new-token", "admin-token"):
        headers = {"Authorization": f"Bearer {token}"}
        assert verdict(world.request("GET", "/status", headers=headers)) == (200, "ok")


def test_a_wrong_token_of_the_operator_is_counted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.request("GET", "/status", headers={"Authorization": "Bearer other"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["door"], line["status"]) for line in lines if "Verdict" in line] == [("admin", "unauthorized")]


def test_the_status_shows_what_waits(world: World) -> None:
    world.push({"sender": "a@example.com", "body": ""})
    [first, *_] = world.request("GET", "/status", headers=ADMIN).json_body["queues"]
    assert (first["name"], first["waiting"], first["dead"]) == ("anonymize", 1, 0)


@pytest.mark.parametrize(("unavailable", "part"), [("queues", "queues"), ("store", "ledger")])
def test_a_part_that_is_unavailable_degrades_the_status(world: World, unavailable: str, part: str) -> None:
    getattr(world, unavailable).down = True
    body = world.request("GET", "/status", headers=ADMIN).json_body
    assert body["status"] == "degraded"
    assert body[part]["code"].endswith("_unavailable")


def test_a_database_that_refuses_degrades_the_status(world: World) -> None:
    def refuse() -> dict[str, int]:
        raise Permanent("database_rejected")

    world.store.ledger_counts = refuse  # type: ignore[method-assign]
    assert world.request("GET", "/status", headers=ADMIN).json_body["ledger"] == {"code": "database_rejected"}


def test_a_broken_setup_degrades_the_status(world: World) -> None:
    def refuse() -> dict[str, int]:
        raise ConfigurationError("database_url", "the server refuses this login", "Check it")

    world.store.ledger_counts = refuse  # type: ignore[method-assign]
    body = world.request("GET", "/status", headers=ADMIN).json_body
    assert (body["status"], body["ledger"]) == ("degraded", {"code": "misconfigured"})


def test_a_flag_is_switched(world: World) -> None:
    assert verdict(put(world, {"value": False, "author": "ada"})) == (200, "ok")
    assert world.container.flags.on("notifications_enabled") is False


def test_a_switch_is_recorded_with_its_author(world: World) -> None:
    put(world, {"value": False, "author": "ada"})
    assert world.durable.changes == [("notifications_enabled", None, False, "ada")]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer other"}])
def test_a_switch_is_for_the_operator_alone(world: World, header: dict[str, str]) -> None:
    assert verdict(put(world, {"value": False, "author": "ada"}, headers=header)) == (401, "unauthorized")
    assert world.durable.changes == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_switch_that_is_no_json_is_invalid(world: World, body: bytes) -> None:
    assert verdict(put(world, body)) == (400, "invalid_json")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"value": True, "author": "ada", "more": 1}, "unknown"),
        ({"author": "ada"}, "value"),
        ({"value": 1, "author": "ada"}, "value"),
        ({"value": "true", "author": "ada"}, "value"),
        ({"value": True}, "author"),
        ({"value": True, "author": ""}, "author"),
        ({"value": True, "author": "  "}, "author"),
        ({"value": True, "author": 1}, "author"),
        ({"value": True, "author": "x" * 101}, "author"),
        ({"value": True, "author": "a\x00"}, "author"),
        ({"value": True, "author": "\ud800"}, "author"),
        ({"value": True, "author": "a\nb"}, "author"),
    ],
)
def test_a_switch_of_another_shape_names_the_field(world: World, data: object, field: str) -> None:
    response = put(world, data)
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), field)


def test_a_name_that_is_no_flag_is_answered_with_those_that_are(world: World) -> None:
    response = put(world, {"value": True, "author": "ada"}, "/admin/flags/other")
    assert (response.status_code, "notifications_enabled" in response.json_body["known"]) == (400, True)


def test_a_switch_that_is_not_durable_is_try_again(world: World) -> None:
    def refuse(name: str, value: bool, author: str) -> None:
        raise Retryable("database_unavailable")

    world.durable.set_flag = refuse  # type: ignore[method-assign]
    assert verdict(put(world, {"value": False, "author": "ada"})) == (503, "try_again")


def test_an_author_that_the_database_refuses_is_invalid(world: World) -> None:
    def refuse(name: str, value: bool, author: str) -> None:
        raise Permanent("database_rejected")

    world.durable.set_flag = refuse  # type: ignore[method-assign]
    assert put(world, {"value": False, "author": "ada"}).json_body["field"] == "author"


def by_gateway(method: str, path: str, content_type: str = "application/json", body: str = "{}") -> dict[str, Any]:
    """An event as API Gateway makes it; Chalice's client answers unknown methods by itself."""
    event = {
        "requestContext": {"httpMethod": method, "resourcePath": path, "requestId": "request-1"},
        "headers": {"content-type": content_type},
        "multiValueHeaders": {"content-type": [content_type]},
        "pathParameters": {"account_id": "praxis", "name": "x"},
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "body": body,
        "isBase64Encoded": False,
    }
    answer: dict[str, Any] = app(event, None)
    return answer


@pytest.mark.parametrize("path", sorted(app.routes))
@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_a_wrong_method_is_405_with_the_security_headers(world: World, path: str, method: str) -> None:
    answer = by_gateway(method, path)
    assert answer["statusCode"] == 405
    assert answer["headers"].items() >= SECURITY_HEADERS.items()


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_another_content_type_is_415_with_the_security_headers(world: World, kind: str) -> None:
    answer = by_gateway("POST", "/api/ingress/gmail", kind)
    assert answer["statusCode"] == 415
    assert answer["headers"].items() >= SECURITY_HEADERS.items()


def test_the_gateway_s_request_id_is_the_correlation_id(world: World) -> None:
    assert by_gateway("GET", "/health")["headers"]["X-Correlation-Id"] == "request-1"


@pytest.mark.parametrize("path", ["/health", "/ready", "/status"])
def test_every_route_has_the_security_headers(world: World, path: str) -> None:
    assert world.request("GET", path).headers.items() >= SECURITY_HEADERS.items()
