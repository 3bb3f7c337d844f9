"""The table of routes: who may call each, what it takes, and every answer it has. A new route gets its row here."""

from __future__ import annotations

from chalicelib.intake.intake import Status
from chalicelib.policy.flags import DEFAULTS
from chalicelib.sources.emailengine import webhook_event
from chalicelib.web import dead_letter_routes, policy_routes
from chalicelib.web.openapi import door_schemas as d
from chalicelib.web.openapi import pages
from chalicelib.web.openapi import rule_schemas as r
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi import status_schemas as status
from chalicelib.web.openapi.route import ADMIN, EMAILENGINE, GMAIL, OPEN, Route
from chalicelib.web.openapi.schemas import Schema

DETAILS: dict[str, tuple[dict[str, Schema], dict[str, Schema]]] = {
    **dict.fromkeys(
        (
            *("accepted", "accepted_held", "skipped_sender_not_allowed"),
            *("skipped_outside_time_window", "stopped_by_routing_rule"),
        ),
        ({"mail_id": s.MAIL_ID}, {"id": s.text(64)}),
    ),
    **dict.fromkeys(
        ("outside_time_window", "rate_limited"),
        ({"retry_after": d.WAIT}, {"mail_id": s.MAIL_ID, "id": s.text(64)}),
    ),
    "upload_offered": ({"upload": d.UPLOAD}, {}),
    "already_processed": ({}, {"mail_id": s.MAIL_ID, "id": s.text(64)}),
    "try_again": ({}, {"mail_id": s.MAIL_ID, "id": s.text(64), "retry_after": d.WAIT}),
    "missing_field": ({"field": s.text()}, {"id": s.text(64)}),
    "invalid_field": ({"field": s.text()}, {"id": s.text(64), "known": s.several(s.text())}),
    "too_large": ({}, {"limit": s.whole(), "field": s.text(), "id": s.text(64), "upload": d.UPLOAD}),
    "internal_error": ({"correlation_id": s.text(36)}, {}),
    "invalid_rules": ({"errors": r.RULE_ERRORS}, {}),
    "version_conflict": ({"version": s.whole(minimum=0)}, {}),
    "unknown_letter": ({}, {"unknown": s.several(s.MAIL_ID), "complete": s.BOOL}),
}
"""Verdict → its (required, optional) fields beside `status`; a verdict that is not here has none."""

PATH: dict[str, Schema] = {
    "account_id": s.text(64, minLength=1, description="an account that MAILROOM_ACCOUNTS names"),
    "mail_id": s.MAIL_ID,
    "name": s.named(*DEFAULTS),
    "number": s.whole(minimum=0, maximum=999_999_999),
}
"""Parameters in a path; their meaning is the same everywhere."""

_REFERENCED = ("accepted", "already_processed", "rate_limited", "try_again")
"""What can be said of a mail that the door has only a reference to: the rules decide later."""
_STRANGER = ("unauthorized", "rate_limited")
"""To whom the credential does not let in; the second after too many tries."""
_WRONG = ("invalid_json", "missing_field", "invalid_field", *_STRANGER)
_IN = (*(str(status) for status in Status), *_WRONG)
_BATCH = s.record(
    {
        "status": s.named("batch"),
        "verdicts": s.several({"$ref": "#/components/schemas/MailVerdict"}, 50, minItems=1),
    }
)
MAIL_VERDICTS = (*(str(status) for status in Status), "missing_field", "invalid_field", "too_large")
"""What the Gmail door may say of one mail of a batch."""

