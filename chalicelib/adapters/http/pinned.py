"""One HTTPS request to an address that was chosen before: bounded in time as a whole, no vendor's exception."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from chalicelib.adapters.http.targets import Target
from chalicelib.core.errors import Retryable


class Pinned(http.client.HTTPConnection):
    """A connection that is made already; the library must not resolve the name by itself."""

    def __init__(self, target: Target, made: ssl.SSLSocket) -> None:
        self.default_port = 443
        super().__init__(target.host, target.port)
        self.sock = made

    def connect(self) -> None:
        """Never again."""
        raise http.client.NotConnected


class Call:
    """A request, its socket and its clock. `until` is monotonic, `timeout` the seconds of each step."""

    def __init__(self, until: float, timeout: float) -> None:
        self._until = until
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._answer: http.client.HTTPResponse | None = None
        self._expired = False
        # A read's time-out is never met by a server that drips: when all the time is over, the line is cut.
        self._clock = threading.Timer(max(until - time.monotonic(), 0), self._cut)
        self._clock.daemon = True

    def left(self) -> float:
        """Seconds for the next step. `Retryable("target_timeout")`."""
        left = min(self._until - time.monotonic(), self._timeout)
        if left <= 0:
            raise Retryable("target_timeout")
        return left

    def ask(
        self,
        addresses: Sequence[tuple[str, int]],
        target: Target,
        trust: ssl.SSLContext,
        method: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> http.client.HTTPResponse:
        """Connect to the first address that answers and send; the body is not read yet. `Retryable`."""
        self._clock.start()
        with self._translated("target_unreachable"):
            raw = self._connect(addresses)
            # An end without TLS's own goodbye is an error: the last bytes may be missing.
            made = trust.wrap_socket(
                raw, server_hostname=target.host, do_handshake_on_connect=False, suppress_ragged_eofs=False
            )
            self._hold(made)
            made.do_handshake()
        with self._translated("target_broken"):
            connection = Pinned(target, made)
            connection.request(method, target.path, body=body, headers=dict(headers))
            self._answer = connection.getresponse()
        return self._answer

    def read(self, size: int) -> bytes:
        """The next piece as it comes, empty at the end. `Retryable`."""
        assert self._answer is not None
        with self._translated("target_broken"):
            data = self._answer.read1(size)
            if not data and self._answer.length:  # fewer bytes than were promised
                raise http.client.IncompleteRead(b"")
        return data

    def close(self) -> None:
        """Hang up."""
        self._clock.cancel()
        if self._answer is not None:
            self._answer.close()
        if self._socket is not None:
            self._socket.close()

    def _connect(self, addresses: Sequence[tuple[str, int]]) -> socket.socket:
        failure = OSError()
        for address in addresses:
            try:
                made = socket.create_connection(address, self.left())
            except OSError as error:
                failure = error
                continue
            made.settimeout(self._timeout)
            self._hold(made)
            return made
        raise failure

    def _hold(self, made: socket.socket) -> None:
        self._socket = made
        if self._expired:  # the clock ran out before it had this to cut
            raise TimeoutError

    def _cut(self) -> None:
        self._expired = True
        if self._socket is not None:
            with suppress(OSError):  # the plain socket's method: TLS's takes the session away from under a read
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    @contextmanager
    def _translated(self, code: str) -> Iterator[None]:
        """No error of the library passes: they quote addresses."""
        try:
            yield
            if self._expired:
                raise TimeoutError
        except ssl.SSLCertVerificationError:
            raise Retryable("target_untrusted") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = self._expired or isinstance(error, TimeoutError)
            raise Retryable("target_timeout" if late else code) from None
