"""Turns RFC 822 bytes into the JSON that EmailEngine would give; never raises, whatever the bytes."""

from __future__ import annotations

import email
import email.header
import email.utils
from datetime import UTC, datetime
from email.message import Message
from typing import Any

MISSING = {"name": "", "address": "MISSING_MAILBOX@MISSING_DOMAIN"}
"""What an empty `From: <>` becomes."""


def header_text(value: object) -> str:
    """Decode RFC 2047 words; what cannot be decoded is shown with replacement characters."""
    raw = str(value or "").replace("\r", "").replace("\n", "")
    text = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # raw 8-bit headers are UTF-8
    parts = []
    try:
        for part, charset in email.header.decode_header(text):
            if isinstance(part, str):
                parts.append(part)
            else:
                parts.append(_decode(part, charset))
    except (email.errors.HeaderParseError, ValueError):
        return _clean(text)
    return _clean("".join(parts))


def _decode(data: bytes, charset: str | None) -> str:
    try:
        return data.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def _values(message: Message, name: str) -> list[str]:
    """A header's values as they came; 8-bit bytes are surrogates."""
    return [str(value) for key, value in message.raw_items() if key.lower() == name]


def _first(message: Message, name: str) -> str:
    return header_text(next(iter(_values(message, name)), ""))


def _last(message: Message, name: str) -> str:
    """Of two Message-IDs Dovecot's ENVELOPE has the last."""
    return header_text(next(reversed(_values(message, name)), "")).strip()


def _addresses(message: Message, name: str) -> list[dict[str, str]]:
    values = [header_text(value) for value in _values(message, name)]
    found = email.utils.getaddresses(values)
    return [{"name": person, "address": address} for person, address in found if address]


def _iso(message: Message, received: datetime) -> str:
    try:
        date = email.utils.parsedate_to_datetime(_first(message, "date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        date = received
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return stamp(date.replace(microsecond=0))


def stamp(date: datetime) -> str:
    """JavaScript's `toISOString`: UTC with milliseconds."""
    return date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{date.microsecond // 1000:03d}Z"


def describe(raw: bytes, identity: dict[str, Any], received: datetime) -> dict[str, Any]:
    """The message object without its text content: what a webhook and a list entry carry.

    `identity` has `id`, `uid`, `emailId` (or not), `flags`. `date` is in whole seconds.
    """
    message = email.message_from_bytes(raw)
    value: dict[str, Any] = {
        **identity,
        "date": _iso(message, received),
        "unseen": "\\Seen" not in identity.get("flags", []),
        "size": len(raw),
        "subject": _first(message, "subject"),
    }
    senders = _addresses(message, "from") or ([MISSING] if _values(message, "from") else [])
    if senders:  # `from` is absent where the mail has no such header
        value["from"] = senders[0]
        value["replyTo"] = senders[:1]
    for name, key in (("to", "to"), ("cc", "cc"), ("reply-to", "replyTo")):
        people = _addresses(message, name)
        if people:
            value[key] = people
    for name, key in (("message-id", "messageId"), ("in-reply-to", "inReplyTo")):
        if text := _last(message, name):
            value[key] = text
    texts, attachments = _parts(message, str(identity["id"]))
    if attachments:
        value["attachments"] = attachments
    value["text"] = {
        "id": f"{identity['id']}text",
        "encodedSize": {kind: len(text.encode()) for kind, text in texts.items()},
    }
    if _first(message, "auto-submitted"):
        value["isAutoReply"] = True
    return value


def detail(raw: bytes, identity: dict[str, Any], received: datetime, text_type: str, limit: int) -> dict[str, Any]:
    """The answer of `GET …/message/{id}`: with headers, and with text where `textType` asks for it."""
    message = email.message_from_bytes(raw)
    value = describe(raw, identity, received)
    headers: dict[str, list[str]] = {}
    for name, content in message.raw_items():
        headers.setdefault(name.lower(), []).append(header_text(content))
    value["headers"] = headers
    texts, _ = _parts(message, str(identity["id"]))
    wanted = {"*": ("plain", "html"), "plain": ("plain",), "html": ("html",)}.get(text_type, ())
    more = False
    for kind in wanted:
        if kind in texts:
            whole = texts[kind].encode()
            more = more or len(whole) > limit
            value["text"][kind] = whole[:limit].decode("utf-8", "ignore")
    if wanted:
        value["text"]["hasMore"] = more
    return value


def _parts(message: Message, id_: str) -> tuple[dict[str, str], list[dict[str, Any]]]:
    texts: dict[str, str] = {}
    attachments: list[dict[str, Any]] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        data = part.get_payload(decode=True)
        content = data if isinstance(data, bytes) else b""
        kind = part.get_content_type()
        filename = part.get_filename()
        if kind in ("text/plain", "text/html") and not filename:
            key = kind.removeprefix("text/")
            texts[key] = texts.get(key, "") + _clean(_decode(content, part.get_content_charset()))
            continue
        attachments.append(
            {
                "id": f"{id_}{len(attachments) + 2}",
                "contentType": kind,
                "encodedSize": len(str(part.get_payload())),
                "filename": header_text(filename) if filename else "",
                "embedded": False,
                "inline": part.get_content_disposition() == "inline",
            }
        )
    return texts, attachments
