"""What travels in a queue, and how it is sent: opaque pointers, then anonymized text; never personal data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

import msgspec

from chalicelib.core.errors import Permanent
from chalicelib.core.mail_ids import MAIL_ID

Version = Literal[1]
VERSION: Version = 1
INLINE_TEXT_BYTES = 64 * 1024
"""Anonymized text above this goes through the spool: SQS carries 1 MiB a message *and* a batch."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One action done to a mail: `started` is ISO 8601 UTC, `seconds` its duration."""

    module: str
    action: str
    started: str
    seconds: float
    outcome: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """The anonymized mail as the later stages see it.

    `text` is inline, or empty with `text_key` naming the spool object that holds it. `sender_key` is a keyed hash of
    the sender's address (history, VIP); `thread_key` one of the account and the thread's root, which the sender claims:
    it joins no mail of another person. `identities` are the digests under which this mail claims to be known, `matches`
    those under which it would be another delivery of a known one (see `mail.identity`). `traits` are header facts for
    the classifier (`list`, `bounce`, `auto_submitted`, `bulk`, `has_attachment`, …), never header text. `address_keys`
    are keyed hashes of all addresses in the headers, by which a person's mail is found. `quoted_at` is the character of
    the text at which an earlier mail is quoted, None without a quotation.
    """

    subject: str
    sender: str
    recipients: tuple[str, ...]
    language: str
    text: str = ""
    text_key: str = ""
    attachments: tuple[str, ...] = ()
    date: str | None = None
    source_key: str = ""
    sender_key: str = ""
    thread_key: str = ""
    identities: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    address_keys: tuple[str, ...] = ()
    quoted_at: int | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """`urgency` is `low`, `normal` or `high`; `confidence` 0.0 to 1.0; `reason` one line."""

    category: str
    urgency: str
    language: str
    confidence: float
    reason: str
    classifier: str


@dataclass(frozen=True, slots=True)
class Routing:
    """What the operator's rules decided about a mail: their names and codes, never anything of the mail.

    `rules` are the names of those that matched, `version` the rule set's. `topic`, `priority` (`low`, `normal`,
    `high`) and `category` are empty where no rule names one. `webhooks` are names of destinations, `offload` asks
    for the links' files, `hold_until` (ISO 8601 UTC, or empty) is when the notice may go out.
    """

    version: int
    rules: tuple[str, ...] = ()
    topic: str = ""
    priority: str = ""
    category: str = ""
    webhooks: tuple[str, ...] = ()
    offload: bool = False
    hold_until: str = ""


class Pointer(msgspec.Struct, frozen=True, tag_field="kind"):
    """What every message says about its mail; nothing of it is personal.

    `source` is the endpoint, `spool_key` the sealed mail, `received_at` ISO 8601 UTC, `trace_id` the correlation id of
    the request that brought the mail.
    """

    mail_id: str
    account: str
    source: str
    spool_key: str
    received_at: str
    trace_id: str

    def pointer(self) -> tuple[str, str, str, str, str, str]:
        """The six fields in their order, for another message about the same mail."""
        return self.mail_id, self.account, self.source, self.spool_key, self.received_at, self.trace_id

    def changed(self, **changes: Any) -> Self:
        """The same message with other values in these fields."""
        return msgspec.structs.replace(self, **changes)


class Envelope(Pointer, frozen=True, tag="mail"):
    """A mail between two stages: each stage adds its part."""

    receipts: tuple[Receipt, ...] = ()
    content: Content | None = None
    classification: Classification | None = None
    routing: Routing | None = None
    v: Version = VERSION


class Exclusion(Pointer, frozen=True, tag="exclusion"):
    """The note that a rule excludes a mail. The store stage writes it into the ledger; the mail can be re-evaluated.

    `reason` is `sender_not_allowed`, `stopped_by_routing_rule` or `outside_time_window`; `rule` the name of the rule,
    empty for the allowlist. `sender_key` and `domain_key` are keyed hashes of the sender's address and domain.
    """

    reason: str
    rule: str
    rules_version: int
    sender_key: str
    domain_key: str
    receipts: tuple[Receipt, ...] = ()
    v: Version = VERSION


class Quarantine(Pointer, frozen=True, tag="quarantine"):
    """The note that a stage quarantined a mail; the store stage writes it into the ledger."""

    stage: str
    reason: str
    error: str
    attempts: int
    first_at: str
    last_at: str
    v: Version = VERSION


Message = Envelope | Quarantine | Exclusion
"""Whatever a stage queue may hold."""


def encode(message: Message) -> str:
    """JSON in ASCII, so that no character outside XML's set can reach SQS."""
    return json.dumps(msgspec.to_builtins(message), ensure_ascii=True, separators=(",", ":"))


def decode(body: str) -> Message:
    """Read a queue message strictly.

    Raises `Permanent("malformed_message")` for anything that is not one of ours, and
    `Permanent("unknown_version")` for one of a version this code does not know.
    """
    try:
        message: Message = msgspec.json.decode(body, type=Message)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Permanent("unknown_version" if _of_another_version(body) else "malformed_message") from None
    if not MAIL_ID.fullmatch(message.mail_id):  # one such message would spoil a whole batch at the database
        raise Permanent("malformed_message")
    return message


class Sender(Protocol):
    """What `send_grouped` needs of the queues (`ports.Queues`)."""

    def send(self, stage: str, bodies: Sequence[str], group: str) -> frozenset[int]: ...


def send_grouped(queues: Sender, addressed: Sequence[tuple[str, Message]]) -> frozenset[int]:
    """Send each (stage, message), one call for each stage and account; the indexes of those that are not durable."""
    groups: dict[tuple[str, str], list[int]] = {}
    for index, (stage, message) in enumerate(addressed):
        groups.setdefault((stage, message.account), []).append(index)
    lost: set[int] = set()
    for (stage, account), indexes in sorted(groups.items()):
        unsent = queues.send(stage, [encode(addressed[index][1]) for index in indexes], account)
        lost.update(indexes[position] for position in unsent)
    return frozenset(lost)


def _of_another_version(body: str) -> bool:
    try:
        raw: Any = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    version = raw.get("v") if isinstance(raw, dict) else None
    return isinstance(version, int) and version != VERSION
