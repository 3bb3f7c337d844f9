"""What follows a stored mail, in memory: link store, bucket, sources of files, delivery store and receivers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from chalicelib.adapters.postgres import store_rows as rows
from chalicelib.core.errors import MailroomError, Permanent, Retryable
from chalicelib.core.hosts import of_host
from chalicelib.core.messages import Receipt
from chalicelib.ports import Answered, Download, FileLink, Processed, Progress, WebhookClaim
from tests.twins.store import Delivery, MemoryMailStore


@dataclass
class Held:
    """A row of `ingestion.links`."""

    provider: str
    url: str
    progress: Progress = field(default_factory=Progress)
    state: str = "waiting"
    reason: str = ""


@dataclass
class MemoryLinkStore:
    """`ports.LinkStore`; the mails are those of `store`."""

    store: MemoryMailStore
    rows: dict[tuple[str, int], Held] = field(default_factory=dict)
    down: bool = False

    def begin(self, mail_id: str, position: int, provider: str, url: str) -> Progress | None:
        self._answer()
        if mail_id not in self.store.emails:
            return None
        row = self.rows.setdefault((mail_id, position), Held(provider, url))
        if row.state != "waiting":
            return None
        row.progress = replace(row.progress, tries=row.progress.tries + 1)
        return row.progress

    def save(self, mail_id: str, position: int, progress: Progress, before: Progress) -> bool:
        self._answer()
        row = self.rows[mail_id, position]
        known = (row.progress.upload, len(row.progress.parts))
        if row.state != "waiting" or known != (before.upload, len(before.parts)):
            return False
        row.progress = progress
        return True

    def stored(self, mail_id: str, position: int, progress: Progress) -> None:
        self._settle(mail_id, position, "stored", "", replace(progress, upload="", parts=()))

    def given_up(self, mail_id: str, position: int, reason: str) -> Progress:
        left = self.rows[mail_id, position].progress
        return left if self._settle(mail_id, position, "original", reason, left) else Progress()

    def _settle(self, mail_id: str, position: int, state: str, reason: str, progress: Progress) -> bool:
        self._answer()
        row = self.rows[mail_id, position]
        if row.state != "waiting":
            return False
        row.state, row.reason, row.progress = state, reason, progress
        return True

    def _answer(self) -> None:
        if self.down:
            raise Retryable("database_unavailable")


@dataclass
class MemoryBucket:
    """`ports.FileTarget`; `files` is what it holds. `fail` holds errors for the next calls, by method."""

    files: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, tuple[str, str]] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    fail: dict[str, list[MailroomError]] = field(default_factory=dict)
    largest: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def begin(self, key: str, name: str, content_type: str) -> str:
        self._answer("begin")
        upload = f"upload-{next(self._numbers)}"
        self.uploads[upload] = {}
        self.types[key] = (name, content_type)
        return upload

    def part(self, key: str, upload: str, number: int, data: bytes | bytearray) -> str:
        self._answer("part")
        self._known(upload)[number] = bytes(data)
        self.largest = max(self.largest, len(data))
        return f'"tag-{number}"'

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        self._answer("complete")
        held = self._known(upload)
        self.files[key] = b"".join(held[number] for number in range(1, len(parts) + 1))
        del self.uploads[upload]
        self._answer("completed")

    def abort(self, key: str, upload: str) -> None:
        self.uploads.pop(upload, None)

    def put(self, key: str, data: bytes | bytearray, name: str, content_type: str) -> None:
        self._answer("put")
        self.files[key] = bytes(data)
        self.types[key] = (name, content_type)

    def size(self, key: str) -> int | None:
        return len(self.files[key]) if key in self.files else None

    def delete(self, key: str) -> None:
        self._answer("delete")
        self.files.pop(key, None)

    def _known(self, upload: str) -> dict[int, bytes]:
        if upload not in self.uploads:
            raise Permanent("upload_gone")
        return self.uploads[upload]

    def _answer(self, method: str) -> None:
        if self.fail.get(method):
            raise self.fail[method].pop(0)


@dataclass
class Source:
    """A file at a provider. `cut` ends the answer with a failure after so many bytes; `ranges`: it can be continued."""

    data: bytes = b""
    name: str = "file.bin"
    content_type: str = "application/zip"
    validator: str = '"v1"'
    ranges: bool = True
    reported: int | None = None
    cut: list[int] = field(default_factory=list)
    error: list[MailroomError] = field(default_factory=list)
    piece: int = 1 << 16
    on_read: Callable[[], None] = lambda: None


@dataclass
class MemoryDownloads:
    """`ports.Downloads` over `sources` by URL; `asked` keeps (URL, hosts, start, time-out)."""

    sources: dict[str, Source] = field(default_factory=dict)
    asked: list[tuple[str, tuple[str, ...], int, float]] = field(default_factory=list)

    @contextmanager
    def open(
        self, url: str, hosts: Sequence[str], start: int, validator: str, timeout: float, deadline: float
    ) -> Iterator[Download]:
        if not of_host(urlsplit(url).hostname or "", hosts):
            raise Permanent("target_not_allowed")
        self.asked.append((url, tuple(hosts), start, timeout))
        if url not in self.sources:
            raise Permanent("link_gone")
        source = self.sources[url]
        if source.error:
            raise source.error.pop(0)
        begins = start if source.ranges and validator == source.validator else 0
        end = source.cut.pop(0) if source.cut else None
        place = begins

        def read(size: int) -> bytes:
            nonlocal place
            source.on_read()
            stop = min(place + min(size, source.piece), len(source.data), len(source.data) if end is None else end)
            if end is not None and place >= end:
                raise Retryable("target_broken")
            piece = source.data[place:stop]
            place += len(piece)
            return piece

        total = source.reported if source.reported is not None else len(source.data)
        yield Download(begins, total, source.validator, source.name, source.content_type, read)


@dataclass
class MemoryDeliveryStore:
    """`ports.DeliveryStore` over the twins of the mail store and of the link store."""

    store: MemoryMailStore
    held: MemoryLinkStore

    @property
    def rows(self) -> dict[tuple[str, str], Delivery]:
        """The rows that the store's transaction made, and more."""
        return self.store.deliveries

    def claim(self, mail_id: str, destination: str, clear: Sequence[str], links: bool) -> WebhookClaim:
        mail = self._processed(mail_id)
        if mail is None:
            return WebhookClaim(None)
        row = self.rows.setdefault((mail_id, destination), Delivery())
        if row.state == "delivered":
            return WebhookClaim(mail, delivered=True)
        row.state, row.resent, row.resent_at = "waiting", 0, None
        row.last_at = datetime.now(UTC)
        files = [_link(held) for (of, _), held in sorted(self.held.rows.items(), key=lambda i: i[0]) if of == mail_id]
        return WebhookClaim(mail, clear=self._clear(mail_id, clear), links=tuple(files) if links else ())

    def delivered(self, mail_id: str, destination: str, status: int, receipt: Receipt) -> None:
        row = self.rows.get((mail_id, destination))
        if row is not None and row.state != "delivered":
            row.state, row.status, row.code = "delivered", status, ""
            row.attempts += 1
        self.store.add_receipts([(mail_id, receipt)])

    def failed(self, mail_id: str, destination: str, code: str, final: bool) -> None:
        row = self.rows.get((mail_id, destination))
        if row is not None and row.state != "delivered":
            row.state, row.code = "refused" if final else "waiting", code
            row.attempts += 1
            row.last_at = datetime.now(UTC)

    def given_up(self, mail_id: str, destination: str, code: str) -> None:
        row = self.rows.get((mail_id, destination))
        if row is not None and row.state == "waiting":
            row.state, row.code = "refused", code

    def _processed(self, mail_id: str) -> Processed | None:
        entry, row = self.store.ledger.get(mail_id), self.store.emails.get(mail_id)
        if entry is None or row is None or entry.state != "stored":
            return None
        return Processed(
            mail_id=mail_id,
            account=row["account"],
            source=self.store.sources[mail_id],
            received_at=row["received_at"],
            sent_at=row["sent_at"],
            sender=row["sender"],
            subject=row["subject"],
            body=row["body"],
            recipients=tuple(row["recipients"]),
            attachments=tuple(row["attachments"]),
            language=row["language"],
            category=row["category"],
            urgency=row["urgency"],
            confidence=row["confidence"],
        )

    def _clear(self, mail_id: str, fields: Sequence[str]) -> dict[str, Any]:
        if mail_id not in self.store.originals:
            return {}
        original = self.store.originals[mail_id]
        named: Mapping[str, Any] = rows.original_values(original) | {"recipients": list(original.recipients)}
        return {name: named[name] for name in ("sender", "subject", "body", "recipients") if name in fields}


def _link(held: Held) -> FileLink:
    progress = held.progress
    if held.state != "stored":
        return FileLink(held.provider, held.url, reason=held.reason)
    return FileLink(held.provider, held.url, progress.key, progress.name, progress.content_type, progress.total)


@dataclass
class MemoryReceiver:
    """`ports.Receiver`: `answers` are given first, errors raised; then everything is taken."""

    answers: list[Answered | MailroomError] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Answered:
        self.got.append((url, headers, body))
        answer = self.answers.pop(0) if self.answers else Answered(204)
        if isinstance(answer, MailroomError):
            raise answer
        return answer
