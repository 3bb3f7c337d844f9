"""What every route shares: JSON answers, security headers, the correlation id, one answer for a bug."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from time import perf_counter
from typing import Any

from chalice.app import Request, Response

from chalicelib.bootstrap import telemetry
from chalicelib.core.clock import TimeLeft, countdown
from chalicelib.core.doors import DOORS
from chalicelib.core.errors import Retryable

RETRY_AFTER = 5
WORK_SECONDS = 18.0
"""API Gateway waits 29 seconds for an answer, and one call of AWS takes 10 to time out."""

SECURITY_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": "default-src 'none'",
}
STATUS = {
    "accepted": 202,
    "accepted_held": 202,
    "alive": 200,
    "already_processed": 200,
    "skipped_outside_time_window": 200,
    "skipped_sender_not_allowed": 200,
    "stopped_by_routing_rule": 200,
    "upload_offered": 200,
    "empty_body": 400,
    "invalid_json": 400,
    "missing_field": 400,
    "invalid_field": 400,
    "invalid_rules": 400,
    "unauthorized": 401,
    "unknown_account": 404,
    "unknown_message": 404,
    "unknown_rules": 404,
    "move_refused": 409,
    "version_conflict": 409,
    "outside_time_window": 409,
    "too_large": 413,
    "rate_limited": 429,
    "internal_error": 500,
    "move_unsupported": 501,
    "try_again": 503,
    **{door.disabled_code: door.disabled for door in DOORS},
}
"""HTTP status of each verdict (the table in `docs/endpoints.md`)."""


def trace_id(request: Request) -> str:
    """The request's own id from API Gateway, carried through every stage to the notification."""
    return str(request.context.get("requestId") or uuid.uuid4())


def raw_body(request: Request) -> bytes:
    """The bytes that were signed."""
    body = request.raw_body
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body


def answer(status: str, trace: str, **fields: Any) -> Response:
    """A verdict as an HTTP answer."""
    return respond(STATUS[status], {"status": status, **fields}, trace)


def work_time() -> TimeLeft:
    """The time, from now on, in which a route may begin another step."""
    return countdown(WORK_SECONDS)


def respond(code: int, body: dict[str, Any], trace: str) -> Response:
    """JSON with the headers that every answer has; 429 and 503 always say when to come back."""
    headers: dict[str, str | list[str]] = {**SECURITY_HEADERS, "X-Correlation-Id": trace}
    if code in (429, 503) or "retry_after" in body:
        headers["Retry-After"] = str(body.get("retry_after", RETRY_AFTER))
    return Response(body=body, status_code=code, headers=headers)


def guarded(route: Callable[..., Response]) -> Callable[..., Response]:
    """Wrap a route: no stack trace and no error text leaves the door; a passing failure is 503.

    A decorator and not a middleware: Chalice answers an exception of a route, and logs its text, before any
    middleware sees it.
    """

    @functools.wraps(route)
    def safe(*args: str, **kwargs: str) -> Response:
        try:
            return route(*args, **kwargs)
        except Retryable as error:  # nothing was accepted: Secrets Manager was unavailable, say
            trace = str(uuid.uuid4())
            telemetry.failure("try_again", error, code=error.code, trace_id=trace)
            telemetry.count("Error", door="http")
            return answer("try_again", trace)
        except Exception as error:  # noqa: BLE001 - answered as 500 and logged by class and place
            trace = str(uuid.uuid4())
            telemetry.failure("internal_error", error, trace_id=trace)
            telemetry.count("Error", door="http")
            return answer("internal_error", trace, correlation_id=trace)

    return safe


FAILED = ("internal_error", "try_again")
"""Answers that are the door's own fault; a door that is switched off has none."""


def measured(door: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Count a door's requests, those that failed, and the seconds of each; goes around `guarded`."""

    def wrap(route: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(route)
        def timed(*args: str, **kwargs: str) -> Response:
            started = perf_counter()
            response = route(*args, **kwargs)
            telemetry.duration("DoorSeconds", perf_counter() - started, door=door)
            telemetry.count("DoorRequests", door=door)
            telemetry.count("DoorErrors", int(_failed(response.body)), door=door)
            return response

        return timed

    return wrap


def _failed(body: Any) -> bool:
    verdicts = [body, *body.get("verdicts", ())] if isinstance(body, dict) else []
    return any(verdict.get("status") in FAILED for verdict in verdicts)


def finish(event: Any, get_response: Callable[[Any], Any]) -> Any:
    """Middleware: the security headers on Chalice's own answers (404, 405, 415) too; metrics are flushed."""
    try:
        response = get_response(event)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response
    finally:
        telemetry.flush()
