"""What the Gmail endpoints take and answer."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from chalicelib.intake.arrival import Status
from chalicelib.sources.gmail_push.push import UPLOAD_ID
from chalicelib.web.models import BASE64, Model, whole
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi.route import UNAUTHORIZED, Access, Route, Schema

MAX_BATCH = 50

Text64 = Annotated[str, Meta(max_length=64)]
Text1000 = Annotated[str, Meta(max_length=1_000)]
Body = Annotated[str, Meta(max_length=4_000_000)]
Addresses = Annotated[list[str], Meta(max_length=500)]
Attachments = Annotated[
    list[dict[str, Any]], Meta(max_length=200, description="name, type and size of each; never their content")
]

_ABSENT: Schema = {"enum": ["", None]}
_YEAR, _LEAP = "(?:19[7-9][0-9]|20[0-9]{2})", "(?:19(?:7[26]|8[048]|9[26])|20(?:[02468][048]|[13579][26]))-02-29"
_MONTH_DAY = (
    "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"  # any year
)
_TIME = "T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{3})?Z"
_ARRIVED: Schema = {
    "anyOf": [s.text(pattern=f"^(?:{_YEAR}-{_MONTH_DAY}|{_LEAP}){_TIME}$"), _ABSENT],
    "description": "when the mailbox got the mail, for one without a date of its own (else the time of receipt); "
    "other ISO 8601 and RFC 5322 of 1970 to 2100 are read too",
}


class Push(Model, frozen=True):
    """One mail: `upload` (the id of one that was put into the spool), `raw` (base64 or base64url of the RFC 822 bytes)
    or at least `sender` and `body`. `upload` wins over `raw`, and `raw` over the fields. Unknown fields are ignored
    and not kept.
    """

    sender: Annotated[str, Meta(max_length=2_000)] | None = None
    body: Body | None = None
    subject: Annotated[str, Meta(max_length=10_000)] | None = None
    date: Annotated[str, Meta(max_length=200)] | None = None
    id: Text64 | None = None
    thread_id: Text64 | None = None
    message_id: Text1000 | None = None
    body_html: Body | None = None
    raw: Annotated[str, Meta(max_length=6_000_000)] | None = None
    account: Text64 | None = None
    upload: Text64 | None = None
    to: str | Addresses | None = None
    cc: str | Addresses | None = None
    labels: Annotated[list[str], Meta(max_length=200)] | None = None
    attachments: Attachments | None = None
    headers: Annotated[dict[str, str | list[str]], Meta(max_length=500)] | None = None

    ALSO: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {
                "required": ["upload"],
                "properties": {"upload": s.text(pattern=whole(UPLOAD_ID.pattern)), "date": _ARRIVED},
            },
            {
                "required": ["raw"],
                "properties": {"raw": s.text(pattern=BASE64), "upload": _ABSENT, "date": _ARRIVED},
            },
            {
                "required": ["sender", "body"],
                "properties": {
                    "sender": s.text(pattern=r"\S"),
                    "body": s.text(),
                    "raw": _ABSENT,
                    "upload": _ABSENT,
                },
            },
        ]
    }


class UploadWanted(Model, frozen=True):
    """An address for one raw mail."""

    size: Annotated[int, Meta(ge=1, description="bytes; the upload must then have exactly so many")] | None = None
    account: Text64 | None = None


PUSHED_MAIL = s.of_model(Push)
_ONE = {"not": {"required": ["messages"]}}
_IN_BATCH: Schema = {"anyOf": [PUSHED_MAIL, {"description": "anything else gets a verdict of its own"}]}
PUSH: Schema = {
    "anyOf": [
        PUSHED_MAIL | _ONE,
        s.record({"heartbeat": {"const": True}}, closed=False) | _ONE,
        s.record({"messages": s.several(_IN_BATCH, MAX_BATCH, minItems=1)}, closed=False),
    ]
}
UPLOAD: Schema = s.record(
    {
        "id": s.text(32, pattern=whole(UPLOAD_ID.pattern), description="what a push names it by"),
        "url": s.text(),
        "method": s.named("PUT"),
        "headers": {"type": "object", "additionalProperties": s.text()},
        "expires_at": s.WHEN,
        "max_bytes": s.whole(minimum=1),
    }
)
MAIL_VERDICTS = (*(str(status) for status in Status), "missing_field", "invalid_field", "too_large")
"""What a batch may say of one of its mails."""
BATCH = s.record(
    {
        "status": s.named("batch"),
        "verdicts": s.several({"anyOf": [s.verdict(name) for name in MAIL_VERDICTS]}, MAX_BATCH, minItems=1),
    }
)

_SIGNED = ("GmailSignature", "GmailTimestamp")
GMAIL = Access(
    "gmail",
    (*UNAUTHORIZED, "invalid_json", "missing_field", "invalid_field", "gmail_ingress_disabled", "too_large"),
    {
        "GmailToken": {"type": "http", "scheme": "bearer", "description": "a token of the Gmail endpoint"},
        "GmailSignature": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Mailroom-Signature",
            "description": '`v2=` and the hex HMAC-SHA256 of "timestamp.POST.path.body" over the raw bytes',
        },
        "GmailTimestamp": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Mailroom-Timestamp",
            "description": "seconds since 1970, at most 5 minutes off",
        },
    },
    (_SIGNED, ("GmailToken",), (*_SIGNED, "GmailToken")),
)
"""`MAILROOM_GMAIL_AUTH` says which of the alternatives are taken."""

ROUTES = (
    Route(
        *("POST", "/api/ingress/gmail", GMAIL),
        f'Push one mail, or a batch of at most {MAX_BATCH} as `{{"messages": [...]}}`; at most 5 MiB in all. A batch '
        "answers 200 with one verdict a mail, in order. `accepted` means durable: sealed and queued. `skipped_*` and "
        "`stopped_*` are kept as excluded. `too_large` offers an upload: PUT the RFC 822 bytes to its `url` with its "
        "`headers`, then push `upload` (its `id`).",
        (*(str(status) for status in Status), "alive"),
        {200: BATCH},
        PUSH,
        details={"too_large": ({}, {"upload": UPLOAD})},
    ),
    Route(
        *("POST", "/api/ingress/gmail/uploads", GMAIL),
        "An address for a raw mail that no push could carry, good for a quarter of an hour.",
        ("upload_offered",),
        body=UploadWanted,
        details={"upload_offered": ({"upload": UPLOAD}, {})},
    ),
)
