"""What an endpoint passes to the intake, and what it may answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.core.keyed_hashes import sender_keys
from chalicelib.core.messages import Exclusion

if TYPE_CHECKING:
    from chalicelib.core.messages import Envelope, Routing
    from chalicelib.policy.decision import Decision


class Status(StrEnum):
    """The intake result of one arrival, as an endpoint answers it."""

    ACCEPTED = "accepted"
    ACCEPTED_HELD = "accepted_held"
    ALREADY_PROCESSED = "already_processed"
    SKIPPED_SENDER = "skipped_sender_not_allowed"
    STOPPED = "stopped_by_routing_rule"
    SKIPPED_WINDOW = "skipped_outside_time_window"
    OUTSIDE_WINDOW = "outside_time_window"
    RATE_LIMITED = "rate_limited"
    TRY_AGAIN = "try_again"


REASONS = {
    "sender_not_allowed": Status.SKIPPED_SENDER,
    "stopped_by_routing_rule": Status.STOPPED,
    "outside_time_window": Status.SKIPPED_WINDOW,
}
"""Why a mail is excluded (the constants of `policy.decision`, which is heavy for an endpoint) → its status."""

TAKEN = (Status.ACCEPTED, Status.ACCEPTED_HELD)
"""The mail goes into the pipeline."""

SETTLED = (*TAKEN, Status.ALREADY_PROCESSED, *REASONS.values())
"""The sender need not send it again."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail at an endpoint. `identity` is the best that the endpoint can know (see `mail.identity`).

    `labels` are what the mailbox calls it, for the rules; `date` is when the mailbox says that it came (ISO 8601, or
    empty). Both travel in the seal, neither is part of the identity.
    """

    account: str
    source: str
    kind: str
    payload: bytes
    identity: str
    provider_id: str = ""
    labels: tuple[str, ...] = ()
    date: str = ""


def iso_date(given: str) -> str:
    """A date as RFC 5322 or ISO 8601 writes it, in ISO 8601; empty for anything else."""
    from chalicelib.mail.dates import parse_date  # an endpoint that gets no date need not load it

    found = parse_date(given)
    return found.isoformat() if found else ""


@dataclass(frozen=True, slots=True)
class ExclusionReason:
    """Why the rules exclude a mail. `sender_key` and `domain_key` are keyed hashes of its sender."""

    reason: str
    rule: str
    rules_version: int
    sender_key: str
    domain_key: str

    @classmethod
    def of(cls, decision: Decision, sender: str, key: bytes) -> ExclusionReason:
        """The reason of a decision to exclude. `sender` is an address, `key` the key of the hashes."""
        return cls(decision.reason, decision.rule, decision.routing.version, *sender_keys(sender, key))

    def note(self, mail: Envelope) -> Exclusion:
        """The note for the ledger."""
        why = (self.reason, self.rule, self.rules_version, self.sender_key, self.domain_key)
        return Exclusion(*mail.pointer(), *why, receipts=mail.receipts)


@dataclass(frozen=True, slots=True)
class IntakeDecision:
    """What is decided about an arrival before it is sealed.

    `routing` is None where nothing was decided; `excluded` is set for the statuses of `REASONS`; `retry_after` is in
    seconds, for `RATE_LIMITED` and `OUTSIDE_WINDOW`.
    """

    status: Status = Status.ACCEPTED
    routing: Routing | None = None
    excluded: ExclusionReason | None = None
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What the endpoint may answer for one arrival."""

    status: Status
    mail_id: str
    retry_after: float = 0.0
