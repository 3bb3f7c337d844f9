"""JSON Schemas of what goes in and out, with the very limits that the doors check (JSON Schema 2020-12)."""

from __future__ import annotations

from typing import Any

from chalicelib.core.mail_ids import MAIL_ID as MAIL_ID_FORM
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.intake.arrival import REASONS
from chalicelib.operations.dead_letters import REASON
from chalicelib.policy.flags import DEFAULTS
from chalicelib.web import dead_letter_routes, exclusion_routes
from chalicelib.web.request_fields import AUTHOR as AUTHOR_FORM
from chalicelib.web.request_fields import AUTHOR_CHARS

Schema = dict[str, Any]


def text(longest: int | None = None, **more: Any) -> Schema:
    """A string of at most so many characters."""
    return {"type": "string"} | ({"maxLength": longest} if longest else {}) | more


def whole(**more: Any) -> Schema:
    """A whole number."""
    return {"type": "integer", **more}


def several(items: Schema, longest: int | None = None, **more: Any) -> Schema:
    """A list of at most so many items."""
    return {"type": "array", "items": items} | ({"maxItems": longest} if longest else {}) | more


def maybe(schema: Schema) -> Schema:
    """The same or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def record(required: dict[str, Schema], optional: dict[str, Schema] | None = None, *, closed: bool = True) -> Schema:
    """An object; `closed` allows no other field."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        **({"additionalProperties": False} if closed else {}),
    }


def named(*values: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(values)}


BOOL: Schema = {"type": "boolean"}
CODE = text(description="a code; never text of a mail")
MAIL_ID = text(36, pattern=f"^{MAIL_ID_FORM.pattern}$", description="the mail's deterministic id (UUIDv5)")
AUTHOR = text(AUTHOR_CHARS, pattern=f"^{AUTHOR_FORM.pattern}$", description="who does it: recorded, not only spaces")
STAGE = named(*STAGE_NAMES)
WHEN = text(description="ISO 8601")

FLAG_CHANGE = record({"value": BOOL, "author": AUTHOR})
FLAG_CHANGED = record({"status": named("ok"), "flag": named(*DEFAULTS), "value": BOOL})

_CHOSEN = several(MAIL_ID, dead_letter_routes.CHOSEN, minItems=1)
_WHO = {"author": AUTHOR}
REDRIVE: Schema = {
    "anyOf": [
        record(_WHO | {"mail_ids": _CHOSEN}, {"dry_run": BOOL, "all": {"const": False}}),
        record(_WHO | {"all": {"const": True}}, {"stage": STAGE, "dry_run": BOOL}),
    ]
}
MOVING: Schema = {
    "anyOf": [
        record({"status": named("moving"), "stage": STAGE}),
        record({"status": named("moving"), "stages": several(STAGE, len(STAGE_NAMES), minItems=1)}),
    ]
}
DISCARD = record(
    _WHO | {"mail_ids": _CHOSEN, "reason": text(60, pattern=f"^{REASON.pattern}$")},
    {"dry_run": BOOL},
)

_LETTER = {
    "stage": STAGE,
    "mail_id": {"anyOf": [MAIL_ID, {"const": ""}]},
    "letter_id": text(),
    "account": text(64),
    "reason": CODE,
    "error": CODE,
    "attempts": whole(minimum=0),
    "first_at": WHEN,
    "last_at": text(),
}
LETTER = record(_LETTER)
LETTER_SHOWN: Schema = record(
    _LETTER,
    {
        **{name: text() for name in ("received_at", "source", "trace_id", "note_of", "exclusion", "rule")},
        **{name: text() for name in ("subject", "sender", "language", "text", "text_key")},
        **{name: several(text()) for name in ("recipients", "attachments", "traits", "defects")},
        **dict.fromkeys(("category", "urgency", "classifier"), CODE),
    },
) | {"description": "A letter with what is anonymized in it; the original is never shown."}
LETTERS = record(
    {
        "status": named("ok"),
        "letters": several(LETTER, dead_letter_routes.MOST * len(STAGE_NAMES)),
        "complete": BOOL,
    },
    {"dry_run": BOOL},
)
LETTERS_SHOWN = record({"status": named("ok"), "letters": several(LETTER_SHOWN, dead_letter_routes.SHOWN)})


RECONSIDERED_MOST = 200
_CONDITIONS = {
    name: text(longest, minLength=1) for name, longest in exclusion_routes.CONDITIONS.items() if name != "reason"
} | {"reason": named(*REASONS)}
RECONSIDER: Schema = {
    "anyOf": [
        record(
            {"author": AUTHOR},
            _CONDITIONS | {"all": {"const": False}, "dry_run": BOOL, "after": {"anyOf": [MAIL_ID, {"const": ""}]}},
        )
        | {"anyOf": [{"required": [name]} for name in _CONDITIONS]},
        record(
            {"author": AUTHOR, "all": {"const": True}},
            {"dry_run": BOOL, "after": {"anyOf": [MAIL_ID, {"const": ""}]}},
        ),
    ]
}
_MAILS = several(MAIL_ID, RECONSIDERED_MOST)
RECONSIDERED = record(
    {
        "status": named("ok", "partial"),
        "found": whole(minimum=0),
        **dict.fromkeys(("requeued", "forgotten", "failed"), _MAILS),
        "allowed_now": whole(minimum=0),
    },
    {"next": MAIL_ID, "dry_run": {"const": True}},
)


def outcome(what: str) -> Schema:
    """What became of chosen letters; `what` is `redriven` or `discarded`."""
    failed = record(_LETTER | {"code": CODE})
    return record(
        {
            "status": named("ok", "partial"),
            what: several(LETTER),
            "failed": several(failed),
            "written_off": several(MAIL_ID),
            "unknown": several(MAIL_ID),
            "complete": BOOL,
        },
        {"dry_run": {"const": True}},
    )
