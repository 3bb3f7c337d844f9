"""The one way in: identity, seal, pointer, and only then "accepted" (design invariant 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.mail.identity import mail_id
from chalicelib.mail.sealed import Header, seal
from chalicelib.pipeline.messages import Envelope, Receipt, encode
from chalicelib.pipeline.stages import PIPELINE
from chalicelib.runtime import observability as o11y
from chalicelib.runtime.errors import Retryable

if TYPE_CHECKING:
    from chalicelib.ports import Cache, Queues, Spool

SEEN_SECONDS = 30 * 24 * 3600
"""How long a repeat is answered without asking the pipeline. Only a hint: the database decides."""


class Status(StrEnum):
    """The verdict on one arrival."""

    ACCEPTED = "accepted"
    ALREADY_PROCESSED = "already_processed"
    TRY_AGAIN = "try_again"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail at a door. `identity` is the best that the door can know (see `mail.identity`)."""

    account: str
    source: str
    kind: str
    payload: bytes
    identity: str
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the door may answer for one arrival."""

    status: Status
    mail_id: str


def spool_key(account: str, mail_id: str) -> str:
    """Where the sealed mail lies: its identity, so that a repeat overwrites itself."""
    return f"sealed/{account}/{mail_id}"


def seen_key(mail_id: str) -> str:
    """Redis key of the hint that a mail was accepted."""
    return f"seen:{mail_id}"


@dataclass(frozen=True)
class Intake:
    """Takes mails in. `trace_id` is the request's correlation id, carried to the notification."""

    spool: Spool
    queues: Queues
    cache: Cache
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def take(self, arrivals: Sequence[Arrival], trace_id: str) -> list[Verdict]:
        """A verdict for each arrival, in order.

        `accepted` means that the sealed mail is in the spool *and* its pointer in the queue. A failed put
        or send is `try_again`: what was sealed without a pointer is overwritten by the repeat.
        """
        started = self.now()
        ids = [mail_id(arrival.account, arrival.identity) for arrival in arrivals]
        verdicts: dict[str, Status] = {}
        sealed: dict[str, Envelope] = {}
        for identifier, arrival in zip(ids, arrivals, strict=True):
            if identifier in verdicts or identifier in sealed:
                continue  # the same mail twice in one push
            if self.cache.get(seen_key(identifier)) is not None:
                verdicts[identifier] = Status.ALREADY_PROCESSED
                continue
            try:
                sealed[identifier] = self._seal(identifier, arrival, started, trace_id)
            except Retryable as error:
                o11y.log("seal_failed", code=error.code, mail_id=identifier, account=arrival.account, trace_id=trace_id)
                verdicts[identifier] = Status.TRY_AGAIN
        verdicts |= self._enqueue(sealed)
        answers, told = [], set()
        for identifier in ids:
            status = verdicts[identifier]
            if status is Status.ACCEPTED and identifier in told:
                status = Status.ALREADY_PROCESSED
            told.add(identifier)
            answers.append(Verdict(status, identifier))
        return answers

    def _seal(self, identifier: str, arrival: Arrival, started: datetime, trace_id: str) -> Envelope:
        received_at = started.isoformat(timespec="milliseconds")
        key = spool_key(arrival.account, identifier)
        header = Header(
            kind=arrival.kind,
            account=arrival.account,
            mail_id=identifier,
            received_at=received_at,
            trace_id=trace_id,
            provider_id=arrival.provider_id,
            source=arrival.source,
        )
        self.spool.put(key, seal(header, arrival.payload))
        seconds = round((self.now() - started).total_seconds(), 4)
        return Envelope(
            mail_id=identifier,
            account=arrival.account,
            source=arrival.source,
            spool_key=key,
            received_at=received_at,
            trace_id=trace_id,
            receipts=(Receipt("ingress", "email.receive", received_at, seconds, "accepted"),),
        )

    def _enqueue(self, sealed: dict[str, Envelope]) -> dict[str, Status]:
        verdicts: dict[str, Status] = {}
        for account in sorted({envelope.account for envelope in sealed.values()}):
            group = [envelope for envelope in sealed.values() if envelope.account == account]
            lost = self.queues.send(PIPELINE[0].name, [encode(envelope) for envelope in group], account)
            for index, envelope in enumerate(group):
                if index in lost:
                    verdicts[envelope.mail_id] = Status.TRY_AGAIN
                    continue
                verdicts[envelope.mail_id] = Status.ACCEPTED
                self.cache.set(seen_key(envelope.mail_id), b"1", SEEN_SECONDS)
        return verdicts
