"""Routes of the operator: `/health`, `/ready`, `/status` and the runtime flags."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container, container
from chalicelib.core.errors import ConfigurationError, MailroomError, Permanent
from chalicelib.intake.account_events import last_event
from chalicelib.policy.flags import DEFAULTS
from chalicelib.web.http import guarded, respond, trace_id
from chalicelib.web.openapi.routes import rows_of
from chalicelib.web.operator_routes import operator_routes
from chalicelib.web.request_fields import Refused

if TYPE_CHECKING:
    from chalicelib.web.admin_schemas import FlagChange


routes = Blueprint(__name__)
rows = rows_of("chalicelib.web.admin_schemas")
operator = operator_routes(routes, rows)


@routes.route("/health", methods=["GET"])
@guarded
def health() -> Response:
    """Liveness: the function runs. Touches nothing."""
    return respond(200, {"status": "ok"}, trace_id(routes.current_request))


@routes.route("/ready", methods=["GET"])
@guarded
def ready() -> Response:
    """Readiness: each part with its latency in milliseconds; 503 when a part that accepting needs is unavailable.

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


@operator("GET", "/status")
def status(trace: str) -> Response:
    """Queue depths and ages, circuit breakers, ledger counts, flags."""
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
        "mailboxes": lambda: [
            run.as_dict() | {"last_event": last_event(run.account, parts.cache)}
            for run in parts.looks.latest().values()
        ],
        "flags": lambda: {name: parts.flags.on(name) for name in DEFAULTS},
    }
    for name, read in sources.items():
        try:
            body[name] = read()
        except MailroomError as error:
            body |= {"status": "degraded", name: {"code": error.code}}
        except ConfigurationError:
            body |= {"status": "degraded", name: {"code": "misconfigured"}}
    return respond(200, body, trace)


def _destinations(parts: Container) -> list[str]:
    """Breakers of the webhook destinations in force; those of our own services need no rules."""
    from chalicelib.bootstrap.breakers import of_destination

    try:
        return [of_destination(name) for name in sorted(parts.rules.current().destinations)]
    except (MailroomError, ConfigurationError):
        return []


@operator("PUT", "/admin/flags/{name}")
def set_flag(trace: str, order: FlagChange, name: str) -> Response:
    """Switch a flag; the change is recorded."""
    if name not in DEFAULTS:
        raise Refused("invalid_field", "name", tuple(sorted(DEFAULTS)))
    try:
        container().flags.switch(name, order.value, order.author)
    except Permanent:  # the name and the value are checked: what the database refuses is the author's text
        raise Refused("invalid_field", "author") from None
    telemetry.log("flag_changed", flag=name, value=order.value, trace_id=trace)
    return respond(200, {"status": "ok", "flag": name, "value": order.value}, trace)
