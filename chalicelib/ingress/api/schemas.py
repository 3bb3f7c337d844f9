"""JSON Schemas of what goes in and out, with the very limits that the doors check (JSON Schema 2020-12)."""

from __future__ import annotations

from typing import Any

from chalicelib.ingress import dlq, excluded, push, webhook
from chalicelib.ingress.arrival import REASONS
from chalicelib.ingress.orders import AUTHOR as AUTHOR_FORM
from chalicelib.ingress.orders import AUTHOR_CHARS
from chalicelib.mail.identity import MAIL_ID as MAIL_ID_FORM
from chalicelib.pipeline.dead_letters import REASON
from chalicelib.rules.flags import DEFAULTS

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
STAGE = named(*dlq.STAGE_NAMES)
WHEN = text(description="ISO 8601")

_STATED = {name: maybe(text(longest)) for name, longest in push.TEXT_FIELDS.items()}
_ADDRESSES = {
    name: {"anyOf": [text(), several(text(), push.LIST_FIELDS[name]), {"type": "null"}]} for name in ("to", "cc")
}
_HEADER = {"anyOf": [text(), several(text())]}

WAIT = whole(minimum=1, maximum=3600, description="seconds; also in `Retry-After`")
UPLOAD: Schema = record(
    {
        "id": text(32, pattern="^[0-9a-f]{32}$", description="what a push names it by"),
        "url": text(),
        "method": named("PUT"),
        "headers": {"type": "object", "additionalProperties": text()},
        "expires_at": WHEN,
        "max_bytes": whole(minimum=1),
    }
)
UPLOAD_WANTED: Schema = record(
    {},
    {
        "size": maybe(whole(minimum=1, description="bytes; the upload must then have exactly so many")),
        "account": maybe(text(64)),
    },
    closed=False,
)

_SIX_BITS, _SPACE = "(?:[A-Za-z0-9+/_-][\\r\\n\\t ]*)", "[\\r\\n\\t ]*"
BASE64 = f"^{_SPACE}(?:{_SIX_BITS}{{4}})*{_SIX_BITS}{{2,4}}(?:={_SPACE})*$"
"""What `push` decodes: base64 or base64url, padded or not, on one line or many."""

_YEAR, _LEAP = "(?:19[7-9][0-9]|20[0-9]{2})", "(?:19(?:7[26]|8[048]|9[26])|20(?:[02468][048]|[13579][26]))-02-29"
_MONTH_DAY = (
    "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"  # any year
)
_TIME = "T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{3})?Z"
_ARRIVED: Schema = {
    "anyOf": [text(pattern=f"^(?:{_YEAR}-{_MONTH_DAY}|{_LEAP}){_TIME}$"), {"enum": ["", None]}],
    "description": "when the mailbox got the mail, for one without a date of its own (else the time of receipt); "
    "other ISO 8601 and RFC 5322 of 1970 to 2100 are read too",
}

PUSHED_MAIL: Schema = record(
    {},
    {
        **_STATED,
        **_ADDRESSES,
        "labels": maybe(several(text(), push.LIST_FIELDS["labels"])),
        "attachments": maybe(
            several(
                record({}, {"name": {}, "type": {}, "size": {}}, closed=False),
                push.LIST_FIELDS["attachments"],
                description="name, type and size of each; never their content",
            )
        ),
        "headers": maybe({"type": "object", "maxProperties": push.MAX_HEADERS, "additionalProperties": _HEADER}),
    },
    closed=False,
) | {
    "description": "One mail: `upload` (the id of one that was put into the spool), `raw` (base64 or base64url of the "
    "RFC 822 bytes) or at least `sender` and `body`. `upload` wins over `raw`, and that over the fields. "
    "Unknown fields are ignored and not kept.",
    "anyOf": [
        {
            "required": ["upload"],
            "properties": {"upload": {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "date": _ARRIVED},
        },
        {
            "required": ["raw"],
            "properties": {
                "raw": {"type": "string", "pattern": BASE64},
                "upload": {"enum": ["", None]},
                "date": _ARRIVED,
            },
        },
        {
            "required": ["sender", "body"],
            "properties": {
                "sender": {"type": "string", "pattern": r"\S"},
                "body": {"type": "string"},
                "raw": {"enum": ["", None]},
                "upload": {"enum": ["", None]},
            },
        },
    ],
}
_IN_BATCH: Schema = {"anyOf": [PUSHED_MAIL, {"description": "anything else gets a verdict of its own"}]}
PUSH: Schema = {
    "anyOf": [
        PUSHED_MAIL | {"not": {"required": ["messages"]}},
        record({"heartbeat": {"const": True}}, closed=False) | {"not": {"required": ["messages"]}},
        record({"messages": several(_IN_BATCH, 50, minItems=1)}, closed=False),
    ]
}

_REFERENCE = {name: text(longest) for name, longest in webhook.TEXT_LIMITS.items()}
_NEW_MAIL = record(
    {"id": text(webhook.TEXT_LIMITS["id"], minLength=1)},
    {name: maybe(_REFERENCE[name]) for name in webhook.TEXT_LIMITS if name != "id"},
    closed=False,
)
WEBHOOK: Schema = record({"account": text(256), "event": text(256)}, {"path": {}, "specialUse": {}}, closed=False) | {
    "description": "A webhook of EmailEngine 2.79. `account` is the one in the path; other fields are ignored.",
    "anyOf": [
        {"properties": {"event": {"const": "messageNew"}, "data": _NEW_MAIL}, "required": ["data"]},
        {"properties": {"event": {"not": {"const": "messageNew"}}, "data": maybe({"type": "object"})}},
    ],
}

FLAG_CHANGE = record({"value": BOOL, "author": AUTHOR})
FLAG_CHANGED = record({"status": named("ok"), "flag": named(*DEFAULTS), "value": BOOL})

_CHOSEN = several(MAIL_ID, dlq.CHOSEN, minItems=1)
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
        record({"status": named("moving"), "stages": several(STAGE, len(dlq.STAGE_NAMES), minItems=1)}),
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
    {"status": named("ok"), "letters": several(LETTER, dlq.MOST * len(dlq.STAGE_NAMES)), "complete": BOOL},
    {"dry_run": BOOL},
)
LETTERS_SHOWN = record({"status": named("ok"), "letters": several(LETTER_SHOWN, dlq.SHOWN)})


RECONSIDERED_MOST = 200
_CONDITIONS = {
    name: text(longest, minLength=1) for name, longest in excluded.CONDITIONS.items() if name != "reason"
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
