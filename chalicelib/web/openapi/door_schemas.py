"""The shapes of what the doors take: a push, an upload's offer, a webhook of EmailEngine."""

from __future__ import annotations

from chalicelib.sources.emailengine import webhook_event
from chalicelib.sources.gmail_push import push
from chalicelib.web.openapi.schemas import WHEN, Schema, maybe, named, record, several, text, whole

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

_REFERENCE = {name: text(longest) for name, longest in webhook_event.TEXT_LIMITS.items()}
_NEW_MAIL = record(
    {"id": text(webhook_event.TEXT_LIMITS["id"], minLength=1)},
    {name: maybe(_REFERENCE[name]) for name in webhook_event.TEXT_LIMITS if name != "id"},
    closed=False,
)
WEBHOOK: Schema = record({"account": text(256), "event": text(256)}, {"path": {}, "specialUse": {}}, closed=False) | {
    "description": "A webhook of EmailEngine 2.79. `account` is the one in the path; other fields are ignored.",
    "anyOf": [
        {"properties": {"event": {"const": "messageNew"}, "data": _NEW_MAIL}, "required": ["data"]},
        {"properties": {"event": {"not": {"const": "messageNew"}}, "data": maybe({"type": "object"})}},
    ],
}
