"""A server that can do anything wrong, and the ways in which the adapters' tests make it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from infra.local.standins.control import Reply, Request
from infra.local.standins.server import StandIn

MISBEHAVIOURS: dict[str, dict[str, Any]] = {
    "status 500": {"status": 500},
    "status 503": {"status": 503},
    "a late answer": {"delay": 1.0},
    "HTML with status 200": {"body": "html"},
    "HTML with status 502": {"status": 502, "body": "html"},
    "garbage": {"body": "garbage"},
    "an empty answer": {"body": "empty"},
    "an oversized answer": {"body": "huge"},
    "a truncated answer": {"body": "truncated"},
    "a connection reset": {"reset": True},
}
"""Name → fields of `Fault`."""


class Anything(StandIn):
    """Answers everything with `reply`."""

    name: ClassVar[str] = "anything"

    def __init__(self, reply: Reply | None = None) -> None:
        super().__init__()
        self.reply = reply or Reply.of({})

    @property
    def messages(self) -> list[dict[str, Any]]:
        return []

    def forget(self) -> None:
        pass

    def answer(self, request: Request) -> Reply:
        return self.reply

    def error(self, status: int) -> Reply:
        return Reply(status)


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A loopback port where each connection is given to `talk` and then closed."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    talk(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
