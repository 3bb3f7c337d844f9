"""A small HTTP client for vendors' APIs: bounded answers, bounded time, no redirect, no retry, no vendor exception."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from chalicelib.adapters.http.tls import client_context
from chalicelib.adapters.http.waits import MAX_WAIT as MAX_WAIT
from chalicelib.adapters.http.waits import bounded_wait as bounded_wait
from chalicelib.adapters.http.waits import retry_after
from chalicelib.core.errors import Retryable

CHUNK = 65_536


class AnswerTooLarge(Exception):
    """The answer is larger than its limit; the caller says what that means."""


class Unanswered(Retryable):
    """The request may have been carried out: its answer is missing or incomplete."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `content_type` is lower-case without parameters."""

    status: int
    content_type: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object, or None for anything else (HTML, garbage, a list)."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @property
    def retry_after(self) -> float | None:
        """`Retry-After` in seconds (RFC 9110 section 10.2.3: seconds or a date), else `X-RateLimit-Reset`."""
        return retry_after(self.headers.get("Retry-After") or self.headers.get("X-RateLimit-Reset") or "")


class HttpClient:
    """One `requests.Session` per container, made at the first call.

    `timeout` is (connect, read) in seconds; the read time-out alone would let a server drip for
    hours, so `deadline` bounds the whole call. Every failure of the network raises
    `Retryable(unavailable)` without its cause: vendors' exceptions quote the address, and some
    addresses hold a token. It is `Unanswered` unless the request certainly never arrived. `tls` makes
    the context of the session's HTTPS connections, to which `requests` adds the public authorities.
    """

    def __init__(
        self,
        unavailable: str,
        timeout: tuple[float, float] = (3.05, 10.0),
        deadline: float = 25.0,
        tls: Callable[[], ssl.SSLContext] = client_context,
    ) -> None:
        self._unavailable = unavailable
        self._timeout = timeout
        self._deadline = deadline
        self._tls = tls
        self._session: requests.Session | None = None

    def _open(self) -> requests.Session:
        if self._session is None:
            session = requests.Session()
            # The environment's proxies would see the tokens, and a .netrc would replace them.
            session.trust_env = False
            session.mount("https://", _Https(self._tls()))
            # No compression: the limit then counts the bytes of the wire, and no answer can be a bomb.
            session.headers.update({"Accept-Encoding": "identity", "User-Agent": "mailroom"})
            self._session = session
        return self._session

    def call(
        self,
        method: str,
        url: str,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        payload: object = None,
    ) -> Answer:
        """Make one request and read at most `limit` bytes. Raises `AnswerTooLarge`, `Retryable`."""
        until = time.monotonic() + self._deadline
        try:
            with self._open().request(
                method,
                url,
                headers=headers,
                params=params,
                json=payload,
                timeout=self._timeout,
                stream=True,
                allow_redirects=False,
            ) as response:
                return Answer(
                    response.status_code,
                    response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
                    response.headers,
                    self._read(response, limit, until),
                )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = Retryable if _never_sent(error) else Unanswered
            raise failure(self._unavailable) from None

    def _read(self, response: requests.Response, limit: int, until: float) -> bytes:
        length = response.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and int(length[:18]) > limit:
            raise AnswerTooLarge
        body = bytearray()
        # One piece as it arrives: `iter_content` waits for a full chunk, and a slow server stretches that for ever.
        while chunk := response.raw.read1(CHUNK):
            body += chunk
            if len(body) > limit:
                raise AnswerTooLarge
            if time.monotonic() > until:
                raise Unanswered(self._unavailable)
        if response.status_code < 300 and not _shows_its_end(response):
            raise Unanswered(self._unavailable)
        return bytes(body)

    def close(self) -> None:
        """End the kept connections; the next call opens new ones."""
        if self._session is not None:
            self._session.close()
            self._session = None


class _Https(HTTPAdapter):
    """`requests` would make a context of its own, in which a cut connection is a complete answer."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *given: Any, **options: Any) -> None:
        super().init_poolmanager(*given, **options, ssl_context=self._context)


def _never_sent(error: Exception) -> bool:
    """Whether no byte of the request can have reached the other side: no connection, a bad certificate, a bad URL."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    if isinstance(error, requests.RequestException) and isinstance(error, ValueError):  # what cannot be asked at all
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    inner = reason.args[0] if reason is not None and reason.args else None
    return isinstance(inner, ssl.SSLCertVerificationError)


def _shows_its_end(response: requests.Response) -> bool:
    """Whether a cut answer would differ from a complete one: by a length, chunks, no body at all, or TLS's goodbye."""
    headers = response.headers
    framed = "Content-Length" in headers or headers.get("Transfer-Encoding", "").lower().endswith("chunked")
    return framed or response.status_code == 204 or response.url.startswith("https:")
