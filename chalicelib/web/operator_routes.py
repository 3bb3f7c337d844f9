"""One decorator for the operator's routes: authentication, the request as the model of its row, refusals as answers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Request, Response

from chalicelib.web.http import answer, guarded, raw_body, trace_id
from chalicelib.web.request_fields import Refused, an_object, read, read_query
from chalicelib.web.unauthorized import is_admin, unauthorized_response

if TYPE_CHECKING:
    from chalicelib.web.openapi.route import Route
    from chalicelib.web.openapi.routes import Rows

Handler = Callable[..., Response]
"""Takes the trace id, then the request's model where the row has one, then the path's parameters by name."""


def operator_routes(routes: Blueprint, rows: Rows) -> Callable[[str, str], Callable[[Handler], Handler]]:
    """A decorator `(method, path)` for handlers of this blueprint, each of which has its row in `rows()`.

    The row's `body` or `query` is the model that the request is read by, so a route checks what the document shows.
    A handler may raise `Refused` (400) and `Retryable` (503).
    """

    def at(method: str, path: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            @functools.wraps(handler)
            def route(**parameters: str) -> Response:
                request = routes.current_request
                trace = trace_id(request)
                if not is_admin(request):
                    return unauthorized_response(request, trace)
                [row] = [row for row in rows() if (row.method, row.path) == (method, path)]
                try:
                    return handler(trace, *_models(row, request), **parameters)
                except Refused as refused:
                    return _answer(refused, row, trace)

            registered: Handler = routes.route(path, methods=[method])(guarded(route))
            return registered

        return register

    return at


def _models(row: Route, request: Request) -> list[Any]:
    if isinstance(row.body, type):
        body = raw_body(request)
        if row.max_body and len(body) > row.max_body:
            raise Refused("too_large")
        return [read(row.body, an_object(body))]
    return [read_query(row.query, request.query_params or {})] if isinstance(row.query, type) else []


def _answer(refused: Refused, row: Route, trace: str) -> Response:
    if refused.status == "too_large":
        return answer("too_large", trace, limit=row.max_body)
    # For an operator a field that is missing is one that is wrong.
    return answer("invalid_field" if refused.field else refused.status, trace, **refused.fields())
