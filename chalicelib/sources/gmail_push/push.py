"""The Gmail push, pure: reading and validating what the pusher sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.intake.arrival import Arrival, iso_date
from chalicelib.mail.identity import door_identity, provider_id
from chalicelib.mail.sealed import FIELDS, RAW, UPLOAD
from chalicelib.web.request_fields import Refused, an_object, decoded, read

SOURCE = "gmail"
ATTACHMENT_FIELDS = ("name", "type", "size")
UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
"""128 random bits: nobody finds another's upload by guessing."""
NOT_SEALED = ("raw", "account", "upload")
STRUCTURED = ("labels", "attachments", "headers")
"""Fields that are no text: of another type they are wrong, not too long."""


def mails_of(body: bytes, max_batch: int) -> tuple[list[Any], bool]:
    """The mails of a push as JSON values, and whether it was a batch; a heartbeat has none. Raises `Refused`."""
    data = an_object(body)
    if "messages" not in data:
        return ([], False) if data.get("heartbeat") is True else ([data], False)
    messages = data["messages"]
    if not isinstance(messages, list) or not messages:
        raise Refused("invalid_field", "messages")
    if len(messages) > max_batch:
        raise Refused("too_large", "messages")
    return messages, True


def arrival(push: Any, accounts: tuple[str, ...], default_account: str) -> Arrival:
    """Validate one mail. Raises `Refused` with the field's name; never with its value."""
    from chalicelib.sources.gmail_push.schemas import Push

    if not isinstance(push, dict):
        raise Refused("invalid_field", "messages")
    try:
        read(Push, push)
    except Refused as refused:
        if isinstance(push[refused.field], str) and refused.field not in STRUCTURED:
            raise Refused("too_large", refused.field) from None
        raise
    account = account_of(push, accounts, default_account)
    if push.get("upload"):
        return _upload(push, account)
    return _raw(push, account) if push.get("raw") else _fields(push, account, Push.__struct_fields__)


def account_of(push: Mapping[str, Any], accounts: tuple[str, ...], default_account: str) -> str:
    """The account that a push names or means. Raises `Refused`."""
    account = push.get("account") or default_account
    if not account:
        raise Refused("missing_field", "account")
    if not isinstance(account, str) or account not in accounts:
        raise Refused("invalid_field", "account")
    return account


def _upload(push: Mapping[str, Any], account: str) -> Arrival:
    """A mail that lies in the spool already; without an id of Gmail's, its upload is what it is known by."""
    upload = push["upload"]
    if not UPLOAD_ID.fullmatch(upload):
        raise Refused("invalid_field", "upload")
    provider = _provider(push)
    identity = door_identity(provider) if provider else f"upload:{upload}"
    payload = json.dumps({"upload": upload}).encode("ascii")
    return Arrival(account, SOURCE, UPLOAD, payload, identity, provider, _labels(push), _date(push))


def _raw(push: Mapping[str, Any], account: str) -> Arrival:
    try:
        raw = decoded(push["raw"])
    except ValueError:
        raise Refused("invalid_field", "raw") from None
    if not raw:
        raise Refused("invalid_field", "raw")
    provider = _provider(push)
    identity = door_identity(provider, raw=raw)
    return Arrival(account, SOURCE, RAW, raw, identity, provider, _labels(push), _date(push))


def _fields(push: Mapping[str, Any], account: str, known: tuple[str, ...]) -> Arrival:
    for name in ("sender", "body"):
        if push.get(name) is None or (name == "sender" and not push[name].strip()):
            raise Refused("missing_field", name)
    provider = _provider(push)
    # A field that nobody reads must not fill the spool.
    kept = {key: push[key] for key in sorted(known) if key in push and key not in NOT_SEALED}
    if kept.get("attachments"):
        kept["attachments"] = [
            {key: _scalar(item.get(key)) for key in ATTACHMENT_FIELDS} for item in kept["attachments"]
        ]
    payload = json.dumps(kept, separators=(",", ":")).encode("ascii")
    return Arrival(account, SOURCE, FIELDS, payload, door_identity(provider, push=kept), provider, _labels(push))


def _scalar(value: Any) -> Any:
    """A text or a number; nothing nested reaches the seal."""
    return value if isinstance(value, str | int | float) else None


def _labels(push: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(push.get("labels") or ())


def _date(push: Mapping[str, Any]) -> str:
    """When the mailbox got a mail whose own date lies in its bytes, if it has one. Raises `Refused`.

    In a push of fields `date` is the mail's own: what cannot be read of it is no reason to refuse the mail.
    """
    given = push.get("date") or ""
    date = iso_date(given) if given else ""
    if given and not date:
        raise Refused("invalid_field", "date")
    return date


def _provider(push: Mapping[str, Any]) -> str:
    return provider_id(push["id"]) if push.get("id") else ""
