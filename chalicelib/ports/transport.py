"""Ports to what carries a mail: spool, queues, dead-letter queues and the cache."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.clock import TimeLeft, unlimited
from chalicelib.resilience.rates import Quota as Quota


@dataclass(frozen=True, slots=True)
class SpoolEntry:
    """One object of the spool, unopened. `size` in bytes; `modified` is timezone-aware."""

    key: str
    modified: datetime
    size: int


class Spool(Protocol):
    """Sealed objects under their key (S3, SSE-KMS)."""

    def put(self, key: str, data: bytes, only_if_absent: bool = False) -> None:
        """Write durably, over what is there or, `only_if_absent`, leaving that. `Retryable("spool_unavailable")`."""

    def get(self, key: str, limit: int) -> bytes:
        """Read at most `limit` bytes. `Permanent("spool_missing")`, `Permanent("spool_too_large")`, `Retryable`."""

    def head(self, key: str, size: int) -> bytes:
        """The first `size` bytes, or fewer where there are no more. `Permanent("spool_missing")`, `Retryable`."""

    def list(self, prefix: str, after: str = "") -> Iterator[SpoolEntry]:
        """Objects under `prefix` in the order of their keys, those after the key `after`. `Retryable` on the way."""

    def delete(self, *keys: str) -> None:
        """Remove, in as few calls as the limits allow; a key that is not there is no error. `Retryable`."""

    def ping(self) -> None:
        """Prove that the spool answers. `Retryable`."""


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Approximate numbers of one queue and of its dead-letter queue; `oldest_seconds` is None where unknown."""

    name: str
    waiting: int
    in_flight: int
    delayed: int
    dead: int
    oldest_seconds: float | None


class Queues(Protocol):
    """The stage queues, by stage name (SQS)."""

    def send(self, stage: str, bodies: Sequence[str], group: str) -> frozenset[int]:
        """Send, in as few calls as the limits allow; the answer names the indexes that are *not* durable.

        `group` is the fair-queue group (`MessageGroupId`): the account. Never raises for the
        passing failure of the queue: what was not confirmed is in the answer.
        """

    def send_dead(self, stage: str, body: str, attributes: Mapping[str, str]) -> None:
        """Put one message into the stage's dead-letter queue. `Retryable`."""

    def repeat(self, stage: str, body: str, group: str, seconds: float, attributes: Mapping[str, str]) -> None:
        """Send one message into a stage's queue that is seen after `seconds` (0 to 900); then it is durable.

        `group` as in `send`, empty for none; `attributes` arrive with it. `Retryable`, also for a body that does not
        fit into 1 MiB together with them.
        """

    def remove(self, stage: str, receipt_handles: Sequence[str]) -> None:
        """Acknowledge received messages now, before their batch ends. `Retryable` when one may still be there."""

    def postpone(self, stage: str, receipt_handle: str, seconds: float) -> None:
        """Make a received message visible again after `seconds` (0 to 43,200). `Retryable`."""

    def ping(self) -> None:
        """Prove that the first queue answers. `Retryable`."""

    def depths(self) -> list[QueueDepth]:
        """All stage queues in pipeline order. `Retryable`."""


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """One message of a stage's dead-letter queue, received and hidden from others for a while.

    `attributes` are those of the batch runner (`reason`, `error`, `attempts`, `first_at`, `last_at`). `native`: SQS
    moved the message by itself after `maxReceiveCount` workers had died; its attributes are then out of date, and
    `sent_at` is when it entered the stage's queue, not this one.
    """

    stage: str
    id: str
    body: str
    attributes: Mapping[str, str]
    sent_at: datetime
    native: bool
    handle: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was received from a dead-letter queue; `complete` when the queue holds nothing else."""

    messages: tuple[FailedMessage, ...]
    complete: bool


class DeadLetterQueues(Protocol):
    """The dead-letter queues, by stage name (SQS). To read such a queue is to receive from it."""

    def take(self, stage: str, limit: int, seconds: int, time_left: TimeLeft = unlimited) -> Inspection:
        """Receive up to `limit` messages, while there is time, and hide them for `seconds`. `Retryable`."""

    def give_back(self, messages: Iterable[FailedMessage], time_left: TimeLeft = unlimited) -> None:
        """Make messages visible again, while there is time. Never raises: the others reappear by themselves."""

    def remove(self, message: FailedMessage) -> None:
        """Delete one. `Retryable`."""

    def move(self, stage: str) -> None:
        """Start moving everything back into the stage's queue, natively.

        `Permanent("move_unsupported")` where the server cannot, `Permanent("move_refused")` where it will not
        (one move a queue at a time), `Retryable`.
        """


class Board(Protocol):
    """Small values that containers share and change in turns (Redis). Both raise `Retryable("cache_unavailable")`."""

    def read(self, key: str) -> bytes | None: ...

    def compare_and_set(self, key: str, old: bytes | None, new: bytes, ttl: int) -> bool:
        """Write `new` where `old` (None: nothing) still stands, in one step; False when something else stands there.

        `ttl` in seconds.
        """


class Cache(Board, Protocol):
    """A hint (Redis). Unreachable is answered like empty; only `ping`, and what is a `Board`'s, raises."""

    def get(self, key: str) -> bytes | None: ...

    def set(self, key: str, value: bytes, ttl: int, only_if_absent: bool = False) -> bool:
        """True when written. `ttl` in seconds."""

    def delete(self, key: str) -> None: ...

    def ping(self) -> None:
        """`Retryable("cache_unavailable")`."""


class Limiter(Protocol):
    """Counts what comes in (Redis, and this process while Redis is unavailable)."""

    def take(self, asks: Sequence[Sequence[Quota]]) -> list[float]:
        """For each ask, in order: 0 when it is granted, else the seconds until it could be.

        One unit of every quota of the ask, or of none when one of them refuses. Never raises, never waits long.
        """


@dataclass(frozen=True, slots=True)
class Offer:
    """Where something may be put once, by HTTP PUT with exactly these headers."""

    url: str
    headers: Mapping[str, str]


class Uploads(Protocol):
    """Lets a client without permissions of its own put an object into the spool (S3, presigned)."""

    def offer(self, key: str, seconds: int, size: int | None) -> Offer:
        """An address for the object `key`, good for `seconds`; of exactly `size` bytes where that is given.

        `Retryable("spool_unavailable")`.
        """
