"""A dead letter as people and the ledger see it: which mail, why, since when; never its original."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Exclusion, Message, Quarantine, decode
from chalicelib.ports import DeadLetter
from chalicelib.resilience.retry import MAX_RECEIVE_COUNT

WORKER_DIED = "worker_died"
"""Reason of a letter that SQS moved by itself: every worker that received it died or ran out of time."""

UNREADABLE = "malformed_message"


@dataclass(frozen=True, slots=True)
class DeadLetterRecord:
    """A dead letter and what is in it. `message` is None for what is no mail of ours (an alarm, a broken body).

    `first_at` and `last_at` are ISO 8601, `last_at` empty where nobody noted it.
    """

    dead: DeadLetter
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
            "letter_id": self.dead.id,
            "account": self.account,
            "reason": self.reason,
            "error": self.error,
            "attempts": self.attempts,
            "first_at": self.first_at,
            "last_at": self.last_at,
        }

    def shown(self) -> dict[str, Any]:
        """The letter with what is anonymized in it: a pointer before the anonymize stage, the mail's text after it."""
        message = self.message
        told = self.summary()
        if message is None:
            return told
        told |= {"received_at": message.received_at, "source": message.source, "trace_id": message.trace_id}
        if isinstance(message, Quarantine):
            return told | {"note_of": message.stage}
        if isinstance(message, Exclusion):
            return told | {"exclusion": message.reason, "rule": message.rule}
        if content := message.content:
            told |= {
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
            told |= {"category": verdict.category, "urgency": verdict.urgency, "classifier": verdict.classifier}
        return told

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


def read(dead: DeadLetter) -> DeadLetterRecord:
    """Read a dead letter; anything at all can lie in a dead-letter queue, so nothing is raised."""
    try:
        message = decode(dead.body)
    except Permanent as error:
        message, unreadable = None, error.code
    else:
        unreadable = ""
    sent = dead.sent_at.isoformat()
    if dead.native or "reason" not in dead.attributes:
        # After a redrive a letter may still carry the attributes of its last quarantine: they say nothing of this one.
        return DeadLetterRecord(dead, message, unreadable or WORKER_DIED, "", MAX_RECEIVE_COUNT, sent, "")
    told = dead.attributes
    return DeadLetterRecord(
        dead,
        message,
        reason=told["reason"],
        error=told.get("error", ""),
        attempts=int(told["attempts"]) if told.get("attempts", "").isdecimal() else 0,
        first_at=told.get("first_at", sent),
        last_at=told.get("last_at", ""),
    )


def by_mail(letters: Iterable[DeadLetterRecord]) -> dict[str, DeadLetterRecord]:
    """mail id → its letter; of several the one that is the mail itself, not a note about it."""
    found: dict[str, DeadLetterRecord] = {}
    for letter in letters:
        if letter.mail_id and (letter.mail_id not in found or isinstance(found[letter.mail_id].message, Quarantine)):
            found[letter.mail_id] = letter
    return found
