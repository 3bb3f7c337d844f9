"""One SQS record in the batch runner, and what a postponed copy inherits from the message before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core.messages import Envelope, Exclusion

ATTEMPTS = "carried_attempts"
FIRST_AT = "carried_first_at"
COUNTED_AT = "carried_counted_at"
TIMES = "postponements"
"""Message attributes of a postponed copy, whole numbers as text (times in Unix milliseconds). Their names differ from
those of a dead-letter record: a redrive by SQS itself keeps attributes, and must not bring old attempts back."""

MANY = 1_000_000
LONG_AGO = 10**14


@dataclass
class Record:
    """`receives` counts the tries of all copies, this one included; `native` is SQS's count of this copy.

    `first_at` and `counted_at` (the last failed try that counted; 0 for none) in Unix seconds; `times` is how often the
    message was postponed before; `group` its fair-queue group, empty for none. `done`: worked on.
    `gone`: acknowledged already.
    """

    message_id: str
    receipt_handle: str
    body: str
    receives: int
    first_at: float
    native: int = 1
    times: int = 0
    counted_at: float = 0.0
    group: str = ""
    message: Any = None
    forward: Envelope | Exclusion | None = None
    failed: bool = False
    done: bool = False
    gone: bool = False

    def carried(self, attempts: int, counted_at: float) -> dict[str, str]:
        """Attributes of the next copy."""
        return {
            ATTEMPTS: str(attempts),
            FIRST_AT: str(int(self.first_at * 1000)),
            COUNTED_AT: str(int(counted_at * 1000)),
            TIMES: str(self.times + 1),
        }


def read_record(raw: Mapping[str, Any]) -> Record:
    """The record of a Lambda event. Attributes that are not ours count as absent."""
    system = raw.get("attributes") or {}
    own = raw.get("messageAttributes") or {}
    native = int(system.get("ApproximateReceiveCount", "1"))
    first = _number(own, FIRST_AT, LONG_AGO) or int(system.get("ApproximateFirstReceiveTimestamp", "0"))
    return Record(
        message_id=raw["messageId"],
        receipt_handle=raw["receiptHandle"],
        body=raw["body"],
        receives=_number(own, ATTEMPTS, MANY) + native,
        first_at=first / 1000,
        native=native,
        times=_number(own, TIMES, MANY),
        counted_at=_number(own, COUNTED_AT, LONG_AGO) / 1000,
        group=str(system.get("MessageGroupId") or ""),
    )


def _number(attributes: Mapping[str, Any], name: str, largest: int) -> int:
    held = attributes.get(name)
    text = held.get("stringValue") if isinstance(held, Mapping) else None
    if not isinstance(text, str) or not (text.isascii() and text.isdigit() and len(text) <= 15):
        return 0
    return min(int(text), largest)
