"""The check in front of the emulator: who may ask it, and what.

MiniStack verifies no signature, looks at no `Host`, and lets every web page read its answers. So each request is
checked here, inside the emulator's own process, before MiniStack sees it; there is no way around.

- A request of a web page is refused: a foreign `Host` (DNS rebinding), a foreign `Origin`, a foreign `Sec-Fetch-Site`.
- The API (`/restapis/…/_user_request_/…`) is open, as on AWS: it authenticates its callers itself.
- Everything else is AWS's or MiniStack's own: it needs a request signed with the stack's secret key (AWS Signature
  Version 4, header or presigned), or that key as a Bearer token.

Loaded by its path (see `queueing_emulator.py`): it imports nothing of this repository.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote

from ministack.core import sigv4  # type: ignore[import-untyped]

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API = re.compile(r"/restapis/[A-Za-z0-9]+/[A-Za-z0-9_-]+/_user_request_(/[^\x00-\x1f]*)?")
LIFETIMES = range(1, 7 * 24 * 3600 + 1)
"""Seconds that a presigned request may be good for (AWS: seven days)."""
MAX_BODY = 64 * 1024 * 1024
"""Bytes of a body that is read to verify its signature; S3 signs a digest of its own, and its body is not read here."""
FORWARDED = frozenset({b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"forwarded", b"x-real-ip"})
CROSS = b"access-control-"


class Front:
    """An ASGI application around MiniStack's. `hosts` are the values of `Host` that name the emulator.

    `signed_hosts` are further ones that a signature may have been made for: those of a proxy that changes the header.
    """

    def __init__(self, app: App, secret: str, hosts: Iterable[str], signed_hosts: Iterable[str] = ()) -> None:
        if not secret:
            raise ValueError("the emulator needs a secret")
        self._app = app
        self._secret = secret
        self._hosts = frozenset(hosts)
        self._signed_hosts = tuple(signed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        if scope["type"] != "http" or not self._ours(scope, headers):
            await _refuse(scope, send)
            return
        if API.fullmatch(scope["path"]):
            # AWS's gateway takes no such header from a caller; MiniStack would choose another service by it.
            foreign = tuple(name for name in headers if name.startswith("x-amz-"))
            await self._app(_with_address(scope, foreign), receive, _without_cors(send))
            return
        receive, permitted = await self._permitted(scope, headers, receive)
        if not permitted:
            await _refuse(scope, send)
            return
        await self._app(_with_address(scope), receive, _without_cors(send))

    def _ours(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Whether no web page but the dashboard's own, and no rebound name, has sent this."""
        host, site, origin = headers.get("host", ""), headers.get("sec-fetch-site"), headers.get("origin")
        if host not in self._hosts:
            return False
        if site in ("same-origin", "none"):  # browsers let no page write this header
            return origin in (None, "null", f"http://{host}")
        if site is not None:  # a link to the dashboard may be followed, and reads nothing for the page that has it
            linked = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
            return linked and scope["method"] == "GET" and origin is None
        return origin in (None, f"http://{host}")

    async def _permitted(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> tuple[Receive, bool]:
        """Whether the request carries the secret or is signed with it, and what gives its body from now on."""
        given = headers.get("authorization", "")
        if given.startswith("Bearer "):
            return receive, hmac.compare_digest(given[7:].encode(), self._secret.encode())
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        presigned = not given and "X-Amz-Signature" in query
        signature = sigv4.parse_query_signature(query) if presigned else sigv4.parse_header_signature(headers)
        if (
            isinstance(signature, tuple)
            or signature.region_set is not None
            or not _in_time(signature, query, presigned)
        ):
            return receive, False
        body = b""
        if not headers.get("x-amz-content-sha256") and signature.service != "s3":
            read = await _body(receive)
            if read is None:
                return receive, False
            body, receive = read, _again(read, receive)
        path = scope.get("raw_path") or quote(scope["path"]).encode()
        for host in (headers["host"], *self._signed_hosts):
            _, text = sigv4.header_signing_documents(
                signature,
                scope["method"],
                path.decode("latin-1"),
                query,
                {**headers, "host": host},
                body,
                presigned=presigned,
            )
            key = sigv4.derive_signing_key(self._secret, signature.date_stamp, signature.region, signature.service)
            right = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
            if hmac.compare_digest(right.encode(), signature.signature.encode()):
                return receive, "host" in signature.signed_headers.split(";")
        return receive, False


def _in_time(signature: Any, query: Mapping[str, list[str]], presigned: bool) -> bool:
    if signature.date_stamp != signature.amz_date[:8] or sigv4._amz_datetime(signature.amz_date) is None:
        return False
    if not presigned:
        return sigv4.request_time_failure(signature) is None
    seconds = query.get("X-Amz-Expires", [""])[0]
    if not re.fullmatch("[0-9]{1,6}", seconds) or int(seconds) not in LIFETIMES:
        return False
    return not sigv4.presigned_request_is_expired(signature.amz_date, seconds)


def _headers(scope: Scope) -> dict[str, str]:
    """By lower-case name; of a name that comes twice the values joined, as a signature has them."""
    found: dict[str, str] = {}
    for name, value in scope.get("headers", ()):
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


def _with_address(scope: Scope, dropped: Iterable[str] = ()) -> Scope:
    """The request with the address that the connection has, whatever a header says."""
    gone = FORWARDED | {name.encode("latin-1") for name in dropped}
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in gone]
    address = (scope.get("client") or ("",))[0]
    return {**scope, "headers": [*kept, (b"x-forwarded-for", address.encode("latin-1"))]}


def _without_cors(send: Send) -> Send:
    """MiniStack lets every web page read its answers; nothing of ours needs that."""

    async def sent(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if not bytes(name).lower().startswith(CROSS)]
            message = {**message, "headers": kept}
        await send(message)

    return sent


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None where it is too long or its sender has gone."""
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > MAX_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(pieces)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read already, then whatever comes."""
    held: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> dict[str, Any]:
        return held.pop() if held else await receive()

    return given


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = b'{"__type": "AccessDeniedException", "message": "refused by the front of the emulator"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
