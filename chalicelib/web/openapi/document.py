"""The OpenAPI 3.1 document, made of the rows of all routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from chalicelib import __version__
from chalicelib.policy.flags import DEFAULTS
from chalicelib.web.http import STATUS
from chalicelib.web.openapi import route as kinds
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi import verdicts
from chalicelib.web.openapi.route import Route, Schema

STAGE = "api"
"""`api_gateway_stage` of `.chalice/config.json`."""
ABOUT = """Mailroom's endpoints for mail and its operator's routes.

Limits: a Gmail push 5 MiB and 50 mails, a webhook 1 MiB (413 `too_large` above them); API Gateway itself takes 10 MB
and Lambda 6 MB of request, and 6 MB of answer. A request that carries no `application/json` is 415, another method
405, both in the gateway's own form. Every answer has `X-Correlation-Id`; 429 and 503 have `Retry-After`. An answer
names the field that is wrong and never quotes its value."""

PATH: dict[str, Schema] = {
    "mail_id": s.MAIL_ID,
    "name": s.named(*DEFAULTS),
    "number": s.whole(minimum=0, maximum=999_999_999),
}
"""Parameters of a path that mean the same on every route; a row has its own in `parameters`."""

_GATEWAY = s.record({"Code": s.text(), "Message": s.text()})


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route)
    known = verdicts.bodies(sorted(STATUS), routes)
    schemes = {name: scheme for route in routes for name, scheme in route.access.schemes.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mailroom", "version": __version__, "description": ABOUT},
        "servers": [
            {"url": f"/{STAGE}", "description": "the gateway's stage; a domain of your own may have no such part"}
        ],
        "paths": paths,
        "components": {"schemas": known | {"GatewayError": _GATEWAY}, "securitySchemes": schemes},
    }


def operation(route: Route) -> dict[str, Any]:
    """One method of a path."""
    bodies: dict[int, list[Schema]] = {}
    for code, schema in route.results.items():
        bodies.setdefault(code, []).append(schema)
    for name in dict.fromkeys(route.answers):
        bodies.setdefault(STATUS[name], []).append(s.text() if route.html else s.verdict(name))
    if route.body is not None:
        bodies[415] = [s.verdict("GatewayError")]
    made: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "security": [{name: [] for name in way} for way in route.access.alternatives],
        "responses": {str(code): _response(code, bodies[code], route) for code in sorted(bodies)},
    }
    if parameters := [*_in_path(route), *_in_query(route), *_in_header(route)]:
        made["parameters"] = parameters
    if route.body is not None:
        schema = s.of_model(route.body) if isinstance(route.body, type) else route.body
        made["requestBody"] = {"required": True, "content": {route.takes: {"schema": schema}}}
    return made


def _response(code: int, bodies: list[Schema], route: Route) -> dict[str, Any]:
    made: dict[str, Any] = {"description": HTTPStatus(code).phrase}
    headers = {"X-Correlation-Id": {"schema": s.text()}}
    if code in (429, 503):
        headers["Retry-After"] = {"schema": s.whole(minimum=1)}
    made["headers"] = headers if code != 415 else {}
    if bodies != [{}]:
        schema = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
        own = code < 300 or (route.html and code != 415)
        made["content"] = {route.media if own else kinds.JSON: {"schema": schema}}
    return made


def _in_path(route: Route) -> Iterable[dict[str, Any]]:
    known = PATH | dict(route.parameters)
    for name in re.findall(r"{(\w+)}", route.path):
        yield {"name": name, "in": "path", "required": True, "schema": known[name]}


def _in_query(route: Route) -> Iterable[dict[str, Any]]:
    query = s.of_model(route.query)["properties"] if isinstance(route.query, type) else route.query
    for name, schema in query.items():
        yield {"name": name, "in": "query", "required": False, "schema": schema}


def _in_header(route: Route) -> Iterable[dict[str, Any]]:
    for name, meaning in route.headers.items():
        yield {"name": name, "in": "header", "required": False, "description": meaning, "schema": s.text()}
