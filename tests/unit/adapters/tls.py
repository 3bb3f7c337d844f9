"""HTTPS on loopback under any name: a server whose certificate only the test's guard trusts."""

from __future__ import annotations

import functools
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from chalicelib.adapters.http.guard import Guard
from infra.local.certificates import Authority, authority
from tests.unit.adapters.broken import raw_server

LOOPBACK = "127.0.0.1"


@functools.cache
def shared_authority() -> Authority:
    """One for the whole session: making keys costs time."""
    return authority()


@functools.cache
def server_tls(*names: str) -> ssl.SSLContext:
    """The certificate of a server of these names."""
    return shared_authority().server(names)


class Names:
    """A resolver that the test writes: host → its answers, one a question; the last one stays."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(held) for name, held in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        held = self.answers.get(host, [[LOOPBACK]])
        return held.pop(0) if len(held) > 1 else held[0]


def guard_for(*private: str, names: Names | None = None) -> Guard:
    """A guard that trusts the test's authority, and lets these `host:port` be on loopback."""
    return Guard(names or Names(), private, trust=shared_authority().trust)


@contextmanager
def raw_tls_server(talk: Callable[[ssl.SSLSocket], None], name: str = "files.example") -> Iterator[int]:
    """As `raw_server`, after a handshake; `talk` ends the TLS session itself if it likes to."""
    context = server_tls(name)

    def secured(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            talk(wrapped)

    with raw_server(secured) as port:
        yield port
