"""`GET /openapi.json`: what the API promises, for people and tools; it holds no secret and needs no token."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from chalicelib.web.http import SECURITY_HEADERS, guarded, trace_id

if TYPE_CHECKING:
    from chalicelib.web.openapi.route import Route

CACHED = "public, max-age=3600"
Rows = Callable[[], Sequence["Route"]]
"""The rows of a blueprint, loaded when they are asked for."""


def rows_of(module: str) -> Rows:
    """The `ROUTES` of a module that importing app.py must not load."""
    return lambda: import_module(module).ROUTES


def joined(parts: Iterable[Rows]) -> list[Route]:
    """The rows of all parts, and the document's own."""
    from chalicelib.web.openapi.route import OPEN, Route

    own = Route(
        *("GET", "/openapi.json", OPEN),
        "This document. Send its `ETag` back as `If-None-Match` and it is not sent again.",
        results={200: {"type": "object"}, 304: {}},
        headers={"If-None-Match": "the ETag of an earlier answer"},
    )
    return [*(row for rows in parts for row in rows()), own]


def serving(parts: Sequence[Rows]) -> Blueprint:
    """The route that serves the document of these parts."""
    routes = Blueprint(__name__)

    @lru_cache(maxsize=1)
    def served() -> tuple[str, str]:
        from chalicelib.web.openapi.document import document  # no other route needs it

        text = json.dumps(document(joined(parts)), separators=(",", ":"), ensure_ascii=True)
        return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'

    @routes.route("/openapi.json", methods=["GET"])
    @guarded
    def openapi() -> Response:
        """The document; 304 where the caller has it already."""
        request = routes.current_request
        text, tag = served()
        headers: dict[str, str | list[str]] = {**SECURITY_HEADERS, "Cache-Control": CACHED, "ETag": tag}
        headers["X-Correlation-Id"] = trace_id(request)
        if request.headers.get("if-none-match") == tag:
            return Response(body="", status_code=304, headers=headers)
        return Response(body=text, status_code=200, headers=headers)

    return routes
