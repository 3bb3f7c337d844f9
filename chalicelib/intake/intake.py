"""The one way in: identity, seal, pointer, and only then "accepted" (design invariant 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.core.cache_keys import seen_key
from chalicelib.core.errors import Retryable
from chalicelib.core.messages import Envelope, Exclusion, Receipt, encode
from chalicelib.core.spool_keys import sealed_key
from chalicelib.core.stages import PIPELINE
from chalicelib.intake.arrival import TAKEN, Arrival, ExclusionReason, IntakeDecision, IntakeResult, Status
from chalicelib.mail.identity import mail_id
from chalicelib.mail.sealed import EMAILENGINE, Header, labels_text, seal

if TYPE_CHECKING:
    from chalicelib.ports import Cache, Queues, Spool, Telemetry

__all__ = ["Arrival", "Intake", "IntakeResult", "Status", "seen_key"]

SEEN_SECONDS = 30 * 24 * 3600
"""How long a repeat is answered without asking the pipeline. Only a hint: the database decides."""

LEDGER = "store"
"""The stage that notes excluded mail."""

Judge = Callable[[Sequence[Arrival]], Sequence[IntakeDecision]]
"""Decides about arrivals that were not seen before, in order (`gate.Gate`)."""


def everybody(arrivals: Sequence[Arrival]) -> list[IntakeDecision]:
    """Lets every mail in, undecided."""
    return [IntakeDecision()] * len(arrivals)


@dataclass(frozen=True)
class Intake:
    """Takes mails in. `trace_id` is the request's correlation id, carried to the notification."""

    spool: Spool
    queues: Queues
    cache: Cache
    telemetry: Telemetry
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def take(
        self, arrivals: Sequence[Arrival], trace_id: str, judge: Judge = everybody, trust_seen_cache: bool = True
    ) -> list[IntakeResult]:
        """A verdict for each arrival, in order.

        `accepted`, `skipped_*` and `stopped_*` mean that the sealed mail is in the spool *and* its pointer, or the
        note that excludes it, in the queue. A failed put or send is `try_again`: what was sealed without a pointer is
        overwritten by the repeat. A mail that `judge` turns away for a while is not sealed. Not to `believe` the hint
        is for who has asked the ledger and the spool.
        """
        started = self.now()
        ids = [mail_id(arrival.account, arrival.identity) for arrival in arrivals]
        first = dict(zip(reversed(ids), reversed(arrivals), strict=True))  # the same mail twice in one push is one
        verdicts: dict[str, IntakeResult] = {}
        for identifier in first:
            if trust_seen_cache and self.known(identifier):
                verdicts[identifier] = IntakeResult(Status.ALREADY_PROCESSED, identifier)
        fresh = [identifier for identifier in dict.fromkeys(ids) if identifier not in verdicts]
        sealed: dict[str, tuple[Envelope | Exclusion, Status]] = {}
        for identifier, judged in zip(fresh, judge([first[one] for one in fresh]), strict=True):
            arrival = first[identifier]
            if judged.status not in TAKEN and judged.excluded is None:
                verdicts[identifier] = IntakeResult(judged.status, identifier, judged.retry_after)
                continue
            try:
                sealed[identifier] = self._seal(identifier, arrival, judged, started, trace_id), judged.status
            except Retryable as error:
                self.telemetry.log(
                    "seal_failed", code=error.code, mail_id=identifier, account=arrival.account, trace_id=trace_id
                )
                verdicts[identifier] = IntakeResult(Status.TRY_AGAIN, identifier)
        verdicts |= self._enqueue(sealed)
        answers, told = [], set()
        for identifier in ids:
            verdict = verdicts[identifier]
            if verdict.status in TAKEN and identifier in told:
                verdict = IntakeResult(Status.ALREADY_PROCESSED, identifier)
            told.add(identifier)
            answers.append(verdict)
        return answers

    def known(self, identifier: str) -> bool:
        """Whether the hint says that this mail was accepted."""
        return self.cache.get(seen_key(identifier)) is not None

    def _seal(
        self, identifier: str, arrival: Arrival, judged: IntakeDecision, started: datetime, trace_id: str
    ) -> Envelope | Exclusion:
        received_at = started.isoformat(timespec="milliseconds")
        key = sealed_key(arrival.account, identifier)
        header = Header(
            kind=arrival.kind,
            account=arrival.account,
            mail_id=identifier,
            received_at=received_at,
            trace_id=trace_id,
            provider_id=arrival.provider_id,
            source=arrival.source,
            labels=labels_text(arrival.labels),
            date=arrival.date,
        )
        # A reference must not take the place of the mail itself, which came by another door under the same id: it may
        # be all that is left of it. The mail itself may take that of a reference.
        self.spool.put(key, seal(header, arrival.payload), only_if_absent=arrival.kind == EMAILENGINE)
        seconds = round((self.now() - started).total_seconds(), 4)
        envelope = Envelope(
            mail_id=identifier,
            account=arrival.account,
            source=arrival.source,
            spool_key=key,
            received_at=received_at,
            trace_id=trace_id,
            receipts=(Receipt("ingress", "email.receive", received_at, seconds, str(judged.status)),),
            routing=judged.routing,
        )
        return envelope if judged.excluded is None else _note(envelope, judged.excluded)

    def _enqueue(self, sealed: dict[str, tuple[Envelope | Exclusion, Status]]) -> dict[str, IntakeResult]:
        verdicts: dict[str, IntakeResult] = {}
        groups: dict[tuple[str, str], list[tuple[Envelope | Exclusion, Status]]] = {}
        for message, status in sealed.values():
            target = PIPELINE[0].name if isinstance(message, Envelope) else LEDGER
            groups.setdefault((target, message.account), []).append((message, status))
        for (target, account), group in sorted(groups.items(), key=lambda item: item[0]):
            lost = self.queues.send(target, [encode(message) for message, _ in group], account)
            for index, (message, status) in enumerate(group):
                if index in lost:
                    verdicts[message.mail_id] = IntakeResult(Status.TRY_AGAIN, message.mail_id)
                    continue
                verdicts[message.mail_id] = IntakeResult(status, message.mail_id)
                if status in TAKEN:  # an excluded mail that comes again is decided again
                    self.cache.set(seen_key(message.mail_id), b"1", SEEN_SECONDS)
        return verdicts


def _note(envelope: Envelope, excluded: ExclusionReason) -> Exclusion:
    return Exclusion(
        mail_id=envelope.mail_id,
        account=envelope.account,
        source=envelope.source,
        spool_key=envelope.spool_key,
        received_at=envelope.received_at,
        trace_id=envelope.trace_id,
        reason=excluded.reason,
        rule=excluded.rule,
        rules_version=excluded.rules_version,
        sender_key=excluded.sender_key,
        domain_key=excluded.domain_key,
        receipts=envelope.receipts,
    )
