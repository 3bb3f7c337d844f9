"""The HTTP server under every stand-in: one loopback port, a thread a connection, faults applied on the wire."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from infra.local.standins.control import Control, Fault, Reply, Request, fault_from, permitted, spoiled

MAX_BODY = 64 * 1024 * 1024
CHUNK = b" " * 65_536


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.connections: set[socket.socket] = set()
        self.resets: set[socket.socket] = set()
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if tls := self.stand_in.tls:  # shaken hands with in its own thread, at the first read
            connection = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.lock:
            self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.lock:
            self.connections.discard(request)
            reset = request in self.resets
            self.resets.discard(request)
        if reset:  # linger 0: close sends RST, and no FIN may go before it
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.close()
        elif isinstance(request, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                request.settimeout(1.0)
                request.unwrap()  # TLS's own goodbye: without it an end looks like a cut
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that disconnected is no event."""

    def hang_up(self) -> None:
        """End the kept-alive connections, as a service that goes down does."""
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer on a kept-alive connection waits 40 ms for an ACK
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what was asked is at `/_control/requests`."""

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if not 0 <= length <= MAX_BODY:
            self.close_connection = True
            self._send(Reply(413))
            return
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        stand_in = self.server.stand_in
        allowed = permitted(request, stand_in.control_token, tls=stand_in.tls is not None)
        reply = stand_in.serve(request) if allowed else Reply(403)
        if reply is None:
            self.close_connection = True
            with self.server.lock:
                self.server.resets.add(self.connection)
            return
        self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.content_type)
        if reply.pieces is not None:
            self._stream(reply.pieces, reply.length)
            return
        self.send_header("Content-Length", str(len(reply.body) + reply.padding + reply.missing))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(reply.body)
        for _ in range(reply.padding // len(CHUNK)):
            self.wfile.write(CHUNK)
        if reply.missing:
            self.close_connection = True

    def _stream(self, pieces: Iterator[bytes], length: int | None) -> None:
        """A body that is made on the way; the connection ends with it, whatever was promised."""
        self.close_connection = True
        self.send_header(*(("Connection", "close") if length is None else ("Content-Length", str(length))))
        self.end_headers()
        with contextlib.suppress(OSError):
            for piece in pieces:
                self.wfile.write(piece)


class StandIn(ABC):
    """A service on a loopback port. Use as a context manager, or `start` and `stop`.

    A stopped stand-in may be started again on its port with its memory kept: a service that was
    down. `fail` takes the fields of `Fault`. With `tls` it speaks HTTPS.
    """

    name: ClassVar[str]

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.control = Control()
        self.control_token = ""
        self.port = port
        self.tls = tls
        self._server: _Server | None = None
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        """Base address, without a slash at its end."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; with port 0 on a free one, which is kept from then on."""
        self._stopping.clear()
        self._server = _Server(self.port, self)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name=self.name, daemon=True).start()

    def stop(self) -> None:
        """Stop listening and hang up."""
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.hang_up()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def fail(self, **fields: Any) -> None:
        """Misbehave: see `Fault`."""
        self.control.fail(Fault(**fields))

    def clear(self) -> None:
        """Behave again."""
        self.control.clear()

    def serve(self, request: Request) -> Reply | None:
        """Answer a request; None resets the connection."""
        if request.path.startswith("/_control/"):
            return self._controlled(request)
        self.control.remember(request, self.shown(request.path))
        fault = self.control.fault_for(request.path)
        if fault is None:
            return self.answer(request)
        self._stopping.wait(fault.delay)
        if not fault.answers:
            reply = self.answer(request)
            self._stopping.wait(fault.hold)
            return reply
        if fault.after:
            self.answer(request)
        return None if fault.reset else spoiled(fault, self.error(fault.status or 200))

    def _controlled(self, request: Request) -> Reply:
        try:
            match request.method, request.path.removeprefix("/_control/"):
                case "POST", "fail":
                    self.control.fail(fault_from(request.json()))
                case "POST", "clear":
                    everything = bool(request.json().get("all"))
                    self.control.clear(requests=everything)
                    if everything:
                        self.forget()
                case "GET", "requests":
                    return Reply.of(self.control.requests)
                case "GET", "messages":
                    return Reply.of(self.messages)
                case _:
                    return self.controlled(request)
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            return Reply.of({"error": f"{type(problem).__name__}: {problem}"}, 400)
        return Reply.of({"ok": True})

    def shown(self, path: str) -> str:
        """The path as it is remembered: without a token."""
        return path

    def controlled(self, request: Request) -> Reply:
        """Further control routes of this service."""
        return Reply.of({"error": f"no control route {request.method} {request.path}"}, 404)

    @property
    @abstractmethod
    def messages(self) -> list[dict[str, Any]]:
        """What arrived, oldest first."""

    @abstractmethod
    def forget(self) -> None:
        """Start again, empty."""

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """The true answer."""

    @abstractmethod
    def error(self, status: int) -> Reply:
        """The service's own form of an error."""
