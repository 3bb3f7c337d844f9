"""The proof, pure: from what spool, queues and ledger say to "every mail is in exactly one visible state".

seen = stored + excluded + quarantined + in flight, and the ids of every mail for which that does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PATIENCE = timedelta(minutes=15)
"""A sealed mail may be without a ledger row for this long before anybody wonders where it is."""

STALLED = timedelta(hours=1)
"""In flight for longer than this is shown by id."""

DRAINED = timedelta(minutes=2)
"""The same while no queue holds anything: SQS's counts lag behind by about a minute (SQS developer guide)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found, in the order in which it must be asked for: spool, queues, dead letters, ledger.

    A mail only moves forward, so one that leaves a place before that is looked at is seen in a later one.

    - `sealed`: mail id → when its object was written.
    - `letters`: mail id → since when it lies in a dead-letter queue, as far as can be known.
    - `letters_known`: false when a dead-letter queue could not be read whole.
    - `held`: messages in the queues from anonymize to store, waiting, delayed or being worked on.
    - `stored`, `excluded`: the ledger's numbers.
    - `recorded`: those of the sealed and dead mails that have a ledger row.
    - `quarantined`: mail id → when its row last changed.
    - `unsent`: stored mails whose notice is overdue.
    """

    now: datetime
    sealed: Mapping[str, datetime]
    letters: Mapping[str, datetime]
    letters_known: bool
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
    - `orphaned`: quarantined in the ledger, but in no dead-letter queue and, by age, not on its way again.
    - `unrecorded`: in a dead-letter queue without a ledger row.
    - `unnotified`: stored, but the notice is overdue.
    - `waiting`: how many of those in flight are overdue, and can be explained by what the queues hold.
    - `stalled`: those of them that are in flight for over an hour.
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
    """Say of every mail where it is.

    A queue's messages cannot be looked at, only counted. While the queues hold at least as many messages as there are
    mails that nobody else can account for, each of those may be one of the messages, and sending them once more would
    only make the queue longer: they count as in flight. When the queues hold fewer, every overdue one is called
    missing. Some of these may be in a queue after all: to send a mail twice changes nothing.

    A quarantined mail that has neither letter nor seal can never be helped, so it must not claim a message for ever
    that is another mail: it comes last.
    """
    without_row = (evidence.sealed.keys() | evidence.letters.keys()) - evidence.recorded - evidence.quarantined.keys()
    absent = {mail_id for mail_id in without_row if mail_id not in evidence.letters}
    gone = evidence.quarantined.keys() - evidence.letters.keys()
    lasting = {mail_id for mail_id in gone if mail_id not in evidence.sealed}
    held = evidence.held if evidence.letters_known else float("inf")
    claims = len(absent) + len(gone) - len(lasting)
    limit = patience if evidence.held else min(patience, DRAINED)

    def overdue(at: datetime) -> bool:
        return evidence.now - at >= limit

    late = sorted(mail_id for mail_id in absent if overdue(evidence.sealed[mail_id]))
    late_again = sorted(mail_id for mail_id in gone if overdue(evidence.quarantined[mail_id]))
    unrecorded = sorted(mail_id for mail_id in without_row - absent if overdue(evidence.letters[mail_id]))
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
        proven=evidence.letters_known,
        stalled=tuple(sorted(m for m in flying if evidence.now - since[m] >= STALLED)),
    )
