"""The shapes of what the operator asks of the whole: readiness and status."""

from __future__ import annotations

from chalicelib.policy.flags import DEFAULTS
from chalicelib.web.openapi.schemas import BOOL, CODE, WHEN, maybe, named, record, several, text, whole

CHECK = record({"ok": BOOL, "ms": {"type": "number", "minimum": 0}}, {"code": CODE})
READINESS = record(
    {
        "status": named("ready", "degraded", "unavailable"),
        "checks": record(dict.fromkeys(("spool", "queue", "cache", "database"), CHECK)),
    }
)
_AWAY = record({"code": CODE})
_COUNT = maybe(whole(minimum=0))
_DEPTH = record(
    {"name": CODE, **dict.fromkeys(("waiting", "in_flight", "delayed", "dead"), _COUNT)}
    | {"oldest_seconds": maybe({"type": "number", "minimum": 0})}
)
_BREAKER = record(
    {
        "name": CODE,
        "state": named("closed", "open", "half_open"),
        "failures": whole(minimum=0),
        "retry_in_seconds": {"type": "number", "minimum": 0},
        "since_seconds": _COUNT,
    }
)
_MAILBOX = record(
    {
        "account": text(),
        "checked_at": WHEN,
        "outcome": named("complete", "partial", "failed", "absent"),
        "code": CODE,
        "since": maybe(WHEN),
        **dict.fromkeys(("listed", "gaps", "gaps_total"), whole(minimum=0)),
    }
)
STATUS_REPORT = record(
    {
        "status": named("ok", "degraded"),
        "queues": {"anyOf": [several(_DEPTH), _AWAY]},
        "breakers": {"anyOf": [several(_BREAKER), _AWAY]},
        "ledger": {"anyOf": [{"type": "object", "additionalProperties": whole(minimum=0)}, _AWAY]},
        "mailboxes": {"anyOf": [several(_MAILBOX), _AWAY]},
        "flags": {"anyOf": [record(dict.fromkeys(DEFAULTS, BOOL)), _AWAY]},
    }
)
