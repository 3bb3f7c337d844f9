"""Gathers the evidence of the audit: what the spool, the queues and the ledger say about every mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.core.clock import Now, TimeLeft, fraction, unlimited, utc_now
from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.spool_keys import SEALED_PREFIX, sealed_mail
from chalicelib.core.stages import BEFORE_LEDGER, PIPELINE
from chalicelib.operations.audit import PATIENCE, Evidence, Findings, audit
from chalicelib.ports import DeadLetterQueues, Ledger, MailStore, QueueDepth, Queues, Spool, SpoolEntry
from chalicelib.ports.dead_letter_records import DeadLetterRecord, by_mail, read

RECORDS = 2_000
"""Messages read from one dead-letter queue: while it holds more, no mail is called missing."""

HIDE_SECONDS = 60
LOOKUP = 1_000
"""Mail ids of one ledger query."""

ENDED = ("stored", "excluded")
UNSENT = 1_000


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sealed mails are examined: at most `keys` of them after the key `after`, sealed within `within`."""

    keys: int | None = None
    after: str = ""
    within: timedelta | None = None

    @property
    def everything(self) -> bool:
        """True when no sealed mail is left out."""
        return self == Scope()


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Examination:
    """The findings, and what the repair and the report need.

    - `sealed`: sealed mails without an end, by mail id in the order of their spool keys.
    - `records`: the record of each mail that lies in a dead-letter queue of the pipeline, by mail id.
    - `last_key`: the spool key at which the examination stopped; empty when it reached the end of the spool.
    - `found`, `unread`: every record that was read, and the stages that were not read whole.
    - `depths`: what each queue holds.
    - `quarantined`: every mail that the ledger calls quarantined, whatever the scope.
    """

    findings: Findings
    sealed: dict[str, SpoolEntry]
    records: dict[str, DeadLetterRecord]
    last_key: str
    found: tuple[DeadLetterRecord, ...] = ()
    unread: frozenset[str] = frozenset()
    depths: tuple[QueueDepth, ...] = ()
    quarantined: Mapping[str, datetime] = field(default_factory=dict)


@dataclass
class Auditor:
    """`patience` as in `audit`. Reads only; two auditors at once do no harm."""

    spool: Spool
    queues: Queues
    dead: DeadLetterQueues
    store: MailStore
    ledger: Ledger
    patience: timedelta = PATIENCE
    notifying: Callable[[], bool] = lambda: True
    now: Now = utc_now

    def examine(self, scope: Scope = EVERYTHING, time_left: TimeLeft = unlimited) -> Examination:
        """Gather the evidence in the order that `Evidence` requires, and audit it. `Retryable`.

        When `time_left` runs short the examination covers fewer sealed mails (`last_key`) and fewer failed messages
        (`unread`), but it always covers some. Only an examination of everything counts the ledger: a slice has no
        balance.
        """
        now = self.now()
        entries, last_key = self._sealed(scope, now, fraction(time_left, 1 / 3), time_left)
        depths = {depth.name: depth for depth in self.queues.depths()}
        held = sum(depth.waiting + depth.in_flight + depth.delayed for depth in map(depths.__getitem__, BEFORE_LEDGER))
        stages = [stage.name for stage in PIPELINE if depths[stage.name].dead]
        found, unread = self.read(stages, time_left=fraction(time_left, 2 / 3))
        records = by_mail(found)
        counts = self.store.ledger_counts() if scope.everything else {}
        entries, recorded, last_key = self._recorded(entries, records, last_key, time_left)
        everywhere = quarantined = self.ledger.quarantined()
        if not scope.everything:  # another slice examines the others
            quarantined = {mail_id: at for mail_id, at in quarantined.items() if mail_id in entries}
        evidence = Evidence(
            now=now,
            sealed={mail_id: entry.modified for mail_id, entry in entries.items()},
            records={mail_id: record.dead.sent_at for mail_id, record in records.items()},
            records_known=not unread,
            held=held,
            stored=counts.get("stored", 0),
            excluded=counts.get("excluded", 0),
            recorded=recorded,
            quarantined=quarantined,
            unsent=self.ledger.unsent(now - self.patience, UNSENT) if self.notifying() else (),
        )
        findings, queues = audit(evidence, self.patience), tuple(depths.values())
        return Examination(findings, entries, records, last_key, tuple(found), unread, queues, everywhere)

    def read(
        self, stages: Sequence[str], limit: int = RECORDS, time_left: TimeLeft = unlimited
    ) -> tuple[list[DeadLetterRecord], frozenset[str]]:
        """Read the dead-letter queues of these stages; also return the stages that were not read whole. `Retryable`.

        Each stage has its fair share of the time: half to receive its messages, half to make them visible again.
        """
        found: list[DeadLetterRecord] = []
        unread: set[str] = set()
        for position, stage in enumerate(stages):
            own = fraction(time_left, 1 / (len(stages) - position))
            inspection = self.dead.take(stage, limit, HIDE_SECONDS, fraction(own, 1 / 2))
            self.dead.give_back(inspection.messages, own)
            found += map(read, inspection.messages)
            unread |= set() if inspection.complete else {stage}
        return found, frozenset(unread)

    def _sealed(
        self, scope: Scope, now: datetime, share: TimeLeft, time_left: TimeLeft
    ) -> tuple[dict[str, SpoolEntry], str]:
        """Sealed mails without an end, and where the listing stopped. A spool holds too many others to keep them.

        The listing ends after its `share`, but not within a page: however slow the spool is, each run gets on by one.
        """
        found: dict[str, SpoolEntry] = {}
        page: dict[str, SpoolEntry] = {}
        for number, entry in enumerate(self.spool.list(SEALED_PREFIX, scope.after), start=1):
            mail_id = sealed_mail(entry.key).mail_id
            recent = scope.within is None or now - entry.modified <= scope.within
            if recent and MAIL_ID.fullmatch(mail_id):
                page[mail_id] = entry
            late = share() if number % LOOKUP == 0 else time_left()
            if number == scope.keys or late <= 0:
                return found | self._open(page), entry.key
            if len(page) == LOOKUP:
                found |= self._open(page)
                page = {}
        return found | self._open(page), ""

    def _open(self, entries: Mapping[str, SpoolEntry]) -> dict[str, SpoolEntry]:
        """Those that are neither stored nor excluded: such a mail has ended, whatever is found later."""
        states = self.store.ledger_state(entries) if entries else {}
        return {mail_id: entry for mail_id, entry in entries.items() if states.get(mail_id, ("",))[0] not in ENDED}

    def _recorded(
        self, entries: Mapping[str, SpoolEntry], records: Iterable[str], last_key: str, time_left: TimeLeft
    ) -> tuple[dict[str, SpoolEntry], frozenset[str], str]:
        """The entries that could be looked up in time, the mails that have a ledger row, and the last key then."""
        known = set(self._rows(list(records)))
        pending, done = list(entries), 0
        while done < len(pending) and (done == 0 or time_left() > 0):
            known |= self._rows(pending[done : done + LOOKUP])
            done = min(done + LOOKUP, len(pending))
        checked = {mail_id: entries[mail_id] for mail_id in pending[:done]}
        return checked, frozenset(known), entries[pending[done - 1]].key if done < len(pending) else last_key

    def _rows(self, mail_ids: Sequence[str]) -> set[str]:
        known: set[str] = set()
        for start in range(0, len(mail_ids), LOOKUP):
            known |= self.store.ledger_state(mail_ids[start : start + LOOKUP]).keys()
        return known
