"""Stand-in for the world outside: a provider of files and a receiver of webhooks, over HTTPS under any name.

Control routes beside the common ones, all POST:

- `file` {path, size, seed?, name?, type?, ranges?, told?, endless?, pause?, cut?, redirect?} puts a file under a path.
  Its bytes are made while they are sent. `told` is a Content-Length that lies, `endless` never ends, `pause` is slept
  before each piece of 64 KiB (a drip), `cut` (bytes, from an answer's front) hangs up once for each number in the list.
- Everything that is POSTed elsewhere is a webhook: `messages` has them, 204 is the answer.
"""

from __future__ import annotations

import base64
import hashlib
import random
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from infra.local.standins.control import Reply, Request
from infra.local.standins.server import StandIn

BLOCK = 1024 * 1024
PIECE = 64 * 1024
REMEMBERED = 5_000


@dataclass
class File:
    """A file that is not kept: byte `n` is always the same."""

    size: int
    seed: int = 0
    name: str = ""
    type: str = "application/octet-stream"
    ranges: bool = True
    told: int | None = None
    endless: bool = False
    pause: float = 0.0
    cut: list[int] = field(default_factory=list)
    redirect: str = ""
    _base: bytes = field(default=b"", init=False, repr=False)

    def __post_init__(self) -> None:
        self._base = random.Random(self.seed).randbytes(BLOCK)  # noqa: S311 - content for tests

    def bytes_from(self, start: int) -> Iterator[bytes]:
        """The content from a byte on, in pieces."""
        place = start
        while self.endless or place < self.size:
            number, within = divmod(place, BLOCK)
            block = number.to_bytes(8, "big") + self._base[8:]
            stop = BLOCK if self.endless else min(BLOCK, within + self.size - place)
            for begin in range(within, stop, PIECE):
                yield block[begin : min(begin + PIECE, stop)]
            place += stop - within

    def sha256(self) -> str:
        """Of the whole content."""
        digest = hashlib.sha256()
        for piece in self.bytes_from(0):
            digest.update(piece)
        return digest.hexdigest()


class OutsideStandIn(StandIn):
    """Files by path, and the webhooks that came (`messages`: path, headers, body in base64)."""

    name: ClassVar[str] = "outside"

    def __init__(self, port: int = 0, tls: Any = None) -> None:
        super().__init__(port, tls)
        self.files: dict[str, File] = {}
        self._hooks: list[dict[str, Any]] = []

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self._hooks)

    def forget(self) -> None:
        self.files.clear()
        self._hooks.clear()

    def error(self, status: int) -> Reply:
        return Reply(status, b"no", "text/plain")

    def controlled(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", "/_control/file"):
            return super().controlled(request)
        told = dict(request.json())
        path = str(told.pop("path"))
        self.files[path] = File(**told)
        return Reply.of({"ok": True})

    def answer(self, request: Request) -> Reply:
        if request.method == "POST":
            headers = dict(request.headers)
            told = {"path": request.path, "headers": headers, "body": base64.b64encode(request.body).decode()}
            self._hooks = [*self._hooks[-REMEMBERED:], told | {"at": time.time()}]
            return Reply(204)
        file = self.files.get(request.path)
        if file is None:
            return Reply(404, b"<html>gone</html>", "text/html")
        if file.redirect:
            return Reply(302, headers={"Location": file.redirect})
        return self._sent(file, request.headers)

    def _sent(self, file: File, asked: Mapping[str, str]) -> Reply:
        etag = f'"{file.seed}-{file.size}"'
        headers = {"ETag": etag, "Accept-Ranges": "bytes" if file.ranges else "none"}
        if file.name:
            headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
        start, status = 0, 200
        wanted = re.fullmatch(r"bytes=(\d+)-", asked.get("range", ""))
        if wanted and file.ranges and asked.get("if-range", etag) == etag:
            start, status = int(wanted[1]), 206
            if start >= file.size:
                return Reply(416, headers={"Content-Range": f"bytes */{file.size}"})
            headers["Content-Range"] = f"bytes {start}-{file.size - 1}/{file.size}"
        length = None if file.endless and file.told is None else file.told or file.size - start
        cut = file.cut.pop(0) if file.cut else None
        return Reply(
            status, content_type=file.type, headers=headers, pieces=self._pieces(file, start, cut), length=length
        )

    def _pieces(self, file: File, start: int, cut: int | None) -> Iterator[bytes]:
        sent = 0
        for piece in file.bytes_from(start):
            if self._stopping.wait(file.pause) or (cut is not None and sent >= cut):
                return
            yield piece
            sent += len(piece)


class Behind(StandIn):
    """The same service without TLS, for who controls it."""

    name: ClassVar[str] = "outside_control"

    def __init__(self, service: StandIn, port: int = 0) -> None:
        super().__init__(port)
        self._service = service

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self._service.messages

    def forget(self) -> None:
        self._service.forget()

    def error(self, status: int) -> Reply:
        return self._service.error(status)

    def serve(self, request: Request) -> Reply | None:
        return self._service.serve(request)

    def answer(self, request: Request) -> Reply:
        return self._service.answer(request)
