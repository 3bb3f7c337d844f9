"""The OpenAPI document: it is valid, it is whole, and the app keeps what it promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.test import HTTPResponse
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from app import app
from chalicelib.sources.gmail_push.schemas import PUSH
from chalicelib.web.http import SECURITY_HEADERS, STATUS
from infra.cloudformation.template import ROOT
from tests.app.conformance import ROUTES, complaints, described
from tests.app.world import ADMIN, World
from tests.contract.mails import mail_id


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from schemas(inner)


def test_the_document_is_openapi() -> None:
    validate(described())


def test_it_is_served_to_every_caller(world: World) -> None:
    response = world.request("GET", "/openapi.json")
    assert (response.status_code, response.json_body) == (200, described())


def test_it_may_be_kept_for_a_while(world: World) -> None:
    headers = world.request("GET", "/openapi.json").headers
    assert headers["Cache-Control"] == "public, max-age=3600"
    assert headers.items() >= (SECURITY_HEADERS | {"Cache-Control": headers["Cache-Control"]}).items()


def test_its_server_is_the_stage_that_is_deployed() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    assert described()["servers"][0]["url"] == f"/{config['api_gateway_stage']}"


def test_a_caller_that_has_it_is_not_sent_it_again(world: World) -> None:
    response = world.request(
        "GET", "/openapi.json", headers={"If-None-Match": world.request("GET", "/openapi.json").headers["ETag"]}
    )
    assert (response.status_code, response.body) == (304, b"")


def test_a_caller_that_has_another_is_sent_it(world: World) -> None:
    assert world.request("GET", "/openapi.json", headers={"If-None-Match": '"old"'}).status_code == 200


def test_the_document_has_every_route_and_method_of_the_app_and_no_other() -> None:
    routed = {(method, path) for path, methods in app.routes.items() for method in methods}
    assert {(route.method, route.path) for route in ROUTES} == routed


def test_no_route_is_there_twice() -> None:
    names = [route.name for route in ROUTES]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("status", sorted(STATUS))
def test_every_verdict_is_the_answer_of_a_route(status: str) -> None:
    assert any(status in route.answers for route in ROUTES)


def test_every_route_of_the_operator_needs_a_token() -> None:
    operators = [route for route in ROUTES if route.path.startswith(("/admin", "/status"))]
    assert {route.access.name for route in operators} == {"admin"}
    assert all("unauthorized" in route.answers for route in operators)


def test_only_these_routes_need_no_credential() -> None:
    assert {route.path for route in ROUTES if route.access.name == "open"} == {
        *("/health", "/ready", "/openapi.json"),
        *("/dashboard/sign-in", "/dashboard/style.css"),
    }


def test_every_page_but_the_sign_in_needs_a_session() -> None:
    pages = [route for route in ROUTES if route.path.startswith("/dashboard")]
    assert {route.access.name for route in pages} == {"session", "open"}


@pytest.mark.parametrize("route", [r for r in ROUTES if r.access.name == "session"], ids=lambda route: route.name)
def test_a_page_without_a_session_leads_to_the_sign_in_and_a_form_is_refused(world: World, route: Any) -> None:
    path = route.path.format(mail_id=mail_id("a"), name="gmail_ingress_enabled", number="1")
    response = world.request(route.method, path, b"token=x" if route.body else b"", {"Content-Type": route.takes})
    assert response.status_code == (401 if route.body else 303)
    assert response.headers.get("Location", "").endswith("" if route.body else "dashboard/sign-in")


@pytest.mark.parametrize("route", [r for r in ROUTES if r.access.name not in ("open", "session")], ids=lambda r: r.name)
def test_a_route_that_needs_a_credential_refuses_a_caller_without(world: World, route: Any) -> None:
    path = route.path.format(account_id="praxis", mail_id="x", name="x", number="1")
    response = world.request(route.method, path, b"{}" if route.body else b"")
    assert (response.status_code, response.json_body) == (401, {"status": "unauthorized"})


def test_every_object_that_is_answered_names_all_its_fields() -> None:
    answers = [r for path in described()["paths"].values() for op in path.values() for r in op["responses"].values()]
    open_ones = [
        node
        for node in schemas([answers, described()["components"]["schemas"]])
        if node.get("type") == "object" and node.get("properties") and node.get("additionalProperties") is not False
    ]
    assert open_ones == []


def test_every_schema_is_a_schema() -> None:
    for node in schemas(described()):
        if node.get("type") in ("object", "array", "string"):
            Draft202012Validator.check_schema(node)


@pytest.mark.parametrize(
    "push",
    [
        {"sender": "a@example.com", "body": ""},
        {"raw": "U3ViamVjdDogeA"},
        {"messages": [{"raw": "U3ViamVjdDogeA"}, {"sender": "a@example.com", "body": "x", "to": ["b@example.com"]}]},
        {"sender": "a@example.com", "body": "x", "subject": None, "to": "b@example.com", "other": 1},
    ],
)
def test_what_the_endpoint_takes_the_document_takes(world: World, push: dict[str, Any]) -> None:
    assert Draft202012Validator(PUSH).is_valid(push)
    assert world.push(push).status_code in (200, 202)


@pytest.mark.parametrize(
    "push",
    [
        {},
        {"sender": " ", "body": ""},
        {"raw": ""},
        {"messages": []},
        {"sender": "a@example.com", "body": "x", "id": "x" * 65},
        {"sender": "a@example.com", "body": "x", "to": [1]},
        {"sender": "a@example.com", "body": "x", "headers": {"a": {"b": 1}}},
        {"sender": "a@example.com", "body": "x", "attachments": ["a"]},
    ],
)
def test_what_the_endpoint_refuses_the_document_refuses(world: World, push: dict[str, Any]) -> None:
    assert not Draft202012Validator(PUSH).is_valid(push)
    assert world.push(push).status_code in (400, 413)


def answered(code: int, body: object, headers: dict[str, str]) -> HTTPResponse:
    return HTTPResponse(body=json.dumps(body).encode(), status_code=code, headers=headers)


@pytest.mark.parametrize(
    ("code", "body", "headers"),
    [
        (418, {"status": "ok"}, {"X-Correlation-Id": "x"}),
        (200, {"status": "ok", "more": 1}, {"X-Correlation-Id": "x"}),
        (200, {"status": "ok"}, {}),
        (503, {"status": "try_again"}, {"X-Correlation-Id": "x"}),
    ],
)
def test_an_answer_that_is_not_in_the_document_would_be_seen(code: int, body: object, headers: dict[str, str]) -> None:
    assert complaints("GET", "/health", answered(code, body, headers)) != []


def test_the_tests_of_the_app_judge_every_answer(world: World) -> None:
    world.container.__dict__["desk"] = None
    response = world.request("GET", "/admin/dlq", headers=ADMIN)
    assert response.json_body["status"] == "internal_error"


def test_every_list_that_an_operator_asks_for_is_bounded() -> None:
    unbounded = [
        (route.name, name)
        for route in ROUTES
        if route.method == "GET" and route.access.name == "admin" and 200 in route.results
        for name, schema in route.results[200].get("properties", {}).items()
        if schema.get("type") == "array" and "maxItems" not in schema
    ]
    assert unbounded == []
