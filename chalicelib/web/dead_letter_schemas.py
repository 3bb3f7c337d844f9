"""What `dead_letter_routes` take and answer."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from chalicelib.core.stages import STAGE_NAMES
from chalicelib.operations.dead_letters import REASON
from chalicelib.web.dead_letter_routes import SHOWN
from chalicelib.web.models import Author, ClosedModel, MailId, Model, Stage, whole
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi.route import ADMIN, Details, Route, Schema
from chalicelib.web.request_fields import Refused

LISTED, MOST = 100, 1_000
CHOSEN = 100

Chosen = Annotated[tuple[MailId, ...], Meta(min_length=1, max_length=CHOSEN)]
Reason = Annotated[str, Meta(max_length=60, pattern=whole(REASON.pattern), description="a code such as `spam`")]


class Listing(Model, frozen=True):
    """Which failed messages, and how many of each stage."""

    stage: Stage = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="messages of each stage")] = LISTED


class Redrive(ClosedModel, frozen=True):
    """Either the mails of `mail_ids`, or `all` of one stage or of every stage."""

    author: Author
    mail_ids: Chosen = ()
    all: bool = False
    stage: Stage = ""
    dry_run: bool = False

    ALSO: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {"required": ["mail_ids"], "properties": {"all": {"const": False}, "stage": False}},
            {"required": ["all"], "properties": {"all": {"const": True}, "mail_ids": False}},
        ]
    }

    def check(self) -> None:
        if self.all == bool(self.mail_ids):
            raise Refused("invalid_field", "mail_ids")
        if self.stage and not self.all:
            raise Refused("invalid_field", "stage")


class Discard(ClosedModel, frozen=True):
    """Give mails up for a reason."""

    author: Author
    mail_ids: Chosen
    reason: Reason
    dry_run: bool = False


_FAILED_MESSAGE = {
    "stage": s.STAGE,
    "mail_id": {"anyOf": [s.MAIL_ID, {"const": ""}]},
    "message_id": s.text(),
    "account": s.text(64),
    "reason": s.CODE,
    "error": s.CODE,
    "attempts": s.whole(minimum=0),
    "first_at": s.WHEN,
    "last_at": s.text(),
}
FAILED_MESSAGE = s.record(_FAILED_MESSAGE)
FAILED_MESSAGE_SHOWN: Schema = s.record(
    _FAILED_MESSAGE,
    {
        **{name: s.text() for name in ("received_at", "source", "trace_id", "note_of", "exclusion", "rule")},
        **{name: s.text() for name in ("subject", "sender", "language", "text", "text_key")},
        **{name: s.several(s.text()) for name in ("recipients", "attachments", "traits", "defects")},
        **dict.fromkeys(("category", "urgency", "classifier"), s.CODE),
    },
) | {"description": "A failed message with what is anonymized in it; the original is never shown."}
FAILED_MESSAGES = s.record(
    {"status": s.named("ok"), "messages": s.several(FAILED_MESSAGE, MOST * len(STAGE_NAMES)), "complete": s.BOOL},
    {"dry_run": s.BOOL},
)
FAILED_SHOWN = s.record({"status": s.named("ok"), "messages": s.several(FAILED_MESSAGE_SHOWN, SHOWN)})
MOVING: Schema = {
    "anyOf": [
        s.record({"status": s.named("moving"), "stage": s.STAGE}),
        s.record({"status": s.named("moving"), "stages": s.several(s.STAGE, len(STAGE_NAMES), minItems=1)}),
    ]
}


def outcome(what: str) -> Schema:
    """What became of chosen messages; `what` is `redriven` or `discarded`."""
    return s.record(
        {
            "status": s.named("ok", "partial"),
            what: s.several(FAILED_MESSAGE),
            "failed": s.several(s.record(_FAILED_MESSAGE | {"code": s.CODE})),
            "written_off": s.several(s.MAIL_ID),
            "unknown": s.several(s.MAIL_ID),
            "complete": s.BOOL,
        },
        {"dry_run": {"const": True}},
    )


_UNKNOWN: dict[str, Details] = {"unknown_message": ({}, {"unknown": s.several(s.MAIL_ID), "complete": s.BOOL})}
ROUTES = (
    Route(
        *("GET", "/admin/dlq", ADMIN),
        "The failed messages, ids and codes only.",
        results={200: FAILED_MESSAGES},
        query=Listing,
    ),
    Route(
        *("GET", "/admin/dlq/{mail_id}", ADMIN),
        "The failed messages of one mail, with the anonymized text where there is one already.",
        ("invalid_field", "unknown_message"),
        {200: FAILED_SHOWN},
        details=_UNKNOWN,
    ),
    Route(
        *("POST", "/admin/dlq/redrive", ADMIN),
        f"Requeue failed messages: at most {CHOSEN} by id, or all by the queues' own moves, of one `stage` or of each; "
        "`stages` leaves out those where a move is in progress.",
        ("unknown_message", "move_refused", "move_unsupported"),
        {200: {"anyOf": [outcome("redriven"), FAILED_MESSAGES]}, 202: MOVING},
        Redrive,
    ),
    Route(
        *("POST", "/admin/dlq/discard", ADMIN),
        f"Give up at most {CHOSEN} messages for a reason, a code such as `spam`.",
        ("unknown_message",),
        {200: outcome("discarded")},
        Discard,
    ),
)
