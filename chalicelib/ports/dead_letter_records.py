"""The record of a failed message, for people and for the ledger: mail, reason, times; never the original."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Exclusion, Message, Quarantine, decode
from chalicelib.ports import FailedMessage
from chalicelib.resilience.retry import MAX_RECEIVE_COUNT

WORKER_DIED = "worker_died"
"""Reason of a message that SQS moved by itself: every worker that received it died or ran out of time."""

UNREADABLE = "malformed_message"


@dataclass(frozen=True, slots=True)
class DeadLetterRecord:
    """A failed message and its content. `message` is None where it holds no mail (an alarm, a broken body).

    `first_at` and `last_at` are the times of the first and last attempt (ISO 8601), `last_at` empty where unknown.
    """

    dead: FailedMessage
    message: Message | None
    reason: str
    error: str
    attempts: int
    first_at: str
    last_at: str

    @property
    def mail_id(self) -> str:
        """Empty where there is no mail."""
        return self.message.mail_id if self.message else ""

    @property
    def account(self) -> str:
        return self.message.account if self.message else ""

    def summary(self) -> dict[str, Any]:
        """One line of a list: ids, codes and times."""
        return {
            "stage": self.dead.stage,
            "mail_id": self.mail_id,
            "message_id": self.dead.id,
            "account": self.account,
            "reason": self.reason,
            "error": self.error,
            "attempts": self.attempts,
            "first_at": self.first_at,
            "last_at": self.last_at,
        }

    def shown(self) -> dict[str, Any]:
        """The record with its anonymized content: a pointer before the anonymize stage, the mail's text after it."""
        message = self.message
        shown = self.summary()
        if message is None:
            return shown
        shown |= {"received_at": message.received_at, "source": message.source, "trace_id": message.trace_id}
        if isinstance(message, Quarantine):
            return shown | {"note_of": message.stage}
        if isinstance(message, Exclusion):
            return shown | {"exclusion": message.reason, "rule": message.rule}
        if content := message.content:
            shown |= {
                "subject": content.subject,
                "sender": content.sender,
                "recipients": list(content.recipients),
                "language": content.language,
                "attachments": list(content.attachments),
                "text": content.text,
                "text_key": content.text_key,
                "traits": list(content.traits),
                "defects": list(content.defects),
            }
        if verdict := message.classification:
            shown |= {"category": verdict.category, "urgency": verdict.urgency, "classifier": verdict.classifier}
        return shown

    def note(self, now: datetime) -> Quarantine | None:
        """The note for the ledger that the batch runner would have written; None where there is no mail."""
        message = self.message
        if message is None or isinstance(message, Quarantine):
            return message
        return Quarantine(
            *message.pointer(),
            stage=self.dead.stage,
            reason=self.reason,
            error=self.error,
            attempts=self.attempts,
            first_at=self.first_at,
            last_at=self.last_at or now.isoformat(),
        )


def read(dead: FailedMessage) -> DeadLetterRecord:
    """Make the record of a failed message. Raises nothing: a dead-letter queue may hold anything."""
    try:
        message = decode(dead.body)
    except Permanent as error:
        message, unreadable = None, error.code
    else:
        unreadable = ""
    sent = dead.sent_at.isoformat()
    if dead.native or "reason" not in dead.attributes:
        # After a redrive a message may still carry the attributes of an earlier quarantine.
        return DeadLetterRecord(dead, message, unreadable or WORKER_DIED, "", MAX_RECEIVE_COUNT, sent, "")
    given = dead.attributes
    return DeadLetterRecord(
        dead,
        message,
        reason=given["reason"],
        error=given.get("error", ""),
        attempts=int(given["attempts"]) if given.get("attempts", "").isdecimal() else 0,
        first_at=given.get("first_at", sent),
        last_at=given.get("last_at", ""),
    )


def by_mail(records: Iterable[DeadLetterRecord]) -> dict[str, DeadLetterRecord]:
    """mail id → its record; of several, the one that holds the mail itself and not a note about it."""
    found: dict[str, DeadLetterRecord] = {}
    for record in records:
        if record.mail_id and (record.mail_id not in found or isinstance(found[record.mail_id].message, Quarantine)):
            found[record.mail_id] = record
    return found
