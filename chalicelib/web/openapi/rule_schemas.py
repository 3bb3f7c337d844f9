"""JSON Schemas of the operator's routes for the rules."""

from __future__ import annotations

from chalicelib.policy.validate import MAX_ERRORS
from chalicelib.web import policy_routes
from chalicelib.web.openapi.door_schemas import BASE64
from chalicelib.web.openapi.schemas import AUTHOR, BOOL, Schema, maybe, named, record, several, text, whole
from chalicelib.web.request_fields import PRINTABLE

_DOCUMENT: Schema = {"type": "object", "description": "the whole rule document; see docs/rules.md"}
_COMMENT = text(policy_routes.COMMENT_CHARS, pattern=f"^{PRINTABLE.pattern}$", description="why")
_CHANGED_RULES = {
    "version": whole(minimum=0),
    "author": text(),
    "comment": text(),
    "created_at": text(description="ISO 8601; empty for version 0, the time before the first change"),
    "restores": maybe(whole(minimum=1, description="the version that a rollback went back to")),
}
RULES = record({"status": named("ok"), **_CHANGED_RULES, "document": _DOCUMENT})
RULE_VERSIONS = record({"status": named("ok"), "versions": several(record(_CHANGED_RULES), policy_routes.MOST)})
RULES_CHANGE = record(
    {"document": _DOCUMENT, "author": AUTHOR, "base_version": whole(minimum=0, maximum=2**31 - 1)},
    {"comment": _COMMENT, "dry_run": BOOL},
)
RULES_ROLLBACK = record(
    {"version": whole(minimum=0, maximum=2**31 - 1), "author": AUTHOR}, {"comment": _COMMENT, "dry_run": BOOL}
)
RULES_CHANGED = record(
    {
        "status": named("ok"),
        "version": whole(minimum=1),
        "changes": several(text(), description="what was added, removed, changed or moved, by name"),
        "diff": text(description="unified diff of the pretty documents"),
    },
    {"dry_run": {"const": True}},
)
RULE_ERRORS = several(
    record({"path": text(description="such as rules[2].when.all[0].matches"), "message": text()}), MAX_ERRORS
)
RULES_TRIAL = record(
    {"raw": text(policy_routes.MAX_RAW, pattern=BASE64, description="base64 or base64url of the RFC 822 bytes")},
    {
        "account": text(64),
        "labels": several(text(policy_routes.LABEL_CHARS), policy_routes.LABELS),
        "at": text(description="ISO 8601 with its offset: as if it were then; now when it is not there"),
        "document": _DOCUMENT,
    },
)
DECISION = record(
    {
        "status": named("ok"),
        "version": whole(minimum=0),
        "decision": record(
            {
                "verdict": named("accept", "hold", "exclude", "refuse"),
                **dict.fromkeys(("reason", "rule", "retry_at", "hold_until", "topic", "priority", "category"), text()),
                **dict.fromkeys(("rules", "webhooks"), several(text())),
                "offload": BOOL,
                "matches": several(record({"rule": text(), "matched": BOOL, "why": text()})),
            }
        ),
    }
)
