"""The audit, pure: verifies by what spool, queues and ledger say that every mail is in exactly one visible state.

seen = stored + excluded + quarantined + in flight, and the ids of every mail for which that does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PATIENCE = timedelta(minutes=15)
"""A sealed mail may be without a ledger row for this long before it counts as overdue."""

STALLED = timedelta(hours=1)
"""A mail in flight for longer than this is listed by its id."""

DRAINED = timedelta(minutes=2)
"""Replaces `PATIENCE` while the queues are empty: SQS's counts lag by about a minute (SQS developer guide)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found, in the order in which it must be gathered: spool, queues, dead-letter queues, ledger.

    A mail only moves forward, so one that leaves a place before that place is read is seen in a later one.

    - `sealed`: mail id → when its object was written.
    - `records`: mail id → since when it lies in a dead-letter queue, as far as is known.
    - `records_known`: false when a dead-letter queue could not be read whole.
    - `held`: messages in the queues from anonymize to store, waiting, delayed or in progress.
    - `stored`, `excluded`: the numbers of such mails in the ledger; 0 where it was not counted (a slice).
    - `recorded`: those of the sealed and failed mails that have a ledger row.
    - `quarantined`: mail id → when its row last changed.
    - `unsent`: stored mails whose notice is overdue.
    """

    now: datetime
    sealed: Mapping[str, datetime]
    records: Mapping[str, datetime]
    records_known: bool
    held: int
    stored: int
    excluded: int
    recorded: frozenset[str]
    quarantined: Mapping[str, datetime]
    unsent: Sequence[str]


@dataclass(frozen=True, slots=True)
class Findings:
    """The balance and its differences; every tuple holds mail ids in order.

    - `missing`: sealed, but in no ledger row, no dead-letter queue and, by age, no queue.
    - `orphaned`: quarantined in the ledger, but in no dead-letter queue and, by age, not requeued.
    - `unrecorded`: in a dead-letter queue without a ledger row.
    - `unnotified`: stored, but the notice is overdue.
    - `waiting`: how many of those in flight are overdue, but may be among the messages that the queues hold.
    - `stalled`: those of the waiting that have been in flight for over an hour.
    - `proven`: false when a dead-letter queue could not be read whole: then nothing is called missing.
    """

    stored: int
    excluded: int
    quarantined: int
    in_flight: int
    missing: tuple[str, ...]
    orphaned: tuple[str, ...]
    unrecorded: tuple[str, ...]
    unnotified: tuple[str, ...]
    waiting: int
    proven: bool
    stalled: tuple[str, ...] = ()

    @property
    def seen(self) -> int:
        """Every mail that any place knows of."""
        known = self.stored + self.excluded + self.quarantined + self.in_flight
        return known + len(self.missing) + len(self.orphaned) + len(self.unrecorded)

    @property
    def balanced(self) -> bool:
        """True when every mail is in one visible state, and that is known."""
        return self.proven and not (self.missing or self.orphaned or self.unrecorded or self.unnotified)


def audit(evidence: Evidence, patience: timedelta = PATIENCE) -> Findings:
    """Find out where every mail is.

    The messages of a queue can be counted, but not read. While the queues hold at least as many messages as there are
    mails that no other place accounts for, each of these mails may be in a queue, and requeuing it would only make the
    queue longer: they all count as in flight. When the queues hold fewer, every overdue mail is called missing. Some
    of these may be in a queue after all: processing a mail twice changes nothing.

    A quarantined mail that has neither a failed message nor a seal can never be repaired. It comes last, so that it
    does not claim for ever a message that belongs to another mail.
    """
    without_row = (evidence.sealed.keys() | evidence.records.keys()) - evidence.recorded - evidence.quarantined.keys()
    absent = {mail_id for mail_id in without_row if mail_id not in evidence.records}
    gone = evidence.quarantined.keys() - evidence.records.keys()
    lasting = {mail_id for mail_id in gone if mail_id not in evidence.sealed}
    held = evidence.held if evidence.records_known else float("inf")
    claims = len(absent) + len(gone) - len(lasting)
    limit = patience if evidence.held else min(patience, DRAINED)

    def overdue(at: datetime) -> bool:
        return evidence.now - at >= limit

    late = sorted(mail_id for mail_id in absent if overdue(evidence.sealed[mail_id]))
    late_again = sorted(mail_id for mail_id in gone if overdue(evidence.quarantined[mail_id]))
    unrecorded = sorted(mail_id for mail_id in without_row - absent if overdue(evidence.records[mail_id]))
    missing = late if held < claims else []
    orphaned = [m for m in late_again if held < (claims + len(lasting) if m in lasting else claims)]
    since = {m: evidence.sealed[m] for m in late} | {m: evidence.quarantined[m] for m in late_again}
    flying = since.keys() - {*missing, *orphaned}
    return Findings(
        stored=evidence.stored,
        excluded=evidence.excluded,
        quarantined=len(evidence.quarantined) - len(gone),
        in_flight=len(without_row) + len(gone) - len(missing) - len(orphaned) - len(unrecorded),
        missing=tuple(missing),
        orphaned=tuple(orphaned),
        unrecorded=tuple(unrecorded),
        unnotified=tuple(sorted(evidence.unsent)),
        waiting=len(late) + len(late_again) - len(missing) - len(orphaned),
        proven=evidence.records_known,
        stalled=tuple(sorted(m for m in flying if evidence.now - since[m] >= STALLED)),
    )