ROUTES = (
    Route(
        *("POST", "/api/ingress/gmail", GMAIL),
        'Push one mail, or a batch of at most 50 as `{"messages": [...]}`; at most 5 MiB in all. A batch answers '
        "200 with one verdict a mail, in order. `accepted` means durable: sealed and queued. `skipped_*` and "
        "`stopped_*` are kept as excluded. `too_large` offers an upload: PUT the RFC 822 bytes to its `url` with its "
        "`headers`, then push `upload` (its `id`).",
        (*_IN, "gmail_ingress_disabled", "too_large", "alive"),
        {200: _BATCH},
        d.PUSH,
    ),
    Route(
        *("POST", "/api/ingress/gmail/uploads", GMAIL),
        "An address for a raw mail that no push could carry, good for a quarter of an hour.",
        ("upload_offered", *_WRONG, "gmail_ingress_disabled", "too_large"),
        body=d.UPLOAD_WANTED,
    ),
    Route(
        *("POST", "/api/v1/webhooks/emailengine/{account_id}", EMAILENGINE),
        f"A webhook of EmailEngine, at most {webhook_event.MAX_BODY // 1024} KiB. `messageNew` enters; every other "
        "event is acknowledged. A repeat of an event is known by `X-EE-Wh-Event-Id`.",
        (*_REFERENCED, *_WRONG, "unknown_account", "too_large", "emailengine_ingress_disabled"),
        {200: s.record({"status": s.named("acknowledged", "skipped_folder")})},
        d.WEBHOOK,
        headers={"X-EE-Wh-Event-Id": "stable across the repeats of one event"},
    ),
    Route("GET", "/health", OPEN, "Liveness: touches nothing.", results={200: s.record({"status": s.named("ok")})}),
    Route(
        *("GET", "/ready", OPEN),
        "Readiness: each part with its latency; 503 when a part that accepting needs is away.",
        results={200: status.READINESS, 503: status.READINESS},
    ),
    Route(
        *("GET", "/openapi.json", OPEN),
        "This document. Send its `ETag` back as `If-None-Match` and it is not sent again.",
        results={200: {"type": "object"}, 304: {}},
        headers={"If-None-Match": "the ETag of an earlier answer"},
    ),
    Route(
        *("GET", "/status", ADMIN),
        "Queue depths and ages, ledger counts, flags.",
        _STRANGER,
        {200: status.STATUS_REPORT},
    ),
    Route(
        *("PUT", "/admin/flags/{name}", ADMIN),
        "Switch a runtime flag; the change is recorded with its author.",
        (*_STRANGER, "invalid_json", "invalid_field"),
        {200: s.FLAG_CHANGED},
        s.FLAG_CHANGE,
    ),
    Route(
        *("GET", "/admin/dlq", ADMIN),
        "The dead letters, ids and codes only.",
        (*_STRANGER, "invalid_field"),
        {200: s.LETTERS},
        query={
            "stage": s.STAGE,
            "limit": s.whole(
                minimum=1,
                maximum=dead_letter_routes.MOST,
                default=dead_letter_routes.LISTED,
                description="letters of each stage",
            ),
        },
    ),
    Route(
        *("GET", "/admin/dlq/{mail_id}", ADMIN),
        "The letters of one mail, with the anonymized text where there is one already.",
        (*_STRANGER, "invalid_field", "unknown_letter"),
        {200: s.LETTERS_SHOWN},
    ),
    Route(
        *("POST", "/admin/reconsider", ADMIN),
        f"Have mail that the rules keep out decided anew, {s.RECONSIDERED_MOST} at most a call: send `next` as `after` "
        "for the others. At least one condition, or `all`. `allowed_now` counts those whose sender may send now.",
        (*_STRANGER, "invalid_json", "invalid_field"),
        {200: s.RECONSIDERED},
        s.RECONSIDER,
    ),
    Route(
        *("POST", "/admin/dlq/redrive", ADMIN),
        f"Send letters on their way again: at most {dead_letter_routes.CHOSEN} by id, or all by the queues' own "
        "moves, of one `stage` or of every one; `stages` leaves out those where a move is under way.",
        (*_STRANGER, "invalid_json", "invalid_field", "unknown_letter", "move_refused", "move_unsupported"),
        {
            200: {"anyOf": [s.outcome("redriven"), s.LETTERS]},
            202: s.MOVING,
        },
        s.REDRIVE,
    ),
    Route(
        *("POST", "/admin/dlq/discard", ADMIN),
        f"Give up at most {dead_letter_routes.CHOSEN} letters for a reason, a code such as `spam`.",
        (*_STRANGER, "invalid_json", "invalid_field", "unknown_letter"),
        {200: s.outcome("discarded")},
        s.DISCARD,
    ),
    Route(
        *("GET", "/admin/rules", ADMIN),
        "The rules in force; version 0 while none were ever saved.",
        _STRANGER,
        {200: r.RULES},
    ),
    Route(
        *("PUT", "/admin/rules", ADMIN),
        f"Change the rules: the whole document, at most {policy_routes.MAX_BODY // 1024} KiB, and the version that "
        "it was made from. The answer says what changed. `version_conflict` names the version in force instead.",
        (*_STRANGER, "invalid_json", "invalid_field", "invalid_rules", "version_conflict", "too_large"),
        {200: r.RULES_CHANGED},
        r.RULES_CHANGE,
    ),
    Route(
        *("GET", "/admin/rules/versions", ADMIN),
        "Who changed the rules when and why, newest first.",
        (*_STRANGER, "invalid_field"),
        {200: r.RULE_VERSIONS},
        query={"limit": s.whole(minimum=1, maximum=policy_routes.MOST, default=policy_routes.LISTED)},
    ),
    Route(
        *("GET", "/admin/rules/versions/{number}", ADMIN),
        "One version of the rules.",
        (*_STRANGER, "invalid_field", "unknown_rules"),
        {200: r.RULES},
    ),
    Route(
        *("POST", "/admin/rules/rollback", ADMIN),
        "Make a new version with the document of an old one; 0 is the time before the first.",
        (*_STRANGER, "invalid_json", "invalid_field", "invalid_rules", "unknown_rules", "version_conflict"),
        {200: r.RULES_CHANGED},
        r.RULES_ROLLBACK,
    ),
    Route(
        *("POST", "/admin/rules/test", ADMIN),
        "What the rules in force (or a document sent along) say of a mail, and why. Without any effect.",
        (*_STRANGER, "invalid_json", "invalid_field", "invalid_rules"),
        {200: r.DECISION},
        r.RULES_TRIAL,
    ),
    *pages.ROUTES,
)
