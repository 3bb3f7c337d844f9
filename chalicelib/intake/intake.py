"""The one way in: identity, seal, pointer, and only then "accepted" (design invariant 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.core.cache_keys import seen_key
from chalicelib.core.errors import Retryable
from chalicelib.core.messages import Envelope, Exclusion, Receipt, send_grouped
from chalicelib.core.spool_keys import sealed_key
from chalicelib.core.stages import LEDGER, PIPELINE
from chalicelib.intake.arrival import TAKEN, Arrival, IntakeDecision, IntakeResult, Status
from chalicelib.mail.identity import mail_id
from chalicelib.mail.sealed import EMAILENGINE, Header, labels_text, seal

if TYPE_CHECKING:
    from chalicelib.ports import Cache, Queues, Spool, Telemetry

__all__ = ["Arrival", "Intake", "IntakeResult", "Status", "seen_key"]

SEEN_SECONDS = 30 * 24 * 3600
"""How long a repeat is answered without asking the pipeline. Only a hint: the database decides."""

Judge = Callable[[Sequence[Arrival]], Sequence[IntakeDecision]]
"""Decides about arrivals that were not seen before, in order (`gate.Gate`)."""


def accept_all(arrivals: Sequence[Arrival]) -> list[IntakeDecision]:
    """Accepts every mail, undecided."""
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
        self, arrivals: Sequence[Arrival], trace_id: str, judge: Judge = accept_all, trust_seen_cache: bool = True
    ) -> list[IntakeResult]:
        """A result for each arrival, in order.

        `accepted`, `skipped_*` and `stopped_*` mean that the sealed mail is in the spool *and* its pointer, or the
        note that excludes it, in the queue. A failed put or send is `try_again`: the repeat overwrites what was sealed
        without a pointer. A mail that `judge` refuses for a while is not sealed. A caller that has asked the ledger
        and the spool passes `trust_seen_cache=False`.
        """
        started = self.now()
        ids = [mail_id(arrival.account, arrival.identity) for arrival in arrivals]
        first = dict(zip(reversed(ids), reversed(arrivals), strict=True))  # the same mail twice in one push is one
        outcomes: dict[str, IntakeResult] = {}
        for identifier in first:
            if trust_seen_cache and self.known(identifier):
                outcomes[identifier] = IntakeResult(Status.ALREADY_PROCESSED, identifier)
        fresh = [identifier for identifier in dict.fromkeys(ids) if identifier not in outcomes]
        sealed: dict[str, tuple[Envelope | Exclusion, Status]] = {}
        for identifier, decided in zip(fresh, judge([first[one] for one in fresh]), strict=True):
            arrival = first[identifier]
            if decided.status not in TAKEN and decided.excluded is None:
                outcomes[identifier] = IntakeResult(decided.status, identifier, decided.retry_after)
                continue
            try:
                sealed[identifier] = self._seal(identifier, arrival, decided, started, trace_id), decided.status
            except Retryable as error:
                self.telemetry.log(
                    "seal_failed", code=error.code, mail_id=identifier, account=arrival.account, trace_id=trace_id
                )
                outcomes[identifier] = IntakeResult(Status.TRY_AGAIN, identifier)
        outcomes |= self._enqueue(sealed)
        results, answered = [], set()
        for identifier in ids:
            result = outcomes[identifier]
            if result.status in TAKEN and identifier in answered:
                result = IntakeResult(Status.ALREADY_PROCESSED, identifier)
            answered.add(identifier)
            results.append(result)
        return results

    def known(self, identifier: str) -> bool:
        """Whether the hint says that this mail was accepted."""
        return self.cache.get(seen_key(identifier)) is not None

    def _seal(
        self, identifier: str, arrival: Arrival, decided: IntakeDecision, started: datetime, trace_id: str
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
        # A reference must not overwrite the mail itself, which another endpoint may have sealed under the same id: that
        # may be the only copy left. The mail itself may overwrite a reference.
        self.spool.put(key, seal(header, arrival.payload), only_if_absent=arrival.kind == EMAILENGINE)
        seconds = round((self.now() - started).total_seconds(), 4)
        envelope = Envelope(
            mail_id=identifier,
            account=arrival.account,
            source=arrival.source,
            spool_key=key,
            received_at=received_at,
            trace_id=trace_id,
            receipts=(Receipt("ingress", "email.receive", received_at, seconds, str(decided.status)),),
            routing=decided.routing,
        )
        return envelope if decided.excluded is None else decided.excluded.note(envelope)

    def _enqueue(self, sealed: dict[str, tuple[Envelope | Exclusion, Status]]) -> dict[str, IntakeResult]:
        results: dict[str, IntakeResult] = {}
        pairs = list(sealed.values())
        lost = send_grouped(
            self.queues,
            [(PIPELINE[0].name if isinstance(message, Envelope) else LEDGER, message) for message, _ in pairs],
        )
        for index, (message, status) in enumerate(pairs):
            if index in lost:
                status = Status.TRY_AGAIN
            results[message.mail_id] = IntakeResult(status, message.mail_id)
            if status in TAKEN:  # an excluded mail that comes again is decided again
                self.cache.set(seen_key(message.mail_id), b"1", SEEN_SECONDS)
        return results
