"""The one guard against forged requests (SSRF): what an address from a mail or a rule may make us talk to, and how.

A host is resolved once for each hop, every address of it must be public, and the connection goes to one of the
addresses that were checked, under the host's own name (Host, SNI, certificate). So a name that changes its
addresses between check and use (DNS rebinding) wins nothing. Each redirect is a new hop with the same checks.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urljoin

from chalicelib.adapters.http.pinned import Call
from chalicelib.adapters.http.targets import Target, check, public
from chalicelib.adapters.http.tls import client_context
from chalicelib.core.errors import Permanent, Retryable

Resolver = Callable[[str, int], Sequence[str]]
"""(host, port) → addresses as text. Raises OSError."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRIED = 3
"""Addresses of one host that a connection is tried to."""


def system_resolve(host: str, port: int) -> Sequence[str]:
    """The system's own resolver, in its order, each address once. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def public_trust() -> ssl.SSLContext:
    """The public certificate authorities."""
    import certifi

    return client_context(cafile=certifi.where())


@dataclass(frozen=True)
class Reply:
    """An answer whose body is still to be read. `headers` has lower-case names, the last of several values."""

    status: int
    headers: Mapping[str, str]
    target: Target
    call: Call = field(repr=False)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes as they come, empty at the end. `Retryable`, also when the end comes too early."""
        return self.call.read(size)


@dataclass
class Guard:
    """`private` are the hosts (`host` or `host:port`) that may have private addresses and a port of their own.

    Their certificates are checked by `private_trust` where that is given. `resolve` is the only way to an address, but
    for `placed`: of the private hosts those that no resolver knows, with the address and port where they are.
    """

    resolve: Resolver = system_resolve
    private: Collection[str] = ()
    placed: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    trust: Callable[[], ssl.SSLContext] = public_trust
    private_trust: Callable[[], ssl.SSLContext] | None = None
    _contexts: dict[bool, ssl.SSLContext] = field(default_factory=dict, init=False, repr=False)

    def check(self, url: str) -> Target:
        """Look at the address alone, without asking anybody. Errors of `targets.check`."""
        return check(url, self.private)

    @contextmanager
    def open(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        allowed: Callable[[str], bool] = lambda _host: True,
        redirects: int = 0,
        timeout: float = 10.0,
        deadline: float = 25.0,
    ) -> Iterator[Reply]:
        """Make a request; follow up to `redirects` redirects. The first host and each later one must be `allowed`.

        `timeout` (seconds) bounds each step (resolve, connect, a read), `deadline` everything until the body is read:
        a server that drips cannot stretch it. Never compressed, never through a proxy, without cookies.
        With 0 `redirects` a redirect is an answer like any other.

        Raises as `check`, `Permanent("target_not_allowed")`, `Permanent("target_private")` for an address that is
        not public, `Permanent("target_redirects")` for too many; `Retryable`: `target_unresolved`,
        `target_unreachable`, `target_untrusted` (its certificate), `target_timeout`, `target_broken` (not HTTP, or a
        body that ends too early). None of them shows the address.
        """
        until = time.monotonic() + deadline
        target = self.check(url)
        for left in range(redirects, -1, -1):
            if not allowed(target.host):
                raise Permanent("target_not_allowed")
            call = Call(until, timeout)
            try:
                reply = self._ask(call, method, target, headers or {}, body)
                location = reply.headers.get("location", "")
                if not redirects or reply.status not in REDIRECTS or not location:
                    yield reply
                    return
            finally:
                call.close()
            if not left:
                break
            target = self.check(_joined(target.url, location))
        raise Permanent("target_redirects")

    def addresses(self, target: Target, timeout: float) -> Sequence[tuple[str, int]]:
        """All addresses of a target with its port, each checked. `Permanent("target_private")`, `Retryable`."""
        if target.private and (place := self.placed.get(target.name) or self.placed.get(target.host)):
            return [place]
        found: list[Sequence[str]] = []

        def look() -> None:
            try:
                found.append(self.resolve(target.host, target.port))
            except (OSError, UnicodeError):
                found.append(())

        # In a thread of its own, because a resolver knows no time-out.
        thread = threading.Thread(target=look, name="resolve", daemon=True)
        thread.start()
        thread.join(timeout)
        addresses = found[0] if found else ()
        if not addresses:
            raise Retryable("target_unresolved")
        if not target.private and not all(map(public, addresses)):
            raise Permanent("target_private")
        return [(address, target.port) for address in addresses]

    def _ask(self, call: Call, method: str, target: Target, headers: Mapping[str, str], body: bytes | None) -> Reply:
        addresses = self.addresses(target, call.left())
        sent = {"User-Agent": "mailroom", "Accept": "*/*", "Accept-Encoding": "identity", **headers}
        answer = call.ask(addresses[:TRIED], target, self._context(target.private), method, sent, body)
        received = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, received, target, call)

    def _context(self, private: bool) -> ssl.SSLContext:
        """Made once: reading the authorities costs tens of milliseconds."""
        if private not in self._contexts:
            make = self.private_trust if private and self.private_trust else self.trust
            self._contexts[private] = make()
        return self._contexts[private]


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        raise Permanent("target_malformed") from None
