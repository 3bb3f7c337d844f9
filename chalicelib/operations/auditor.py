"""Gathers the evidence for the proof, and sends on its way again what never arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.core.clock import Now, utc_now
from chalicelib.core.errors import Permanent
from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.messages import Envelope, Message, Receipt, send_grouped
from chalicelib.core.spool_keys import SEALED_PREFIX, sealed_mail
from chalicelib.core.stages import BEFORE_LEDGER, LEDGER, PIPELINE
from chalicelib.mail import sealed
from chalicelib.operations.audit import PATIENCE, Evidence, Findings, audit
from chalicelib.ports import DeadLetters, Ledger, MailStore, QueueDepth, Queues, Spool, SpoolEntry
from chalicelib.ports.dead_letter_records import DeadLetterRecord, by_mail, read

LETTERS = 2_000
"""Letters of one dead-letter queue that are looked at: with more of them nothing is called missing."""

HIDE_SECONDS = 60
LOOKUP = 1_000
ENDED = ("stored", "excluded")
HEADER_BYTES = 16_384
UNSENT = 1_000


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sealed mails are looked at: at most `keys` of them after the key `after`, sealed within `within`."""

    keys: int | None = None
    after: str = ""
    within: timedelta | None = None


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Examination:
    """The findings, and what a repair needs: `sealed` are sealed mails without an end.

    `last_key` is where a limited scope ended, empty at the spool's end.

    For who watches: all letters of the pipeline (`found`) and the stages that were not read whole (`unread`), what each
    queue holds, and every mail that the ledger calls quarantined, whatever the scope.
    """

    findings: Findings
    sealed: dict[str, SpoolEntry]
    letters: dict[str, DeadLetterRecord]
    last_key: str
    found: tuple[DeadLetterRecord, ...] = ()
    unread: frozenset[str] = frozenset()
    depths: tuple[QueueDepth, ...] = ()
    quarantined: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repaired:
    """Mail ids: sent to the first stage again, noted for the ledger, and with a code those that were not helped."""

    requeued: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@dataclass
