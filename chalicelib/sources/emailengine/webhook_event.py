"""The EmailEngine webhook, pure: what an event is, and whether its mail enters (EmailEngine 2.58 to 2.79)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from chalicelib.intake.arrival import Arrival, iso_date
from chalicelib.mail.identity import door_identity, provider_id
from chalicelib.mail.reference import facts_of
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
GMAIL_LABELS = {"\\Inbox": "\\Inbox", "\\Sent": "\\Sent", "\\Draft": "\\Drafts"}
"""X-GM-LABELS of a mail in `\\All` → its special use, the first that it has."""
MAX_TEXT = 1_000
"""Characters of a folder's path and of an `emailId` that are kept."""


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
    use = _special_use(event)
    if use in folders or event.path in folders:
        return True
    return "*" in folders and use not in NEVER_BY_STAR


def _special_use(event: Event) -> str:
    """Of the mail where it has one: in Gmail's folder of everything its labels say what it is, in a listing too."""
    use = _text(event.data.get("messageSpecialUse")) or event.special_use
    if not use and event.path.upper() == "INBOX":
        return "\\Inbox"
    labels = event.data.get("labels")
    if use == "\\All" and isinstance(labels, list):
        return next((name for label, name in GMAIL_LABELS.items() if label in labels), use)
    return use


def arrival(event: Event) -> Arrival:
    """The sealed reference of a `messageNew`, with what distinguishes its mail from others. Raises `Refused`.

    No text of a sender is too long: a cut Message-ID still finds its mail, and subject and sender are sealed only
    where there is no Message-ID to find it by.
    """
    from chalicelib.sources.emailengine.schemas import NewMail

    data = event.data
    given = {name: data[name] for name in NewMail.__struct_fields__ if data.get(name) not in (None, "")}
    try:
        request_fields.read(NewMail, given)
    except Refused as refused:
        raise Refused(refused.status, f"data.{refused.field}") from None
    facts, flags, email_id = facts_of(data), data.get("flags"), _text(data.get("emailId"))
    reference: dict[str, Any] = {
        "id": data["id"],
        "emailId": email_id if len(email_id) <= MAX_TEXT else "",
        "messageId": facts.message_id,
        "date": facts.date,
        "size": facts.size,
        "account": event.account,
        "path": event.path[:MAX_TEXT],
        "specialUse": event.special_use[:MAX_TEXT],
        "flags": [flag[:64] for flag in flags[:32] if isinstance(flag, str)] if isinstance(flags, list) else [],
    }
    if not facts.message_id:
        reference |= {"subject": facts.subject, "from": {"address": facts.sender}}
    provider = provider_id(email_id)
    payload = json.dumps(reference, separators=(",", ":")).encode("ascii")
    labels = data.get("labels")
    names = tuple(label for label in labels if isinstance(label, str)) if isinstance(labels, list) else ()
    date = iso_date(_text(data.get("date")))
    identity = door_identity(provider, entry=data)
    return Arrival(event.account, SOURCE, EMAILENGINE, payload, identity, provider, names, date)


def delivery_key(account: str, event_id: str) -> str:
    """Redis key of the delivery hint of one account; the id is hashed because EmailEngine defines its form."""
    text = f"{account}\n{event_id}".encode("utf-8", "replace")
    return f"event:{hashlib.sha256(text).hexdigest()[:32]}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
