"""What travels in a queue: opaque pointers, then anonymized text; never personal data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from chalicelib.core.errors import Permanent
from chalicelib.core.mail_ids import MAIL_ID

VERSION = 1
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

    `text` is inline, or empty with `text_key` naming the spool object that holds it.
    `sender_key` is a keyed hash of the sender's address (history, VIP); `thread_key` of the
    thread's root. `identities` are the digests under which this mail claims to be known,
    `matches` those under which it would be another delivery of a known one
    (see `mail.identity`). `traits` are header facts for the classifier (`list`, `bounce`,
    `auto_submitted`, `bulk`, `has_attachment`, …), never header text. `address_keys` are keyed
    hashes of all addresses in the headers, by which a person's mail is found again.
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
    """What the operator's rules said about a mail: names and codes of theirs, never anything of the mail.

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


@dataclass(frozen=True, slots=True)
class Envelope:
    """The message between two stages. `received_at` is ISO 8601 UTC, `source` the door."""

    mail_id: str
    account: str
    source: str
    spool_key: str
    received_at: str
    trace_id: str
    receipts: tuple[Receipt, ...] = field(default=())
    content: Content | None = None
    classification: Classification | None = None
    routing: Routing | None = None
    v: int = VERSION


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The note that a rule keeps a mail out; the store stage writes it into the ledger, and it can be re-evaluated.

    `reason` is `sender_not_allowed`, `stopped_by_routing_rule` or `outside_time_window`; `rule` the name of the rule,
    empty for the allowlist. `sender_key` and `domain_key` are keyed hashes of the sender's address and domain.
    """

    mail_id: str
    account: str
    source: str
    spool_key: str
    received_at: str
    trace_id: str
    reason: str
    rule: str
    rules_version: int
    sender_key: str
    domain_key: str
    receipts: tuple[Receipt, ...] = field(default=())
    exclusion: bool = True
    v: int = VERSION


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The note that a stage gave a mail up; the store stage writes it into the ledger."""

    mail_id: str
    account: str
    source: str
    spool_key: str
    received_at: str
    trace_id: str
    stage: str
    reason: str
    error: str
    attempts: int
    first_at: str
    last_at: str
    quarantine: bool = True
    v: int = VERSION


def given_up(
    message: Envelope | Exclusion, stage: str, *, reason: str, error: str, attempts: int, first_at: str, last_at: str
) -> Quarantine:
    """The note that `stage` gave this mail up."""
    return Quarantine(
        mail_id=message.mail_id,
        account=message.account,
        source=message.source,
        spool_key=message.spool_key,
        received_at=message.received_at,
        trace_id=message.trace_id,
        stage=stage,
        reason=reason,
        error=error,
        attempts=attempts,
        first_at=first_at,
        last_at=last_at,
    )


Message = Envelope | Quarantine | Exclusion
"""Whatever a stage queue may hold."""


def encode(message: Message) -> str:
    """JSON in ASCII, so that no character outside XML's set can reach SQS."""
    return json.dumps(asdict(message), ensure_ascii=True, separators=(",", ":"))


def decode(body: str) -> Message:
    """Read a queue message strictly.

    Raises `Permanent("malformed_message")` for anything that is not one of ours, and
    `Permanent("unknown_version")` for one of a version this code does not know.
    """
    import msgspec  # the doors only encode

    try:
        raw: Any = msgspec.json.decode(body)
        if isinstance(raw, dict) and isinstance(raw.get("v"), int) and raw["v"] != VERSION:
            raise Permanent("unknown_version")
        kind: type[Message] = Envelope
        if isinstance(raw, dict) and raw.get("quarantine") is True:
            kind = Quarantine
        elif isinstance(raw, dict) and raw.get("exclusion") is True:
            kind = Exclusion
        message: Message = msgspec.convert(raw, kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Permanent("malformed_message") from None
    if not MAIL_ID.fullmatch(message.mail_id):  # one such message would spoil a whole batch at the database
        raise Permanent("malformed_message")
    return message
