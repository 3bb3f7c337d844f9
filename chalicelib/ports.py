"""The outside ports: small Protocols that the pure code is written against.

Every method raises `Retryable` for a passing failure and `Permanent` for one that no
repetition can mend; a vendor's own exceptions never pass an adapter. The contract suite
`tests/contract/` runs each Protocol's cases over the in-memory twin and the real thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.mail.model import Mail
from chalicelib.pipeline.messages import Classification, Content, Envelope, Quarantine, Receipt
from chalicelib.privacy.model import Anonymized


@dataclass(frozen=True, slots=True)
class SpoolEntry:
    """One object of the spool, unopened. `size` in bytes; `modified` is timezone-aware."""

    key: str
    modified: datetime
    size: int


class Spool(Protocol):
    """Sealed objects under their key (S3, SSE-KMS)."""

    def put(self, key: str, data: bytes) -> None:
        """Write durably; overwriting is harmless. `Retryable("spool_unavailable")`."""

    def get(self, key: str, limit: int) -> bytes:
        """Read at most `limit` bytes. `Permanent("spool_missing")`, `Permanent("spool_too_large")`, `Retryable`."""

    def head(self, key: str, size: int) -> bytes:
        """The first `size` bytes, or fewer where there are no more. `Permanent("spool_missing")`, `Retryable`."""

    def list(self, prefix: str, after: str = "") -> Iterator[SpoolEntry]:
        """Objects under `prefix` in the order of their keys, those after the key `after`. `Retryable` on the way."""

    def delete(self, key: str) -> None:
        """Remove; a key that is not there is no error."""

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

    def postpone(self, stage: str, receipt_handle: str, seconds: float) -> None:
        """Make a received message visible again after `seconds` (0 to 43,200). `Retryable`."""

    def ping(self) -> None:
        """Prove that the first queue answers. `Retryable`."""

    def depths(self) -> list[QueueDepth]:
        """All stage queues in pipeline order. `Retryable`."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message of a stage's dead-letter queue, received and hidden from others for a while.

    `attributes` are those of the batch runner (`reason`, `error`, `attempts`, `first_at`, `last_at`). `native`:
    SQS moved it by itself, because a worker died `maxReceiveCount` times; its attributes then say nothing, and
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
    """What was received from a dead-letter queue; `complete` when that is as much as the queue holds."""

    letters: tuple[DeadLetter, ...]
    complete: bool


class DeadLetters(Protocol):
    """The dead-letter queues, by stage name (SQS). A queue cannot be looked at without receiving from it."""

    def take(self, stage: str, limit: int, seconds: int) -> Inspection:
        """Receive up to `limit` letters and hide them for `seconds`. `Retryable`."""

    def give_back(self, letters: Iterable[DeadLetter]) -> None:
        """Make letters visible again at once. Never raises: they come back by themselves when their time is over."""

    def remove(self, letter: DeadLetter) -> None:
        """Delete one. `Retryable`."""

    def move(self, stage: str) -> None:
        """Start moving everything back into the stage's queue, natively.

        `Permanent("move_unsupported")` where the server cannot, `Permanent("move_refused")` where it will not
        (one move a queue at a time), `Retryable`.
        """


class Cache(Protocol):
    """A hint (Redis). Unreachable is answered like empty; only `ping` raises."""

    def get(self, key: str) -> bytes | None: ...

    def set(self, key: str, value: bytes, ttl: int, only_if_absent: bool = False) -> bool:
        """True when written. `ttl` in seconds."""

    def delete(self, key: str) -> None: ...

    def ping(self) -> None:
        """`Retryable("cache_unavailable")`."""


