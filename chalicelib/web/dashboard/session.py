"""Who is signed in: a signed cookie that expires, and the token that every form must carry.

A session's key is derived from a secret of the deployment and from the admin token that was signed in with: taking that
token out of the endpoints' secret ends its sessions, and with no value that a visitor gets can tokens be tried offline.
The token itself is in no cookie and no address.

`key` is the mapping key everywhere: 32 random bytes.
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


def issue(key: bytes, token: str, author: str, now: float) -> str:
    """The value of a new session's cookie."""
    claims = {"a": author, "e": int(now) + SECONDS, "i": secrets.token_hex(16)}
    payload = _text(json.dumps(claims, separators=(",", ":")).encode())
    return f"{payload}.{_text(_mac(key, f'session {payload}', token))}"


def read(key: bytes, cookie: str, tokens: Iterable[str], now: float) -> Session | None:
    """The session of a cookie; None for one that no token signed or that is over."""
    payload, _, signature = cookie[:LONGEST].partition(".")
    found: Session | None = None
    for token in tokens:
        right = _text(_mac(key, f"session {payload}", token))
        if hmac.compare_digest(signature.encode("utf-8", "replace"), right.encode()):
            found = _session(key, payload, token, now)
    return found


def visitor(cookies: Mapping[str, str]) -> str:
    """The visitor who is not signed in yet: the one that the cookie names, or a new one."""
    known = cookies.get(VISITOR, "")
    return known if IDENTIFIER.fullmatch(known) else secrets.token_hex(16)


def visitor_token(key: bytes, identifier: str) -> str:
    """What the sign-in form of a visitor carries: nobody is signed in by another site's form.

    Anybody gets one, so no credential goes into it.
    """
    return _mac(key, f"visitor {identifier}").hex()


def same(given: str, right: str) -> bool:
    """Compare in constant time; empty is never right."""
    return bool(right) and hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


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


def _session(key: bytes, payload: str, token: str, now: float) -> Session | None:
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))  # signed by us: it can be read
    if claims["e"] <= now:
        return None
    return Session(claims["a"], claims["i"], claims["e"], _mac(key, f"form {claims['i']}", token).hex())


def _mac(key: bytes, what: str, token: str = "") -> bytes:
    derived = hmac.new(key, b"mailroom dashboard 2\n" + token.encode(), hashlib.sha256).digest()
    return hmac.new(derived, what.encode("utf-8", "replace"), hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
