"""What `admin` takes and answers: health, readiness, status, flags."""

from __future__ import annotations

from chalicelib.policy.flags import DEFAULTS
from chalicelib.web.models import Author, ClosedModel
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi.route import ADMIN, OPEN, Route


class FlagChange(ClosedModel, frozen=True):
    """Switch a flag."""

    value: bool
    author: Author


CHECK = s.record({"ok": s.BOOL, "ms": {"type": "number", "minimum": 0}}, {"code": s.CODE})
READINESS = s.record(
    {
        "status": s.named("ready", "degraded", "unavailable"),
        "checks": s.record(dict.fromkeys(("spool", "queue", "cache", "database"), CHECK)),
    }
)
_UNAVAILABLE = s.record({"code": s.CODE})
_COUNT = s.maybe(s.whole(minimum=0))
_DEPTH = s.record(
    {"name": s.CODE, **dict.fromkeys(("waiting", "in_flight", "delayed", "dead"), _COUNT)}
    | {"oldest_seconds": s.maybe({"type": "number", "minimum": 0})}
)
_BREAKER = s.record(
    {
        "name": s.CODE,
        "state": s.named("closed", "open", "half_open"),
        "failures": s.whole(minimum=0),
        "retry_in_seconds": {"type": "number", "minimum": 0},
        "since_seconds": _COUNT,
    }
)
_MAILBOX = s.record(
    {
        "account": s.text(),
        "checked_at": s.WHEN,
        "outcome": s.named("complete", "partial", "failed", "absent"),
        "code": s.CODE,
        "since": s.maybe(s.WHEN),
        **dict.fromkeys(("listed", "gaps", "gaps_total"), s.whole(minimum=0)),
        "last_event": s.maybe(s.record({"event": s.text(), "code": s.text(), "at": s.WHEN})),
    }
)
STATUS_REPORT = s.record(
    {
        "status": s.named("ok", "degraded"),
        "queues": {"anyOf": [s.several(_DEPTH), _UNAVAILABLE]},
        "breakers": {"anyOf": [s.several(_BREAKER), _UNAVAILABLE]},
        "ledger": {"anyOf": [{"type": "object", "additionalProperties": s.whole(minimum=0)}, _UNAVAILABLE]},
        "mailboxes": {"anyOf": [s.several(_MAILBOX), _UNAVAILABLE]},
        "flags": {"anyOf": [s.record(dict.fromkeys(DEFAULTS, s.BOOL)), _UNAVAILABLE]},
    }
)

ROUTES = (
    Route("GET", "/health", OPEN, "Liveness: touches nothing.", results={200: s.record({"status": s.named("ok")})}),
    Route(
        *("GET", "/ready", OPEN),
        "Readiness: each part with its latency; 503 when a part that accepting needs is unavailable.",
        results={200: READINESS, 503: READINESS},
    ),
    Route(
        *("GET", "/status", ADMIN),
        "Queue depths and ages, circuit breakers, ledger counts, flags.",
        results={200: STATUS_REPORT},
    ),
    Route(
        *("PUT", "/admin/flags/{name}", ADMIN),
        "Switch a runtime flag; the change is recorded with its author.",
        results={200: s.record({"status": s.named("ok"), "flag": s.named(*DEFAULTS), "value": s.BOOL})},
        body=FlagChange,
    ),
)
