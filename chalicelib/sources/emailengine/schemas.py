"""What the EmailEngine endpoint takes and answers."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from chalicelib.sources.emailengine.webhook_event import MAX_BODY
from chalicelib.web.models import Model
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi.route import UNAUTHORIZED, Access, Route

Text256 = Annotated[str, Meta(max_length=256)]


class NewMail(Model, frozen=True):
    """What is checked of the `data` of a `messageNew`; null and an empty text count as absent.

    Of `size`, `subject` and `from` an odd value counts as absent. What a sender writes has no limit here: it may not
    keep a mail out.
    """

    id: Annotated[str, Meta(min_length=1, max_length=256)]
    emailId: str | None = None
    messageId: str | None = None
    path: str | None = None
    date: str | None = None


class Webhook(Model, frozen=True):
    """A webhook of EmailEngine (2.58 to 2.79). `account` is the one in the path; other fields are ignored."""

    account: Text256
    event: Text256
    path: Any = ""
    specialUse: Any = ""
    data: dict[str, Any] | None = None

    ALSO: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {"properties": {"event": {"const": "messageNew"}, "data": s.of_model(NewMail)}, "required": ["data"]},
            {"properties": {"event": {"not": {"const": "messageNew"}}}},
        ],
    }


EMAILENGINE = Access(
    "emailengine",
    UNAUTHORIZED,
    {
        "EmailEngineSignature": {
            "type": "apiKey",
            "in": "header",
            "name": "X-EE-Wh-Signature",
            "description": "HMAC-SHA256 of the raw body, base64url without padding",
        },
        "EmailEngineToken": {"type": "http", "scheme": "bearer", "description": "where a second factor is configured"},
    },
    (("EmailEngineSignature",), ("EmailEngineSignature", "EmailEngineToken")),
)

ROUTES = (
    Route(
        *("POST", "/api/v1/webhooks/emailengine/{account_id}", EMAILENGINE),
        f"A webhook of EmailEngine, at most {MAX_BODY // 1024} KiB. `messageNew` enters; every other "
        "event is acknowledged. A repeat of an event is known by `X-EE-Wh-Event-Id`.",
        # The rules decide later: all that the endpoint has is a reference to the mail.
        (
            *("accepted", "already_processed", "empty_body", "missing_field", "invalid_field"),
            *("unknown_account", "too_large", "emailengine_ingress_disabled"),
        ),
        {200: s.record({"status": s.named("acknowledged", "skipped_folder")})},
        Webhook,
        headers={"X-EE-Wh-Event-Id": "stable across the repeats of one event"},
        parameters={"account_id": s.text(64, minLength=1, description="an account that MAILROOM_ACCOUNTS names")},
    ),
)
