"""The OpenAPI 3.1 document, made of the table of routes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from chalicelib import __version__
from chalicelib.web.dashboard.session import SESSION as SESSION_COOKIE
from chalicelib.web.http import STATUS
from chalicelib.web.openapi import route as kinds
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi.route import Route
from chalicelib.web.openapi.schemas import Schema
from chalicelib.web.openapi.table import DETAILS, MAIL_VERDICTS, PATH, ROUTES

STAGE = "api"
"""`api_gateway_stage` of `.chalice/config.json`."""
ABOUT = """Doors and operator's routes of Mailroom.

Limits: a Gmail push 5 MiB and 50 mails, a webhook 1 MiB (413 `too_large` above them); API Gateway itself takes 10 MB
and Lambda 6 MB of request, and 6 MB of answer. A request that carries no `application/json` is 415, another method
405, both in the gateway's own form. Every answer has `X-Correlation-Id`; 429 and 503 have `Retry-After`. An answer
names the field that is wrong and never quotes its value."""

_EVERYWHERE = ("internal_error", "try_again")
_GATEWAY = s.record({"Code": s.text(), "Message": s.text()})

SCHEMES: dict[str, Schema] = {
    "AdminToken": {"type": "http", "scheme": "bearer", "description": "one of the operator's tokens"},
    "GmailToken": {"type": "http", "scheme": "bearer", "description": "a token of the Gmail door"},
    "GmailSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Mailroom-Signature",
        "description": '`v1=` and the hex HMAC-SHA256 of "timestamp.body" over the raw bytes',
    },
    "GmailTimestamp": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Mailroom-Timestamp",
        "description": "seconds since 1970, at most 5 minutes off",
    },
    "EmailEngineSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-EE-Wh-Signature",
        "description": "HMAC-SHA256 of the raw body, base64url without padding",
    },
    "DashboardSession": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "signed, for eight hours; every form carries its token as well",
    },
    "EmailEngineToken": {"type": "http", "scheme": "bearer", "description": "where a second factor is configured"},
}
_SIGNED: dict[str, list[str]] = {"GmailSignature": [], "GmailTimestamp": []}
SECURITY: dict[str, list[dict[str, list[str]]]] = {
    kinds.OPEN: [],
    kinds.SESSION: [{"DashboardSession": []}],
    kinds.ADMIN: [{"AdminToken": []}],
    kinds.GMAIL: [_SIGNED, {"GmailToken": []}, _SIGNED | {"GmailToken": []}],
    kinds.EMAILENGINE: [{"EmailEngineSignature": []}, {"EmailEngineSignature": [], "EmailEngineToken": []}],
}
"""Alternatives for each kind of caller; `MAILROOM_GMAIL_AUTH` says which of the Gmail door's are taken."""


def document() -> dict[str, Any]:
    """The document as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route)
    known = {name: verdict(name) for name in sorted({*STATUS, *_EVERYWHERE})}
    components = known | {
        "MailVerdict": {"anyOf": [_reference(name) for name in MAIL_VERDICTS]},
        "GatewayError": _GATEWAY,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mailroom", "version": __version__, "description": ABOUT},
        "servers": [
            {"url": f"/{STAGE}", "description": "the gateway's stage; a domain of your own may have no such part"}
        ],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SCHEMES},
    }


@lru_cache(maxsize=1)
def served() -> tuple[str, str]:
    """(the document as it is sent, its ETag)."""
    text = json.dumps(document(), separators=(",", ":"), ensure_ascii=True)
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def verdict(name: str) -> Schema:
    """The body of a verdict: its `status` and the fields that go with it."""
    required, optional = DETAILS.get(name, ({}, {}))
    return s.record({"status": {"const": name}} | required, optional)


def operation(route: Route) -> dict[str, Any]:
    """One method of a path."""
    bodies: dict[int, list[Schema]] = {}
    for code, schema in route.results.items():
        bodies.setdefault(code, []).append(schema)
    for name in dict.fromkeys((*route.verdicts, *_EVERYWHERE)):
        bodies.setdefault(STATUS[name], []).append(s.text() if route.html else _reference(name))
    if route.body is not None:
        bodies[415] = [{"$ref": "#/components/schemas/GatewayError"}]
    made: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "security": SECURITY[route.access],
        "responses": {str(code): _response(code, bodies[code], route) for code in sorted(bodies)},
    }
    if parameters := [*_in_path(route.path), *_in_query(route), *_in_header(route)]:
        made["parameters"] = parameters
    if route.body is not None:
        made["requestBody"] = {"required": True, "content": {route.takes: {"schema": route.body}}}
    return made


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


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


def _in_path(path: str) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", path):
        yield {"name": name, "in": "path", "required": True, "schema": PATH[name]}


def _in_query(route: Route) -> Iterable[dict[str, Any]]:
    for name, schema in route.query.items():
        yield {"name": name, "in": "query", "required": False, "schema": schema}


def _in_header(route: Route) -> Iterable[dict[str, Any]]:
    for name, meaning in route.headers.items():
        yield {"name": name, "in": "header", "required": False, "description": meaning, "schema": s.text()}
