"""The outgoing webhook: JSON of a processed mail, signature and headers (docs/webhooks.md); pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.messages import Routing
from chalicelib.ports import Answered, FileLink, Processed

VERSION = 1
EVENT = "mail.processed"
NAMESPACE = uuid.UUID("6f0f0c5e-3c0a-5d0e-9a7f-8b1a4f1f6d52")
CLEARABLE = ("sender", "subject", "body", "recipients")
BODY_CHARS = 500_000
EARLY = frozenset({408, 425})


def idempotency_key(mail_id: str, destination: str) -> str:
    """The same for every attempt of one delivery: UUIDv5 of mail and destination."""
    return str(uuid.uuid5(NAMESPACE, f"{mail_id}\n{destination}"))


def payload(
    mail: Processed,
    routing: Routing,
    destination: str,
    links: Sequence[FileLink],
    bucket: str,
    clear: Mapping[str, Any],
) -> bytes:
    """The body in UTF-8. `clear` replaces the anonymized values of the fields that the destination may see."""
    body = str(clear.get("body", mail.body))
    fields: dict[str, Any] = {
        "sender": mail.sender,
        "subject": mail.subject,
        "recipients": list(mail.recipients),
        **clear,
        "body": body[:BODY_CHARS],
        "attachments": list(mail.attachments),
        "language": mail.language,
    }
    document = {
        "version": VERSION,
        "event": EVENT,
        "id": idempotency_key(mail.mail_id, destination),
        "destination": destination,
        "mail_id": mail.mail_id,
        "account": mail.account,
        "source": mail.source,
        "received_at": mail.received_at,
        "sent_at": mail.sent_at,
        "category": routing.category or mail.category,
        "urgency": mail.urgency,
        "priority": routing.priority or "normal",
        "confidence": mail.confidence,
        "rules": list(routing.rules),
        "rules_version": routing.version,
        "clear": sorted(name for name in clear if name in CLEARABLE),
        "truncated": len(body) > BODY_CHARS,
        "mail": fields,
        "links": [_link(link, bucket) for link in links],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def headers(mail_id: str, destination: str, keys: Sequence[str], stamp: int, body: bytes) -> dict[str, str]:
    """The headers; `stamp` are Unix seconds, `keys` those valid now (two while one is rotated out)."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "mailroom-webhook/1",
        "Idempotency-Key": idempotency_key(mail_id, destination),
        "X-Mailroom-Timestamp": str(stamp),
        "X-Mailroom-Signature": ",".join(f"v1={sign(key, stamp, body)}" for key in keys),
    }


def sign(key: str, stamp: int, body: bytes) -> str:
    """Hex HMAC-SHA256 of "timestamp.body"."""
    return hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def judge(answer: Answered) -> Answered:
    """The answer where it is 2xx. `Retryable` for a passing failure, `Permanent` for what no repetition can fix."""
    status = answer.status
    if 200 <= status < 300:
        return answer
    if status == 429:  # a pause for every mail to it, and no failure (adapters.breaker)
        raise Retryable("webhook_rate_limited", after=answer.retry_after)
    if status in EARLY:
        raise Retryable("webhook_busy", after=answer.retry_after)
    if status >= 500:
        raise Retryable("webhook_failed", after=answer.retry_after)
    if status == 410:
        raise Permanent("webhook_gone")
    raise Permanent("webhook_redirected" if 300 <= status < 400 else "webhook_refused")


def _link(link: FileLink, bucket: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"provider": link.provider, "status": "stored" if link.key else "original"}
    if not link.key:
        return shown | {"url": link.url, "reason": link.reason}
    file = {"bucket": bucket, "key": link.key, "name": link.name, "type": link.content_type, "size": link.size}
    return shown | {"url": link.url, "file": file}
