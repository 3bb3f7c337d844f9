"""What a door hands to the intake, and what it may answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.core.messages import Routing


class Status(StrEnum):
    """The verdict on one arrival (the table in `docs/operating.md`)."""

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
"""Why a mail is excluded (the constants of `policy.decision`, which every endpoint would have to load) → the status."""

TAKEN = (Status.ACCEPTED, Status.ACCEPTED_HELD)
"""The mail goes down the pipeline."""

SETTLED = (*TAKEN, Status.ALREADY_PROCESSED, *REASONS.values())
"""The sender need not send it again."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail at a door. `identity` is the best that the door can know (see `mail.identity`).

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


def iso_date(told: str) -> str:
    """A date as RFC 5322 or ISO 8601 writes it, in ISO 8601; empty for anything else."""
    from chalicelib.mail.headers import parse_date  # a door that is told no date need not load it

    found = parse_date(told)
    return found.isoformat() if found else ""


@dataclass(frozen=True, slots=True)
class ExclusionReason:
    """Why the rules keep a mail out, as the note for the ledger has it (`messages.Exclusion`)."""

    reason: str
    rule: str
    rules_version: int
    sender_key: str
    domain_key: str


@dataclass(frozen=True, slots=True)
class IntakeDecision:
    """What is decided of an arrival before it is sealed.

    `routing` is None where nothing was decided; `barred` is set for the statuses of `REASONS`; `retry_after` is in
    seconds, for `RATE_LIMITED` and `OUTSIDE_WINDOW`.
    """

    status: Status = Status.ACCEPTED
    routing: Routing | None = None
    excluded: ExclusionReason | None = None
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What the door may answer for one arrival."""

    status: Status
    mail_id: str
    retry_after: float = 0.0