@dataclass(frozen=True, slots=True)
class Original:
    """Clear text of a mail on its way into pgcrypto; never logged, never queued."""

    sender: str
    subject: str
    body: str
    source: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a mail at the store stage: `stored`, `already_stored`, or `duplicate` of `canonical_id`."""

    outcome: str
    canonical_id: str


class MailStore(Protocol):
    """The ledger and the mail in PostgreSQL; each method is one transaction."""

    def store(self, envelope: Envelope, text: str, original: Original, receipts: Sequence[Receipt]) -> Stored:
        """Ledger, anonymized mail, encrypted original, identities, receipts and outbox row, all or nothing.

        Idempotent by mail id. A mail whose `matches` or `identities` belong to another mail of the
        account becomes ledger state `excluded`, reason `duplicate`. `Retryable("database_unavailable")`.
        """

    def quarantine(self, note: Quarantine) -> None:
        """Ledger state `quarantined`, unless the mail is stored already."""

    def sender_history(self, account: str, sender_key: str) -> dict[str, int]:
        """category → number of stored mails of that sender, among the account's last 50 of them."""

    def ledger_state(self, mail_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """mail id → (state, reason) for those that are known."""

    def ledger_counts(self) -> dict[str, int]:
        """state → number of mails."""

    def add_receipts(self, mail_id: str, receipts: Sequence[Receipt]) -> None:
        """Add receipts; a repeat of (mail id, module, action) changes nothing."""

    def ping(self) -> None: ...


class Ledger(Protocol):
    """What the proof and the dead letters need of the ledger beyond `MailStore` (PostgreSQL)."""

    def quarantined(self) -> dict[str, datetime]:
        """mail id → when its row last changed, for all in state `quarantined`. `Retryable`."""

    def unsent(self, before: datetime, limit: int) -> list[str]:
        """Stored mails whose notice was made before that time and is not sent yet, oldest first. `Retryable`."""

    def redriven(self, stage: str, mail_ids: Sequence[str] | None, author: str) -> None:
        """Record who sends these mails (None: all of the stage) on their way again; they stay `quarantined` meanwhile.

        `Retryable`, `Permanent("database_rejected")` for an author that does not fit.
        """

    def discard(self, note: Quarantine, reason: str, author: str) -> str:
        """State `excluded`, reason `discarded:<reason>`, unless the mail is stored; the answer is its state now.

        Who and when is recorded. Errors as `redriven`.
        """

    def write_off(self, mail_id: str, reason: str, author: str) -> bool:
        """As `discard`, for a mail that no dead letter is left of; False when it is not `quarantined`."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One outbox row. `topic` is `email` or `system`; `fields` are anonymized values, never personal data."""

    id: int
    topic: str
    mail_id: str | None
    urgency: int
    fields: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """Notices to deliver in one message now; or none, and the seconds to wait before asking again."""

    notices: tuple[Notice, ...]
    wait: float


class Outbox(Protocol):
    """What is to be notified; claimed before the call and marked after it (`facts/telegram.md`)."""

    def claim(self, limit: int, lease: float) -> Claim:
        """Claim up to `limit` notices of *one* topic, most urgent first then oldest, for `lease` seconds.

        Reserves the chat's next sending slot (`rules.pacing`) in the same transaction, so that two
        workers never send at once.
        """

    def mark_sent(self, ids: Sequence[int]) -> None: ...

    def release(self, ids: Sequence[int], after: float) -> None:
        """Give claimed notices back, and let the chat rest for `after` seconds."""

    def sent(self, mail_ids: Sequence[str]) -> frozenset[str]:
        """Those of the mails that have no notice left to send."""

    def add_system(self, key: str, fields: Mapping[str, str]) -> None:
        """Queue a notice for topic `system`; the same `key` again changes nothing."""


class FlagStore(Protocol):
    """The durable copy of the runtime flags (PostgreSQL)."""

    def flags(self) -> dict[str, bool]: ...

    def set_flag(self, name: str, value: bool, author: str) -> None:
        """Write and record who and when."""


class Messenger(Protocol):
    """Delivers a text to people (Telegram)."""

    def send(self, topic: str, text: str) -> None:
        """Send plain text (at most 4,096 characters). `Retryable(after=retry_after)` on 429."""


@dataclass(frozen=True, slots=True)
class MessageReference:
    """Where EmailEngine keeps a message. `message_id` and `email_id` may be empty."""

    account: str
    id: str
    email_id: str
    message_id: str
    path: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched message: RFC 822 bytes; or, where the source is not to be had, the JSON's bytes and its mail."""

    raw: bytes
    mail: Mail | None


class MessageSource(Protocol):
    """Where a referenced message is fetched from (EmailEngine)."""

    def fetch(self, reference: MessageReference) -> Fetched:
        """Source first, then `textType=*`; a moved message is looked for. `Permanent("message_gone")`, `Retryable`."""


class Telemetry(Protocol):
    """Logs and metrics that can carry ids and codes only (`runtime.observability`)."""

    def log(self, event: str, **fields: Any) -> None: ...

    def count(self, name: str, value: float = 1, **dimensions: str) -> None: ...


class Anonymizer(Protocol):
    """Removes personal data."""

    def anonymize(self, mail: Mail, known: Mapping[str, str] | None = None) -> Anonymized:
        """Replace every personal datum by a stable token.

        `known` is the mapping (token → original) of earlier mails of the thread: the same person
        keeps the token. Fails closed: any inner failure is `Retryable("anonymizer_failed")`,
        a mail that still shows a certain identifier afterwards `Permanent("personal_data_left")`.
        """


class Classifier(Protocol):
    """Says what a mail is about; sees anonymized content only."""

    def classify(self, content: Content, text: str) -> Classification:
        """Never raises for what the mail says; `Retryable` or `Permanent` for its own failures."""
