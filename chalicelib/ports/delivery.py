"""Ports to what follows a stored mail: files of links that are off-loaded, and webhooks to receivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from chalicelib.core.messages import Envelope, Receipt


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the file of one link got; all of it survives the worker.

    `tries` counts attempts since the last part that was kept. `upload` is the multipart upload's id, `parts` the tags
    of its parts, `validator` what says that the file at the source is still the same (ETag or Last-Modified), `total`
    its bytes where known. `whole`: every byte is in a part, and only the end is missing.
    """

    tries: int = 0
    key: str = ""
    upload: str = ""
    parts: tuple[str, ...] = ()
    validator: str = ""
    name: str = ""
    content_type: str = ""
    total: int | None = None
    whole: bool = False


class LinkStore(Protocol):
    """The links of stored mails and what became of them (PostgreSQL); sources and keys are sealed there."""

    def begin(self, mail_id: str, position: int, provider: str, url: str) -> Progress | None:
        """Count one more try; how far the file got, None when there is nothing to do (any more). `Retryable`."""

    def save(self, mail_id: str, position: int, progress: Progress, before: Progress) -> bool:
        """Keep `progress`; False when another worker got further than `before` meanwhile. `Retryable`."""

    def stored(self, mail_id: str, position: int, progress: Progress) -> None:
        """The file is in the bucket. `Retryable`."""

    def given_up(self, mail_id: str, position: int, reason: str) -> Progress:
        """The mail goes on with the original link; `reason` is a code. The answer is how far it got. `Retryable`."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file whose bytes come by `read(size)`, empty at the end (`Retryable`); `start` is where they begin in it."""

    start: int
    total: int | None
    validator: str
    name: str
    content_type: str
    read: Callable[[int], bytes]


class Downloads(Protocol):
    """Files of links, through the guard."""

    def open(
        self, url: str, hosts: Sequence[str], start: int, validator: str, timeout: float, deadline: float
    ) -> AbstractContextManager[Download]:
        """Ask for the file, from byte `start` on if it still is the one with `validator`; else from its front.

        Only from `hosts` (`*.example.org` stands for subdomains), redirects included. `timeout` and `deadline` in
        seconds. `Permanent`: the guard's codes, `link_gone`, `link_not_a_file`, `link_encoded`. `Retryable`.
        """


class FileTarget(Protocol):
    """Where off-loaded files go: an S3-compatible bucket."""

    def begin(self, key: str, name: str, content_type: str) -> str:
        """Begin a file of several parts; its upload id. `Retryable("bucket_unavailable")`, also below."""

    def part(self, key: str, upload: str, number: int, data: bytes | bytearray) -> str:
        """Part `number` (from 1; all but the last of the same size); its tag. `Permanent("upload_gone")`."""

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        """Make the parts one file. `Permanent("upload_gone")`."""

    def abort(self, key: str, upload: str) -> None:
        """Forget the parts; an upload that is gone is no error."""

    def put(self, key: str, data: bytes | bytearray, name: str, content_type: str) -> None:
        """A small file at once."""

    def size(self, key: str) -> int | None:
        """Bytes of a file that is there, else None."""

    def delete(self, key: str) -> None:
        """Remove; a file that is not there is no error."""


@dataclass(frozen=True, slots=True)
class Processed:
    """A stored mail, anonymized, as a webhook reports it; times are ISO 8601."""

    mail_id: str
    account: str
    source: str
    received_at: str
    sent_at: str | None
    sender: str
    subject: str
    body: str
    recipients: tuple[str, ...]
    attachments: tuple[str, ...]
    language: str
    category: str
    urgency: str
    confidence: float


@dataclass(frozen=True, slots=True)
class FileLink:
    """A link of a mail: where its file lies now (`key`), or why the original `url` is all there is (`reason`)."""

    provider: str
    url: str
    key: str = ""
    name: str = ""
    content_type: str = ""
    size: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WebhookClaim:
    """What there is to deliver. `mail` is None where none is stored (any more), `delivered`: the destination has it.

    `clear` is clear text of sender, subject, body and recipients, `links` are the off-loaded links in their order.
    """

    mail: Processed | None
    delivered: bool = False
    clear: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[FileLink, ...] = ()


class DeliveryStore(Protocol):
    """What a webhook is made of, and the record of its delivery (PostgreSQL). All raise `Retryable`."""

    def claim(self, mail_id: str, destination: str, clear: Sequence[str], links: bool) -> WebhookClaim:
        """Begin a delivery, and read what it needs: the clear text of these fields, and its links where asked for.

        Without a stored mail, and where the destination has the mail already, nothing is recorded.
        """

    def delivered(self, mail_id: str, destination: str, status: int, receipt: Receipt) -> None:
        """One more attempt, and the destination has the mail; the receipt is added to the mail's."""

    def failed(self, mail_id: str, destination: str, code: str, final: bool) -> None:
        """One more attempt, which failed, for good where `final`."""

    def given_up(self, mail_id: str, destination: str, code: str) -> None:
        """It waits no longer: its message failed for good. Without a record, or delivered, nothing changes."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A webhook that waits: its message, whose routing names its one destination, and its attempts so far."""

    message: Envelope
    attempts: int


class OpenDeliveries(Protocol):
    """The webhooks of stored mails that wait for their delivery (PostgreSQL). All raise `Retryable`.

    `waits` are seconds by number of attempts, the last for all more: so long after its last change (mail stored,
    delivery begun, attempt failed) a webhook is overdue. `rests` are seconds by number of times that it was sent again.
    """

    def count(self, now: datetime, waits: Sequence[float]) -> tuple[int, int]:
        """How many wait, and how many of them are overdue."""

    def due(self, now: datetime, waits: Sequence[float], rests: Sequence[float], limit: int) -> list[Overdue]:
        """Overdue ones, oldest first, whose pause since they were sent again is over; none without a pause left."""

    def resent(self, pairs: Sequence[tuple[str, str]], at: datetime) -> None:
        """Remember that these (mail id, destination) were sent again."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A receiver's answer; `retry_after` in seconds where it asked for a wait."""

    status: int
    retry_after: float | None = None


class Receiver(Protocol):
    """Receivers of webhooks, through the guard."""

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Answered:
        """POST; the answer's body is not looked at. `Permanent` and `Retryable` of the guard."""
