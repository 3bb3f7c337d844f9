"""The Gmail push, pure: reading and validating what the pusher sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.intake.arrival import Arrival, iso_date
from chalicelib.mail.identity import door_identity, provider_id
from chalicelib.mail.sealed import FIELDS, RAW, UPLOAD
from chalicelib.web.request_fields import decoded

SOURCE = "gmail"
TEXT_FIELDS = {
    "sender": 2_000,
    "body": 4_000_000,
    "subject": 10_000,
    "date": 200,
    "id": 64,
    "thread_id": 64,
    "message_id": 1_000,
    "body_html": 4_000_000,
    "raw": 6_000_000,
    "account": 64,
    "upload": 64,
}
"""Text fields and their largest length in characters."""
LIST_FIELDS = {"to": 500, "cc": 500, "labels": 200, "attachments": 200}
ATTACHMENT_FIELDS = ("name", "type", "size")
MAX_HEADERS = 500
UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
"""128 random bits: nobody finds another's upload by guessing."""

KEPT = frozenset((*TEXT_FIELDS, *LIST_FIELDS, "headers")) - {"raw", "account", "upload"}
"""What of a field push is sealed; a field that nobody reads must not fill the spool."""


class Refused(Exception):
    """A mail that the door cannot take: `status` of the verdict table, and the `field` to mend."""

    def __init__(self, status: str, field: str = "") -> None:
        super().__init__(status)
        self.status, self.field = status, field


@dataclass(frozen=True, slots=True)
class Limits:
    """What one push may hold."""

    max_batch: int


def read(body: bytes, limits: Limits) -> tuple[list[Any], bool]:
    """The mails of a push as JSON values, and whether it was a batch; a heartbeat has none. Raises `Refused`."""
    data = an_object(body)
    if "messages" not in data:
        return ([], False) if data.get("heartbeat") is True else ([data], False)
    messages = data["messages"]
    if not isinstance(messages, list) or not messages:
        raise Refused("invalid_field", "messages")
    if len(messages) > limits.max_batch:
        raise Refused("too_large", "messages")
    return messages, True


def an_object(body: bytes) -> dict[str, Any]:
    """A body that is a JSON object. Raises `Refused`."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("invalid_json") from None
    if not isinstance(data, dict):
        raise Refused("invalid_json")
    return data


def arrival(push: Any, accounts: tuple[str, ...], default_account: str) -> Arrival:
    """Validate one mail. Raises `Refused` with the field's name; never with its value."""
    if not isinstance(push, dict):
        raise Refused("invalid_field", "messages")
    for name, limit in TEXT_FIELDS.items():
        value = push.get(name)
        if value is not None and not isinstance(value, str):
            raise Refused("invalid_field", name)
        if value is not None and len(value) > limit:
            raise Refused("too_large", name)
    for name, longest in LIST_FIELDS.items():
        _check_list(push, name, longest)
    _check_headers(push)
    account = account_of(push, accounts, default_account)
    if push.get("upload"):
        return _upload(push, account)
    return _raw(push, account) if push.get("raw") else _fields(push, account)


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


def _fields(push: Mapping[str, Any], account: str) -> Arrival:
    for name in ("sender", "body"):
        if push.get(name) is None or (name == "sender" and not push[name].strip()):
            raise Refused("missing_field", name)
    provider = _provider(push)
    kept = {key: push[key] for key in sorted(push) if key in KEPT}
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
    told = push.get("date") or ""
    date = iso_date(told) if told else ""
    if told and not date:
        raise Refused("invalid_field", "date")
    return date


def _provider(push: Mapping[str, Any]) -> str:
    return provider_id(push["id"]) if push.get("id") else ""


def _check_list(push: Mapping[str, Any], name: str, longest: int) -> None:
    value = push.get(name)
    if value is None or (isinstance(value, str) and name in ("to", "cc")):
        return
    if not isinstance(value, list) or len(value) > longest:
        raise Refused("invalid_field", name)
    kind = dict if name == "attachments" else str
    if not all(isinstance(item, kind) for item in value):
        raise Refused("invalid_field", name)


def _check_headers(push: Mapping[str, Any]) -> None:
    """Name → text or list of texts, as `mail.fields` reads them: nothing nested reaches the seal."""
    headers = push.get("headers")
    if headers is None:
        return
    if not isinstance(headers, dict) or len(headers) > MAX_HEADERS:
        raise Refused("invalid_field", "headers")
    for value in headers.values():
        if not all(isinstance(text, str) for text in (value if isinstance(value, list) else [value])):
            raise Refused("invalid_field", "headers")


"""Apps Script and the Gmail API write base64url, with padding or without, others wrap their lines: all are read."""
