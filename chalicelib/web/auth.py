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


PUSH_PATH = "/api/ingress/gmail"
UPLOADS_PATH = f"{PUSH_PATH}/uploads"


def push_signature_ok(
    headers: Mapping[str, str], path: str, body: bytes, keys: Iterable[str], now: float, window: int
) -> bool:
    """Check `X-Mailroom-Signature` of a POST to `path`, and its timestamp's age in seconds.

    It is `v2=<hex HMAC-SHA256 of "timestamp.POST.path.body">`. Mail is also accepted with `v1=`, over "timestamp.body":
    version 0.2 is the last that does, for pushers that were not updated yet. An upload never is: the signature of any
    push would otherwise be worth an address to write to.
    """
    timestamp = headers.get("x-mailroom-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) > window:
        return False
    keys = tuple(keys)
    right = [sign_push(key, timestamp, body, path) for key in keys]
    if path == PUSH_PATH:
        right += [sign_push_v1(key, timestamp, body) for key in keys]
    return _any_equal(headers.get("x-mailroom-signature", ""), right)


def sign_push(key: str, timestamp: str, body: bytes, path: str = PUSH_PATH) -> str:
    """The value of `X-Mailroom-Signature`; the pusher computes the same.

    `path` is the endpoint's as documented, without the stage or whatever else a gateway puts before it.
    """
    return f"v2={_hmac(key, f'{timestamp}.POST.{path}.'.encode() + body)}"


def sign_push_v1(key: str, timestamp: str, body: bytes) -> str:
    """The form of older pushers."""
    return f"v1={_hmac(key, timestamp.encode('ascii') + b'.' + body)}"


def _hmac(key: str, data: bytes) -> str:
    return hmac.new(key.encode(), data, hashlib.sha256).hexdigest()


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
