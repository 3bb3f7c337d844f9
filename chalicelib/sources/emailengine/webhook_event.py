"""The EmailEngine webhook, pure: what an event is, and whether its mail enters (EmailEngine 2.79)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from chalicelib.intake.arrival import Arrival, iso_date
from chalicelib.mail.identity import door_identity, provider_id
from chalicelib.mail.sealed import EMAILENGINE

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
TEXT_LIMITS = {"id": 256, "emailId": 256, "messageId": 1_000, "path": 1_000, "date": 64}


class Unreadable(Exception):
    """The body is no webhook of EmailEngine: `status` of the answer and the `field` at fault."""

    def __init__(self, status: str, field: str = "") -> None:
        super().__init__(status)
        self.status, self.field = status, field


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook. `name` is the event's name; `data` its object, possibly empty."""

    account: str
    name: str
    path: str
    special_use: str
    data: dict[str, Any]


def read(body: bytes) -> Event:
    """Parse and check the outer shape. Raises `Unreadable`."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("invalid_json") from None
    if not isinstance(raw, dict):
        raise Unreadable("invalid_json")
    for name in ("account", "event"):
        if name not in raw:
            raise Unreadable("missing_field", name)
        if not isinstance(raw[name], str) or len(raw[name]) > 256:
            raise Unreadable("invalid_field", name)
    data = raw.get("data")
    if data is not None and not isinstance(data, dict):
        raise Unreadable("invalid_field", "data")
    return Event(raw["account"], raw["event"], _text(raw, "path"), _text(raw, "specialUse"), data or {})


def wanted(event: Event, folders: tuple[str, ...]) -> bool:
    """Whether mail of this folder enters. Never asks `seemsLikeNew`: that answer decays with the account's size."""
    use = _text(event.data, "messageSpecialUse") or event.special_use
    if not use and event.path.upper() == "INBOX":
        use = "\\Inbox"
    if use in folders or event.path in folders:
        return True
    return "*" in folders and use not in NEVER_BY_STAR


def arrival(event: Event) -> Arrival:
    """The sealed reference of a `messageNew`. Raises `Unreadable`."""
    data = event.data
    for name, limit in TEXT_LIMITS.items():
        value = data.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > limit):
            raise Unreadable("invalid_field", f"data.{name}")
    if not data.get("id"):
        raise Unreadable("missing_field", "data.id")
    flags = data.get("flags")
    reference = {
        **{name: data[name] for name in TEXT_LIMITS if data.get(name)},
        "account": event.account,
        "path": event.path[: TEXT_LIMITS["path"]],
        "specialUse": event.special_use,
        "flags": [flag[:64] for flag in flags[:32] if isinstance(flag, str)] if isinstance(flags, list) else [],
    }
    provider = provider_id(data["emailId"]) if data.get("emailId") else ""
    payload = json.dumps(reference, separators=(",", ":")).encode("ascii")
    labels = data.get("labels")
    told = tuple(label for label in labels if isinstance(label, str)) if isinstance(labels, list) else ()
    date = iso_date(data["date"]) if data.get("date") else ""
    identity = door_identity(provider, reference=data["id"])
    return Arrival(event.account, SOURCE, EMAILENGINE, payload, identity, provider, told, date)


def delivery_key(account: str, event_id: str) -> str:
    """Redis key of the delivery hint of one account; the id is hashed because EmailEngine defines its form."""
    text = f"{account}\n{event_id}".encode("utf-8", "replace")
    return f"event:{hashlib.sha256(text).hexdigest()[:32]}"


def _text(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""
