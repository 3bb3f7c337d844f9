"""Routes of the operator: `/health`, `/ready`, `/status` and the runtime flags."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container, container
from chalicelib.core.errors import ConfigurationError, MailroomError, Permanent, Retryable
from chalicelib.policy.flags import DEFAULTS
from chalicelib.web.http import answer, guarded, respond, trace_id
from chalicelib.web.request_fields import Refused, author_of, body_of, refused
from chalicelib.web.unauthorized import is_admin, unauthorized_response

routes = Blueprint(__name__)


@routes.route("/health", methods=["GET"])
@guarded
def health() -> Response:
    """Liveness: the function runs. Touches nothing."""
    return respond(200, {"status": "ok"}, trace_id(routes.current_request))


@routes.route("/ready", methods=["GET"])
@guarded
def ready() -> Response:
    """Readiness: each part with its latency in milliseconds; 503 when a part that accepting needs is away.

    The database and the cache are not among those: mail is accepted without them.
    """
    parts = container()
    checks = {
        "spool": _check(lambda: parts.spool.ping()),
        "queue": _check(lambda: parts.queues.ping()),
        "cache": _check(lambda: parts.cache.ping()),
        "database": _check(lambda: parts.store.ping()),
    }
    good = checks["spool"]["ok"] and checks["queue"]["ok"]
    every = all(check["ok"] for check in checks.values())
    status = "ready" if every else "degraded" if good else "unavailable"
    return respond(200 if good else 503, {"status": status, "checks": checks}, trace_id(routes.current_request))


def _check(ping: Callable[[], None]) -> dict[str, Any]:
    started = perf_counter()
    code = ""
    try:
        ping()
    except (MailroomError, ConfigurationError) as error:
        code = error.code if isinstance(error, MailroomError) else "misconfigured"
    result: dict[str, Any] = {"ok": not code, "ms": round((perf_counter() - started) * 1000, 1)}
    return result | ({"code": code} if code else {})


@routes.route("/status", methods=["GET"])
@guarded
def status() -> Response:
    """Queue depths and ages, circuit breakers, ledger counts, flags. Authenticated."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    parts = container()
    body: dict[str, Any] = {"status": "ok"}
    sources: dict[str, Callable[[], Any]] = {
        "queues": lambda: [
            {
                "name": depth.name,
                "waiting": depth.waiting,
                "in_flight": depth.in_flight,
                "delayed": depth.delayed,
                "dead": depth.dead,
                "oldest_seconds": depth.oldest_seconds,
            }
            for depth in parts.queues.depths()
        ],
        "breakers": lambda: parts.breaker.shown(_destinations(parts)),
        "ledger": lambda: parts.store.ledger_counts(),
        "mailboxes": lambda: [look.as_dict() for look in parts.looks.latest().values()],
        "flags": lambda: {name: parts.flags.on(name) for name in DEFAULTS},
    }
    for name, read in sources.items():
        try:
            body[name] = read()
        except MailroomError as error:
            body |= {"status": "degraded", name: {"code": error.code}}
        except ConfigurationError as error:
            body |= {"status": "degraded", name: {"code": "misconfigured", "setting": error.setting}}
    return respond(200, body, trace)


def _destinations(parts: Container) -> list[str]:
    """Breakers of the webhook destinations in force; those of our own services are told without the rules, too."""
    from chalicelib.bootstrap.breakers import of_destination

    try:
        return [of_destination(name) for name in sorted(parts.rules.current().destinations)]
    except (MailroomError, ConfigurationError):
        return []


@routes.route("/admin/flags/{name}", methods=["PUT"])
@guarded
def set_flag(name: str) -> Response:
    """Body `{"value": true|false, "author": "who"}`. Authenticated; the change is recorded."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    try:
        body = body_of(request, {"value", "author"})
        if not isinstance(body.get("value"), bool):
            raise Refused("value")
        author = author_of(body)
    except Refused as error:
        return refused(error, trace)
    if name not in DEFAULTS:
        return answer("invalid_field", trace, field="name", known=sorted(DEFAULTS))
    try:
        container().flags.switch(name, body["value"], author)
    except Retryable:
        return answer("try_again", trace)
    except Permanent:  # the name and the value are checked: what the database refuses is the author's text
        return answer("invalid_field", trace, field="author")
    telemetry.log("flag_changed", flag=name, value=body["value"], trace_id=trace)
    return respond(200, {"status": "ok", "flag": name, "value": body["value"]}, trace)
