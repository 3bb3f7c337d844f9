"""Pure: from messages to the bounded, clean values of the store's rows."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from chalicelib.core.messages import Classification, Content, Envelope, Exclusion, Quarantine, Receipt
from chalicelib.ports import Original

BODY_CHARS = 1_000_000
LINE_CHARS = 2_000
NOTICE_CHARS = 300
CODE_CHARS = 200
LIST_ITEMS = 500
TOPIC_CHARS = 50
DESTINATION_CHARS = 100
SOURCE_BYTES = 64 * 1024 * 1024
"""Above the 40 MiB that an endpoint takes; pgcrypto holds a source several times in memory."""

UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")

URGENCIES = {"low": 0, "normal": 1, "high": 2}
"""The outbox's order: the highest goes first."""


def clean(text: str, limit: int = LINE_CHARS) -> str:
    """Text that PostgreSQL takes: NUL and lone surrogates become U+FFFD; at most `limit` characters."""
    return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text[:limit])


def identities(content: Content) -> list[str]:
    """The digests under which the mail is known, in order and without repeats."""
    return _lines(dict.fromkeys(name for name in content.identities if name))


def claimed_identities(content: Content) -> list[str]:
    """The digests under which the mail may be known already."""
    return _lines(dict.fromkeys(name for name in (*content.identities, *content.matches) if name))


def lock_keys(account: str, names: Iterable[str]) -> list[int]:
    """Keys of the advisory locks, sorted, so that two transactions never wait for each other in a ring."""
    digests = (hashlib.sha256(f"{account}\n{name}".encode("utf-8", "surrogatepass")).digest() for name in names)
    return sorted({int.from_bytes(digest[:8], "big", signed=True) for digest in digests})


def ledger_values(envelope: Envelope | Exclusion) -> dict[str, Any]:
    return {
        "account": envelope.account,
        "source": envelope.source,
        "received_at": envelope.received_at,
        "trace_id": envelope.trace_id[:100],
        "spool_key": envelope.spool_key,
    }


def quarantine_values(note: Quarantine) -> dict[str, Any]:
    return {
        "account": note.account,
        "source": note.source,
        "reason": clean(note.reason, CODE_CHARS) or "unknown",
        "error": clean(note.error, CODE_CHARS),
        "stage": note.stage,
        "attempts": note.attempts,
        "received_at": note.received_at,
        "first_at": note.first_at or None,
        "last_at": note.last_at or None,
        "trace_id": note.trace_id[:100],
        "spool_key": note.spool_key,
    }


def exclusion_values(note: Exclusion) -> dict[str, Any]:
    """The note's own values; `decided_at` is when the rules decided."""
    last = note.receipts[-1] if note.receipts else None
    return {
        "account": note.account,
        "source": note.source,
        "reason": note.reason,
        "stage": last.module if last else "store",
        "received_at": note.received_at,
        "trace_id": note.trace_id[:100],
        "spool_key": note.spool_key,
        "rule": clean(note.rule, CODE_CHARS),
        "rules_version": note.rules_version,
        "sender_key": note.sender_key,
        "domain_key": note.domain_key,
        "decided_at": last.started if last else note.received_at,
    }


def email_values(envelope: Envelope, content: Content, verdict: Classification, text: str) -> dict[str, Any]:
    defects = _lines(content.defects)
    if len(text) > BODY_CHARS and "truncated_text" not in defects:
        defects.append("truncated_text")
    return {
        "account": envelope.account,
        "sender": clean(content.sender),
        "subject": clean(content.subject),
        "body": clean(text, BODY_CHARS),
        "recipients": _lines(content.recipients),
        "attachments": _lines(content.attachments),
        "language": clean(verdict.language or content.language, 20),
        "category": clean(verdict.category, 100),
        "urgency": verdict.urgency,
        "confidence": verdict.confidence,
        "reason": clean(verdict.reason),
        "classifier": clean(verdict.classifier, CODE_CHARS),
        "traits": _lines(content.traits),
        "defects": defects,
        "thread_key": content.thread_key,
        "sender_key": content.sender_key,
        # None: they are not known, which is not the same as a mail without addresses.
        # All of them: a person whose hash is missing is not found, and the mail is not erased.
        "address_keys": [clean(key) for key in content.address_keys] or None,
        "received_at": envelope.received_at,
        "sent_at": content.date,
    }


def original_values(original: Original) -> dict[str, Any]:
    return {
        "sender": clean(original.sender),
        "subject": clean(original.subject),
        "body": clean(original.body, BODY_CHARS),
        "recipients": json.dumps(_lines(original.recipients)),
        "source": original.source,
    }


def notice_fields(envelope: Envelope, content: Content, verdict: Classification) -> dict[str, str]:
    """What the notification may say: anonymized values and codes."""
    return {
        "account": envelope.account,
        "source": envelope.source,
        "subject": clean(content.subject, NOTICE_CHARS),
        "sender": clean(content.sender, NOTICE_CHARS),
        "category": verdict.category,
        "urgency": verdict.urgency,
        "language": verdict.language or content.language,
        "reason": clean(verdict.reason, NOTICE_CHARS),
        "attachments": str(len(content.attachments)),
        "received_at": envelope.received_at,
        "trace_id": envelope.trace_id,
    }


def outbox_values(mail_id: str, envelope: Envelope, content: Content, verdict: Classification) -> dict[str, Any]:
    """The notice of a mail, in the topic and not before the time of its routing."""
    routing = envelope.routing
    return {
        "key": f"email:{mail_id}",
        "topic": (clean(routing.topic, TOPIC_CHARS) if routing else "") or "email",
        "mail_id": mail_id,
        "urgency": URGENCIES.get(verdict.urgency, 1),
        "fields": json_text(notice_fields(envelope, content, verdict)),
        "not_before": (routing.hold_until if routing else "") or None,
    }


def delivery_values(mail_id: str, envelope: Envelope) -> list[tuple[str, str, str]]:
    """Mail, destination and what the rules decided, for each webhook that they ask for."""
    routing = envelope.routing
    if routing is None:
        return []
    decided = {
        name: clean(value, CODE_CHARS) if isinstance(value, str) else value for name, value in asdict(routing).items()
    }
    del decided["webhooks"]
    decided["rules"] = [clean(name, CODE_CHARS) for name in routing.rules[:LIST_ITEMS]]
    names = dict.fromkeys(clean(name, DESTINATION_CHARS) for name in routing.webhooks if name)
    return [(mail_id, name, json.dumps(decided)) for name in names]


def receipt_values(mail_id: str, receipt: Receipt) -> tuple[Any, ...]:
    return (
        mail_id,
        receipt.module,
        receipt.action,
        receipt.started,
        max(0.0, receipt.seconds),
        receipt.outcome,
        receipt.confidence,
    )


def system_key(key: str) -> str:
    """The outbox's key of a system notice; a long one (an alarm's name and time) by its digest."""
    text = clean(key, len(key))
    return f"system:{text}" if len(text) <= CODE_CHARS else f"system:{hashlib.sha256(text.encode()).hexdigest()}"


def clean_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """A notice's fields as they are kept: bounded in number and size."""
    return {clean(name, CODE_CHARS): clean(value) for name, value in list(fields.items())[:LIST_ITEMS]}


def json_text(fields: Mapping[str, str]) -> str:
    return json.dumps(dict(fields), ensure_ascii=True)


def _lines(values: Iterable[str]) -> list[str]:
    return [clean(value) for value in list(values)[:LIST_ITEMS]]
