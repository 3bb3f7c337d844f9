"""Who may come in: Bearer tokens and signatures, compared in constant time, several valid at once."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping


def bearer_ok(authorization: str | None, tokens: Iterable[str]) -> bool:
    """True when `Authorization: Bearer <token>` carries one of the tokens (RFC 6750 section 2.1)."""
    scheme, _, given = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    return _any_equal(given.strip(), tokens)


def push_signature_ok(headers: Mapping[str, str], body: bytes, keys: Iterable[str], now: float, window: int) -> bool:
    """Check `X-Mailroom-Signature: v1=<hex HMAC-SHA256 of "timestamp.body">` and its timestamp's age in seconds."""
    timestamp = headers.get("x-mailroom-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) > window:
        return False
    given = headers.get("x-mailroom-signature", "")
    return _any_equal(given, (sign_push(key, timestamp, body) for key in keys))


def sign_push(key: str, timestamp: str, body: bytes) -> str:
    """The value of `X-Mailroom-Signature`; the pusher computes the same."""
    digest = hmac.new(key.encode(), timestamp.encode("ascii") + b"." + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"


def emailengine_signature_ok(given: str | None, body: bytes, secrets: Iterable[str]) -> bool:
    """Check `X-EE-Wh-Signature`: HMAC-SHA256 of the raw body, base64url without padding (EmailEngine 2.79)."""
    return _any_equal((given or "").rstrip("="), (sign_emailengine(secret, body) for secret in secrets))


def sign_emailengine(secret: str, body: bytes) -> str:
    """The signature as EmailEngine writes it."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _any_equal(given: str, expected: Iterable[str]) -> bool:
    """Compare with every candidate, so that the time does not reveal which one matched; empty never matches."""
    found = False
    for candidate in expected:
        found |= bool(candidate) and hmac.compare_digest(given.encode("utf-8", "replace"), candidate.encode())
    return found
