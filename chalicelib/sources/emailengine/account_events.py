"""What a webhook that brings no mail says of its account or of a mail sent from it, without content.

Kept: a count by account and kind, a log line with code and keyed hash of the Message-ID, and the last event about the
account's connection (`intake.account_events`). What an account's state *is* the reconciler finds by asking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.core.keyed_hashes import keyed_hash
from chalicelib.sources.emailengine.webhook_event import Event

CONNECTION = frozenset({"authenticationError", "connectError", "authenticationSuccess", "accountInitialized"})
"""Events about an account's connection; the last one is remembered."""

ABOUT_MAIL = frozenset({"messageBounce", "messageComplaint", "messageFailed", "messageDeliveryError"})
SERVER_CODE = re.compile(r"[A-Z][A-Z_]{0,39}")
"""An IMAP response code (RFC 5530) or a system's error name."""

ENHANCED = re.compile(r"[245]\.\d\.\d")
"""An enhanced status code (RFC 3463) as most servers give it."""

FEEDBACK = frozenset({"abuse", "fraud", "virus", "other", "not-spam", "auth-failure"})
"""Feedback types of an abuse report (RFC 5965, RFC 6430, RFC 6591)."""

ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
"""Actions of a delivery status notification (RFC 3464)."""


def described(event: Event, key: Callable[[], bytes]) -> dict[str, str]:
    """Fields of the log line: `code`, `status` and `message_key`, as far as the event has them.

    `key` gives the key of the hash of the Message-ID of the mail that bounced or was complained about. Raises what it
    raises (`Retryable`).
    """
    data = event.data
    found = {"code": _code(event.name, data), "status": _known(data.get("action"), ACTIONS)}
    if event.name in ABOUT_MAIL and (message_id := _message_id(data)):
        found["message_key"] = keyed_hash("message-id", message_id, key())
    return {name: text for name, text in found.items() if text}


def _code(name: str, data: Mapping[str, Any]) -> str:
    if name in ("authenticationError", "connectError"):
        return _formed(data.get("serverResponseCode"), SERVER_CODE)
    if name == "messageComplaint":
        return _known(_within(data, "arf").get("feedbackType"), FEEDBACK)
    if name == "mailboxReset":
        return "new_folder" if data.get("prevUidValidity") is False else "uidvalidity_changed"
    if name in ABOUT_MAIL:
        return _formed(_within(data, "response").get("status"), ENHANCED)
    return ""


def _message_id(data: Mapping[str, Any]) -> str:
    """Of the mail that was sent: a bounce names it, a complaint has its headers."""
    given = data.get("messageId") or _within(data, "headers").get("messageId")
    return given.strip() if isinstance(given, str) else ""


def _within(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, Mapping) else {}


def _formed(value: object, form: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and form.fullmatch(value) else "other"


def _known(value: object, known: frozenset[str]) -> str:
    return value if isinstance(value, str) and value in known else ""
