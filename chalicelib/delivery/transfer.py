"""One file from its source into the bucket: part by part, in bounded memory, continued where a worker ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from chalicelib.core.errors import Permanent, Postponed, Retryable
from chalicelib.ports import Download, FileTarget, Progress

PART = 8 * 1024 * 1024
"""Bytes of a part. S3 takes 10,000 parts of 5 MiB to 5 GiB, R2 only equal ones. A transfer holds two in memory."""
CHUNK = 256 * 1024
MIN_BYTES = 64 * 1024
"""Bytes that a source must send within its time-out."""

UNFINISHED = "offload_unfinished"
"""Not a failure: this invocation's time is over, and the next one continues from the parts that are kept."""
TOO_SLOW = "link_too_slow"


@dataclass
class Transfer:
    """`keep(now, before)` makes progress durable, False when another worker got further; `limit` is in bytes.

    `seconds` is the source's time-out, `until` (by `clock`) the end of this worker's time.
    """

    target: FileTarget
    keep: Callable[[Progress, Progress], bool]
    limit: int
    seconds: float
    until: float
    clock: Callable[[], float]

    def run(
        self,
        held: Progress,
        source: Callable[[int, str], AbstractContextManager[Download]],
        key_of: Callable[[str], str],
    ) -> Progress:
        """The finished file. `source(start, validator)` opens it, `key_of(name)` says where it goes.

        `Permanent("file_too_large")`, and the errors of source and target; `Retryable`.
        """
        if held.whole:
            return self._complete(held)
        start = len(held.parts) * PART
        with source(start, held.validator) as download:
            if download.total is not None and download.total > self.limit:
                raise Permanent("file_too_large")
            if download.start != start:
                held = self._forget(held)
            if not held.key:
                found = replace(held, name=download.name, content_type=download.content_type, total=download.total)
                held = replace(found, validator=download.validator, key=key_of(download.name))
            return self._receive(held, download)

    def _receive(self, held: Progress, download: Download) -> Progress:
        received = download.start
        buffer = bytearray()
        for piece in self._pieces(download, buffer):
            buffer += piece
            received += len(piece)
            if received > self.limit:
                raise Permanent("file_too_large")
            if len(buffer) == PART:
                held = self._part(held, buffer)
                buffer.clear()
        if download.total is not None and received != download.total:
            raise Retryable("target_broken")
        if not held.upload:
            self.target.put(held.key, buffer, held.name, held.content_type)
            return replace(held, total=received, whole=True)
        if buffer:
            held = self._part(held, buffer)
        return self._complete(self._kept(replace(held, total=received, whole=True), held))

    def _pieces(self, download: Download, buffer: bytearray) -> Iterator[bytes]:
        """Pieces that fit into the part. Raises when the source is too slow or the worker's time is over."""
        window, came = self.clock() + self.seconds, 0
        while piece := download.read(min(CHUNK, PART - len(buffer))):
            yield piece
            now = self.clock()
            came += len(piece)
            if now > self.until:
                raise Postponed(UNFINISHED, after=0)
            if now > window:
                if came < MIN_BYTES:
                    raise Retryable(TOO_SLOW)
                window, came = now + self.seconds, 0

    def _part(self, held: Progress, data: bytearray) -> Progress:
        if not held.upload:
            begun = replace(held, upload=self.target.begin(held.key, held.name, held.content_type))
            try:
                held = self._kept(begun, held)
            except Retryable:
                self.target.abort(begun.key, begun.upload)
                raise
        try:
            tag = self.target.part(held.key, held.upload, len(held.parts) + 1, data)
        except Permanent as error:
            raise self._gone(held, error) from None
        return self._kept(replace(held, parts=(*held.parts, tag), tries=0), held)

    def _complete(self, held: Progress) -> Progress:
        try:
            self.target.complete(held.key, held.upload, held.parts)
        except Permanent as error:
            # A worker that died after completing the upload left the file behind.
            if error.code != "upload_gone" or self.target.size(held.key) != held.total:
                raise self._gone(held, error) from None
        return held

    def _gone(self, held: Progress, error: Permanent) -> Permanent | Retryable:
        """Restart an upload that the bucket no longer knows."""
        if error.code != "upload_gone":
            return error
        self._forget(held)
        return Retryable("offload_restarted")

    def _forget(self, held: Progress) -> Progress:
        if held.upload:
            self.target.abort(held.key, held.upload)
        return self._kept(Progress(tries=held.tries), held)

    def _kept(self, now: Progress, before: Progress) -> Progress:
        if not self.keep(now, before):
            raise Retryable("offload_overtaken")
        return now
