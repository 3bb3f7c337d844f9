"""Who is signed in: a signed cookie that expires, and the token that every form must carry.

The key is derived from the admin token that was signed in with: taking that token out of the doors' secret ends its
sessions. The token itself is in no cookie and no address.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SESSION, VISITOR = "mailroom_session", "mailroom_visitor"
SECONDS = 8 * 3600
"""A session ends after a working day, used or not."""
VISITOR_SECONDS = 3600
ATTRIBUTES = "HttpOnly; Secure; SameSite=Strict"
"""No Path: browsers take the folder of the page that set it, which is right behind any stage or prefix."""
IDENTIFIER = re.compile(r"[0-9a-f]{32}")
LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Session:
    """`token` is what the session's forms carry; `ends` in seconds since 1970."""

    author: str
    identifier: str
    ends: int
    token: str


def issue(token: str, author: str, now: float) -> str:
    """The value of a new session's cookie."""
    claims = {"a": author, "e": int(now) + SECONDS, "i": secrets.token_hex(16)}
    payload = _text(json.dumps(claims, separators=(",", ":")).encode())
    return f"{payload}.{_text(_mac(token, f'session {payload}'))}"


def read(cookie: str, tokens: Iterable[str], now: float) -> Session | None:
    """The session of a cookie; None for one that no token signed or that is over."""
    payload, _, signature = cookie[:LONGEST].partition(".")
    found: Session | None = None
    for token in tokens:
        right = _text(_mac(token, f"session {payload}"))
        if hmac.compare_digest(signature.encode("utf-8", "replace"), right.encode()):
            found = _session(payload, token, now)
    return found


def visitor(cookies: Mapping[str, str]) -> str:
    """The visitor who is not signed in yet: the one that the cookie names, or a new one."""
    known = cookies.get(VISITOR, "")
    return known if IDENTIFIER.fullmatch(known) else secrets.token_hex(16)


def visitor_token(identifier: str, tokens: Iterable[str]) -> str:
    """What the sign-in form of a visitor carries: nobody is signed in by another site's form."""
    return _mac("\n".join(tokens), f"visitor {identifier}").hex()


def same(given: str, right: str) -> bool:
    """Compare in constant time; empty is never right."""
    return bool(right) and hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def hashed(source: str, tokens: Iterable[str]) -> str:
    """A network address as it may be a key: nobody reads it back."""
    return _mac("\n".join(tokens), f"source {source}").hex()[:32]


def cookies_of(header: str) -> dict[str, str]:
    """The cookies of a request; of two with one name the first, which belongs to the longest path (RFC 6265, 5.4)."""
    found: dict[str, str] = {}
    for part in header[:8192].split(";"):
        name, _, value = part.strip().partition("=")
        found.setdefault(name, value)
    return found


def set_cookie(name: str, value: str, seconds: int) -> str:
    """The value of `Set-Cookie`; without seconds it is taken back."""
    return f"{name}={value}; Max-Age={seconds}; {ATTRIBUTES}"


def _session(payload: str, token: str, now: float) -> Session | None:
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))  # signed by us: it can be read
    if claims["e"] <= now:
        return None
    return Session(claims["a"], claims["i"], claims["e"], _mac(token, f"form {claims['i']}").hex())


def _mac(token: str, what: str) -> bytes:
    key = hmac.new(token.encode(), b"mailroom dashboard 1", hashlib.sha256).digest()
    return hmac.new(key, what.encode("utf-8", "replace"), hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
