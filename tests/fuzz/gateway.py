"""The whole app as WSGI: makes of each request the event that API Gateway would, and asks the function's own entry."""

from __future__ import annotations

import base64
import re
import time
import urllib.parse
from collections.abc import Callable, Iterable
from typing import Any

from app import app
from chalicelib.web import auth
from chalicelib.web.dashboard import session
from chalicelib.web.openapi.document import STAGE
from tests.app.world import ADMIN, GMAIL, HOOK, MAPPING_KEY

COOKIE = f"{session.SESSION}={session.issue(MAPPING_KEY, 'admin-token', 'fuzz', time.time())}"
"""A session of the dashboard, signed in the moment that the tests begin."""
Start = Callable[[str, list[tuple[str, str]]], object]


SECONDS = 2.0
"""Of processor for one answer; measured: 0.02 s."""


def signed(path: str, body: str) -> dict[str, str]:
    """The credentials that the path asks for, right in every respect."""
    raw = body.encode()
    if path == GMAIL:
        stamp = str(int(time.time()))
        return {"x-mailroom-timestamp": stamp, "x-mailroom-signature": auth.sign_push("gmail-key-1", stamp, raw)}
    if path.startswith(HOOK):
        return {"x-ee-wh-signature": auth.sign_emailengine("ee-secret-1", raw)}
    if path.startswith("/dashboard"):
        return {"cookie": COOKIE}
    return {"authorization": ADMIN["Authorization"]}


class Gateway:
    """A WSGI application. With `credentials` each request is signed as its rightful sender would sign it."""

    def __init__(self, credentials: bool) -> None:
        self.credentials = credentials

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """One request: an exception of the app goes through, and fails the test."""
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace").removeprefix(f"/{STAGE}")
        route, parameters = match(path)
        if not route:
            start_response("403 Forbidden", [("Content-Type", "application/json")])
            return [b'{"message":"Missing Authentication Token"}']
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length).decode("utf-8", "replace")
        headers = {
            key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")
        }
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        if self.credentials:
            headers |= signed(route if "{" not in route else path, body)
        query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True, errors="replace")
        asked = event(environ["REQUEST_METHOD"], route, parameters, headers, query, body)
        started = time.process_time()
        answer = app(asked, None)
        assert time.process_time() - started < SECONDS, f"{route} took too long"
        kept = [(name, str(value)) for name, value in answer["headers"].items()]
        start_response(f"{answer['statusCode']} Answer", kept)
        text = answer["body"]
        return [base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()]


def match(path: str) -> tuple[str, dict[str, str]]:
    """(the route, its parameters); of two that fit, the one without parameters."""
    for route in sorted(app.routes, key=lambda known: known.count("{")):
        pattern = "/".join(
            f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part) for part in route.split("/")
        )
        if found := re.fullmatch(pattern, path, re.DOTALL):
            return route, found.groupdict()
    return "", {}


def event(
    method: str,
    route: str,
    parameters: dict[str, str],
    headers: dict[str, str],
    query: dict[str, list[str]],
    body: str,
) -> dict[str, Any]:
    """What API Gateway hands to the function (REST API, proxy integration)."""
    return {
        "resource": route,
        "requestContext": {"httpMethod": method, "resourcePath": route, "requestId": "fuzz"},
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "pathParameters": parameters or None,
        "multiValueQueryStringParameters": query or None,
        "stageVariables": None,
        "body": body or None,
        "isBase64Encoded": False,
    }
