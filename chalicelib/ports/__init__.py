"""The outside ports: small Protocols that the pure code is written against.

Every method raises `Retryable` for a passing failure and `Permanent` for one that no
repetition can mend; a vendor's own exceptions never pass an adapter. The contract suite
`tests/contract/` runs each Protocol's cases over the in-memory twin and the real thing.
"""

from __future__ import annotations

from chalicelib.ports.records import (
    Claim,
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
    QueueDepth,
    Queues,
    Spool,
    SpoolEntry,
)

__all__ = [
    "Anonymizer",
    "Board",
    "Cache",
    "Claim",
    "Classifier",
    "DeadLetter",
    "DeadLetters",
    "Fetched",
    "FlagStore",
    "Inspection",
    "Ledger",
    "MailStore",
    "MessageReference",
    "MessageSource",
    "Messenger",
    "Notice",
    "Original",
    "Outbox",
    "QueueDepth",
    "Queues",
    "RuleChange",
    "RuleStore",
    "RuleVersion",
    "Spool",
    "SpoolEntry",
    "Stored",
    "Telemetry",
]