class Auditor:
    """`patience` as in `audit.audit`. All that it does is keyed by the mail id: two provers at once do no harm."""

    spool: Spool
    queues: Queues
    dead: DeadLetters
    store: MailStore
    ledger: Ledger
    patience: timedelta = PATIENCE
    notifying: Callable[[], bool] = lambda: True
    now: Now = utc_now

    def examine(self, scope: Scope = EVERYTHING) -> Examination:
        """Look at everything in the order that `Evidence` asks for. `Retryable`."""
        now = self.now()
        entries, last_key = self._sealed(scope, now)
        depths = {depth.name: depth for depth in self.queues.depths()}
        held = sum(depth.waiting + depth.in_flight + depth.delayed for depth in map(depths.__getitem__, BEFORE_LEDGER))
        found, unread = self.read([stage.name for stage in PIPELINE if depths[stage.name].dead])
        letters = by_mail(found)
        counts = self.store.ledger_counts()
        recorded = self._recorded(entries.keys() | letters.keys())
        everyone = quarantined = self.ledger.quarantined()
        if scope.keys is not None or scope.within is not None:  # then the others are somebody else's to judge
            quarantined = {mail_id: at for mail_id, at in quarantined.items() if mail_id in entries}
        evidence = Evidence(
            now=now,
            sealed={mail_id: entry.modified for mail_id, entry in entries.items()},
            letters={mail_id: letter.dead.sent_at for mail_id, letter in letters.items()},
            letters_known=not unread,
            held=held,
            stored=counts.get("stored", 0),
            excluded=counts.get("excluded", 0),
            recorded=recorded,
            quarantined=quarantined,
            unsent=self.ledger.unsent(now - self.patience, UNSENT) if self.notifying() else (),
        )
        findings, held_by = audit(evidence, self.patience), tuple(depths.values())
        return Examination(findings, entries, letters, last_key, tuple(found), unread, held_by, everyone)

    def repair(self, examination: Examination, limit: int | None = None, stalled: bool = False) -> Repaired:
        """Send what is missing or orphaned to the first stage again, and the notes that were not written to store.

        At most `limit` mails. `stalled`: those that are in flight for over an hour as well, whatever holds them; a mail
        that is twice on its way is stored once. `Retryable` when the spool is away: what was not sent is found again.
        """
        findings = examination.findings
        wanted = (*findings.missing, *findings.orphaned, *(findings.stalled if stalled else ()))[:limit]
        envelopes: list[Envelope] = []
        failed: list[tuple[str, str]] = []
        for mail_id in wanted:
            try:
                if mail_id not in examination.sealed:
                    raise Permanent("spool_missing")
                envelopes.append(self._pointer(mail_id, examination.sealed[mail_id]))
            except Permanent as error:
                failed.append((mail_id, error.code))
        now = self.now()
        left = None if limit is None else limit - len(wanted)
        notes = [examination.letters[mail_id].note(now) for mail_id in findings.unrecorded[:left]]
        requeued, lost = self._send(PIPELINE[0].name, envelopes)
        noted, unwritten = self._send(LEDGER, [note for note in notes if note])
        failed += [(mail_id, "queue_unavailable") for mail_id in (*lost, *unwritten)]
        return Repaired(requeued, noted, tuple(failed))

    def _sealed(self, scope: Scope, now: datetime) -> tuple[dict[str, SpoolEntry], str]:
        """Sealed mails without an end, and where the scope ended. Those with one are not kept: a spool has many."""
        found: dict[str, SpoolEntry] = {}
        page: dict[str, SpoolEntry] = {}
        for number, entry in enumerate(self.spool.list(SEALED_PREFIX, scope.after), start=1):
            mail_id = sealed_mail(entry.key).mail_id
            recent = scope.within is None or now - entry.modified <= scope.within
            if recent and MAIL_ID.fullmatch(mail_id):
                page[mail_id] = entry
            if number == scope.keys:
                return found | self._open(page), entry.key
            if len(page) == LOOKUP:
                found |= self._open(page)
                page = {}
        return found | self._open(page), ""

    def _open(self, entries: Mapping[str, SpoolEntry]) -> dict[str, SpoolEntry]:
        """Those that are neither stored nor excluded: such a mail has an end, whatever is found out after it."""
        states = self.store.ledger_state(entries)
        return {mail_id: entry for mail_id, entry in entries.items() if states.get(mail_id, ("",))[0] not in ENDED}

    def read(self, stages: Iterable[str], limit: int = LETTERS) -> tuple[list[DeadLetterRecord], frozenset[str]]:
        """What lies in these stages' dead-letter queues, given back at once; and those that were not read whole."""
        found: list[DeadLetterRecord] = []
        unread: set[str] = set()
        for stage in stages:
            inspection = self.dead.take(stage, limit, HIDE_SECONDS)
            self.dead.give_back(inspection.letters)
            found += map(read, inspection.letters)
            unread |= set() if inspection.complete else {stage}
        return found, frozenset(unread)

    def _recorded(self, mail_ids: Iterable[str]) -> frozenset[str]:
        ids = sorted(mail_ids)
        known: set[str] = set()
        for start in range(0, len(ids), LOOKUP):
            known |= self.store.ledger_state(ids[start : start + LOOKUP]).keys()
        return frozenset(known)

    def _pointer(self, mail_id: str, entry: SpoolEntry) -> Envelope:
        """The door's message, made anew from the seal. An unreadable seal goes on too: anonymize says what is wrong."""
        receipt = Receipt("sweep", "email.recover", self.now().isoformat(timespec="milliseconds"), 0.0, "requeued")
        account = sealed_mail(entry.key).account
        try:
            header, _ = sealed.unseal(self.spool.head(entry.key, HEADER_BYTES))
        except Permanent as error:
            if error.code != "sealed_unreadable":
                raise
            return Envelope(mail_id, account, "unknown", entry.key, entry.modified.isoformat(), mail_id, (receipt,))
        source = header.source or ("emailengine" if header.kind == sealed.EMAILENGINE else "gmail")
        return Envelope(mail_id, account, source, entry.key, header.received_at, header.trace_id, (receipt,))

    def _send(self, stage: str, messages: Sequence[Message]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Mail ids that were sent, and those that were not."""
        lost = send_grouped(self.queues, [(stage, message) for message in messages])
        sent = [message.mail_id for index, message in enumerate(messages) if index not in lost]
        return tuple(sent), tuple(messages[index].mail_id for index in sorted(lost))
