"""The outside ports: small Protocols that the pure code is written against.

Every method raises `Retryable` for a passing failure and `Permanent` for one that no
repetition can mend; a vendor's own exceptions never pass an adapter. The contract suite
`tests/contract/` runs each Protocol's cases over the in-memory twin and the real thing.
"""

from __future__ import annotations

from chalicelib.ports.governance import Archive, Erasure, Held, People, Place
from chalicelib.ports.records import (
    Claim,
    Excluded,
    ExclusionQuery,
    Exclusions,
    FlagStore,
    Ledger,
    MailStore,
    Notice,
    Original,
    Outbox,
    RuleChange,
    RuleStore,
    RuleVersion,
    Stored,
)
from chalicelib.ports.services import (
    Anonymizer,
    Classifier,
    Fetched,
    MessageReference,
    MessageSource,
    Messenger,
    Telemetry,
)
from chalicelib.ports.transport import (
    Board,
    Cache,
    DeadLetter,
    DeadLetters,
    Inspection,
    Limiter,
    Offer,
    QueueDepth,
    Queues,
    Quota,
    Spool,
    SpoolEntry,
    Uploads,
)

__all__ = [
    "Anonymizer",
    "Archive",
    "Board",
    "Cache",
    "Claim",
    "Classifier",
    "DeadLetter",
    "DeadLetters",
    "Erasure",
    "Excluded",
    "ExclusionQuery",
    "Exclusions",
    "Fetched",
    "FlagStore",
    "Held",
    "Inspection",
    "Ledger",
    "Limiter",
    "MailStore",
    "MessageReference",
    "MessageSource",
    "Messenger",
    "Notice",
    "Offer",
    "Original",
    "Outbox",
    "People",
    "Place",
    "QueueDepth",
    "Queues",
    "Quota",
    "RuleChange",
    "RuleStore",
    "RuleVersion",
    "Spool",
    "SpoolEntry",
    "Stored",
    "Telemetry",
    "Uploads",
]
