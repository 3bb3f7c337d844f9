"""The EmailEngine webhook, pure: what an event is, and whether its mail enters (EmailEngine 2.79)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from chalicelib.intake.arrival import Arrival, iso_date
from chalicelib.mail.identity import door_identity, provider_id
from chalicelib.mail.sealed import EMAILENGINE
from chalicelib.web import request_fields
from chalicelib.web.request_fields import Refused, an_object

SOURCE = "emailengine"
MAX_BODY = 1024 * 1024
"""Bytes of a webhook. `notifyText` is to stay off: the text is fetched by the worker."""
KNOWN_EVENTS = frozenset(
    """messageNew messageDeleted messageUpdated messageMissing messageSent messageDeliveryError messageFailed
    messageBounce messageComplaint mailboxReset mailboxNew mailboxDeleted mailboxRenamed accountAdded accountDeleted
    accountInitialized authenticationError authenticationSuccess connectError exportCompleted exportFailed trackOpen
    trackClick listUnsubscribe listSubscribe""".split()
)
NEVER_BY_STAR = frozenset({"\\Junk", "\\Sent", "\\Drafts", "\\Trash"})
MAX_PATH = 1_000
"""Characters of a folder's path."""


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook. `name` is the event's name; `data` its object, possibly empty."""

    account: str
    name: str
    path: str
    special_use: str
    data: dict[str, Any]


def read(body: bytes) -> Event:
    """Parse and check the outer shape. Raises `Refused`."""
    from chalicelib.sources.emailengine.schemas import Webhook

    made = request_fields.read(Webhook, an_object(body))
    return Event(made.account, made.event, _text(made.path), _text(made.specialUse), made.data or {})


def wanted(event: Event, folders: tuple[str, ...]) -> bool:
    """Whether mail of this folder enters. Never asks `seemsLikeNew`: that answer decays with the account's size."""
    use = _text(event.data.get("messageSpecialUse")) or event.special_use
    if not use and event.path.upper() == "INBOX":
        use = "\\Inbox"
    if use in folders or event.path in folders:
        return True
    return "*" in folders and use not in NEVER_BY_STAR


def arrival(event: Event) -> Arrival:
    """The sealed reference of a `messageNew`. Raises `Refused`."""
    from chalicelib.sources.emailengine.schemas import NewMail

    data = event.data
    stated = {name: data[name] for name in NewMail.__struct_fields__ if data.get(name) not in (None, "")}
    try:
        request_fields.read(NewMail, stated)
    except Refused as refused:
        raise Refused(refused.status, f"data.{refused.field}") from None
    flags = data.get("flags")
    reference = {
        **stated,
        "account": event.account,
        "path": event.path[:MAX_PATH],
        "specialUse": event.special_use,
        "flags": [flag[:64] for flag in flags[:32] if isinstance(flag, str)] if isinstance(flags, list) else [],
    }
    provider = provider_id(data["emailId"]) if data.get("emailId") else ""
    payload = json.dumps(reference, separators=(",", ":")).encode("ascii")
    labels = data.get("labels")
    names = tuple(label for label in labels if isinstance(label, str)) if isinstance(labels, list) else ()
    date = iso_date(data["date"]) if data.get("date") else ""
    identity = door_identity(provider, reference=data["id"])
    return Arrival(event.account, SOURCE, EMAILENGINE, payload, identity, provider, names, date)


def delivery_key(account: str, event_id: str) -> str:
    """Redis key of the delivery hint of one account; the id is hashed because EmailEngine defines its form."""
    text = f"{account}\n{event_id}".encode("utf-8", "replace")
    return f"event:{hashlib.sha256(text).hexdigest()[:32]}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
