"""Files of links over HTTPS, through the guard: from the provider's hosts only, continued by Range where that goes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from chalicelib.adapters.http.guard import Guard, Reply
from chalicelib.adapters.http.waits import retry_after
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.hosts import of_host
from chalicelib.mail.filenames import from_headers
from chalicelib.ports import Download

REDIRECTS = 5
MAX_WAIT = 300.0
"""Seconds that a source may ask us to wait: the mail's webhooks wait with it."""
RANGE_NOT_SATISFIABLE = 416
BUSY = frozenset({408, 425, 429})
PLAIN_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
UNKNOWN_TYPE = "application/octet-stream"
RANGE = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/([0-9]{1,15}|\*)")


class GuardedDownloads:
    """`ports.Downloads`."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    @contextmanager
    def open(
        self, url: str, hosts: Sequence[str], start: int, validator: str, timeout: float, deadline: float
    ) -> Iterator[Download]:
        until = time.monotonic() + deadline

        def ask(headers: dict[str, str]) -> AbstractContextManager[Reply]:
            return self._guard.open(
                "GET",
                url,
                headers=headers,
                allowed=lambda host: of_host(host, hosts),
                redirects=REDIRECTS,
                timeout=timeout,
                deadline=until - time.monotonic(),
            )

        if start and validator:  # without a proof that it is the same file, what follows may be of another one
            with ask({"Range": f"bytes={start}-", "If-Range": validator}) as reply:
                if reply.status != RANGE_NOT_SATISFIABLE:
                    yield _download(reply, start)
                    return
        with ask({}) as reply:
            yield _download(reply, 0)


def _download(reply: Reply, start: int) -> Download:
    headers = reply.headers
    if reply.status in BUSY or reply.status >= 500:
        wait = retry_after(headers.get("retry-after", ""))
        raise Retryable("link_unavailable", after=None if wait is None else min(wait, MAX_WAIT))
    if reply.status not in (200, 206):
        raise Permanent("link_gone")
    if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise Permanent("link_encoded")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    disposition = headers.get("content-disposition", "")
    if kind in ("text/html", "application/xhtml+xml") and not disposition.lower().startswith("attachment"):
        raise Permanent("link_not_a_file")  # a page for people: a password, a consent, a share that has expired
    begins, total = 0, _number(headers.get("content-length", ""))
    if reply.status == 206:  # RFC 9110 section 15.3.7
        found = RANGE.fullmatch(headers.get("content-range", "").strip())
        if not found or int(found[1]) != start:
            raise Permanent("link_gone")
        begins, total = start, _number(found[2])
    etag = headers.get("etag", "")
    return Download(
        start=begins,
        total=total,
        # A weak ETag is no proof for bytes (RFC 9110 section 13.1.5).
        validator=(etag if etag.startswith('"') else headers.get("last-modified", ""))[:500],
        name=from_headers(disposition, reply.target.url),
        content_type=kind if PLAIN_TYPE.fullmatch(kind) else UNKNOWN_TYPE,
        read=reply.read,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None
