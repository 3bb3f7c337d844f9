"""The recipe for an endpoint, followed: a model, a row, a handler, and the registration of both; then it is tried."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import pytest
from chalice.app import Blueprint, Chalice, Response
from chalice.test import Client, HTTPResponse
from msgspec import Meta
from openapi_spec_validator import validate

from app import DOCUMENTED, ENDPOINTS, app
from chalicelib.core.errors import Retryable
from chalicelib.web.http import respond
from chalicelib.web.models import Author, ClosedModel
from chalicelib.web.openapi import routes as openapi
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi.route import ADMIN as OPERATOR
from chalicelib.web.openapi.route import Route
from chalicelib.web.operator_routes import operator_routes
from chalicelib.web.request_fields import Refused
from tests.app.world import ADMIN, JSON, World


# 1. A module of schemas: the model, the answer, the row.
class Greeting(ClosedModel, frozen=True):
    """Greet a colleague."""

    author: Author
    times: Annotated[int, Meta(ge=1, le=3)] = 1


ROWS = [
    Route(
        *("POST", "/admin/greetings/{name}", OPERATOR),
        "Greet.",
        results={200: s.record({"status": s.named("ok"), "text": s.text()})},
        body=Greeting,
        parameters={"name": s.text(20)},
    )
]


def rows() -> Sequence[Route]:
    """What `rows_of(module)` gives in a module of routes."""
    return ROWS


# 2. A module of routes: the handler.
routes = Blueprint(__name__)
operator = operator_routes(routes, rows)


@operator("POST", "/admin/greetings/{name}")
def greet(trace: str, order: Greeting, name: str) -> Response:
    """Greet by name."""
    if name == "nobody":
        raise Refused("invalid_field", "name", ("ann", "bob"))
    if name == "later":
        raise Retryable("database_unavailable")
    return respond(200, {"status": "ok", "text": f"Hello {name}! " * order.times}, trace)


# 3. The line of app.py that lists it.
throwaway = Chalice(app_name="throwaway", configure_logs=False)
throwaway.register_blueprint(routes)
throwaway.register_blueprint(openapi.serving([rows]))


# 4. Its test.
def ask(body: Any, name: str = "ann", headers: dict[str, str] = ADMIN) -> HTTPResponse:
    path = f"/admin/greetings/{name}"
    return Client(throwaway).http.post(path, headers=JSON | headers, body=json.dumps(body).encode())


def test_it_is_served(world: World) -> None:
    response = ask({"author": "ann", "times": 2})
    assert (response.status_code, response.json_body["text"]) == (200, "Hello ann! Hello ann! ")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": "Bearer gmail-token-1"}])
def test_it_is_authenticated(world: World, headers: dict[str, str]) -> None:
    assert ask({"author": "ann"}, headers=headers).json_body == {"status": "unauthorized"}


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "author"), ({"author": "ann", "times": 4}, "times"), ({"author": "ann", "more": 1}, "unknown")],
)
def test_it_refuses_by_the_field(world: World, body: dict[str, Any], field: str) -> None:
    response = ask(body)
    assert (response.status_code, response.json_body) == (400, {"status": "invalid_field", "field": field})


def test_its_own_refusal_is_a_400_and_lists_what_is_known(world: World) -> None:
    assert ask({"author": "ann"}, "nobody").json_body["known"] == ["ann", "bob"]


def test_a_passing_failure_is_a_503(world: World) -> None:
    response = ask({"author": "ann"}, "later")
    assert (response.status_code, response.json_body, response.headers["Retry-After"]) == (
        *(503, {"status": "try_again"}),
        "5",
    )


def test_it_is_documented_by_what_it_checks(world: World) -> None:
    document = Client(throwaway).http.get("/openapi.json").json_body
    validate(document)
    operation = document["paths"]["/admin/greetings/{name}"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert (operation["security"], schema["required"]) == ([{"AdminToken": []}], ["author"])
    assert schema["properties"]["times"] == {"type": "integer", "minimum": 1, "maximum": 3, "default": 1}
    assert set(operation["responses"]) == {"200", "400", "401", "415", "429", "500", "503"}


def test_in_app_py_one_line_serves_and_documents_an_endpoint() -> None:
    assert [endpoint.rows for endpoint in ENDPOINTS] == DOCUMENTED
    documented = {(row.method, row.path) for row in openapi.joined(DOCUMENTED)}
    assert documented == {(method, path) for path, methods in app.routes.items() for method in methods}
