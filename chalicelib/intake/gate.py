"""What the operator's limits and rules decide about each mail before it is sealed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.core.errors import ConfigurationError, Retryable
from chalicelib.core.keyed_hashes import sender_key
from chalicelib.intake.arrival import REASONS, Arrival, ExclusionReason, IntakeDecision, Status
from chalicelib.mail.sealed import FIELDS, RAW
from chalicelib.resilience.rates import Quota

if TYPE_CHECKING:
    from chalicelib.mail.model import Mail
    from chalicelib.policy.decision import Decision
    from chalicelib.policy.ruleset import Limits, Rate, RuleSet
    from chalicelib.ports import Limiter

OPEN = IntakeDecision()
WAIT_AT_MOST = 3600.0
"""Seconds: a pusher asks again after an hour at the latest, because windows and limits may change in the meantime."""

HEAD_BYTES = 64 * 1024
"""Bytes of a raw mail that are looked at for its sender alone."""


@dataclass(frozen=True)
class Gate:
    """`rules` may raise `Retryable`: then mail is accepted undecided, and the anonymize stage decides.

    `limits` are those of the settings, for what the rule set does not say. `key` keys the hashes of senders.
    """

    limiter: Limiter
    rules: Callable[[], RuleSet]
    limits: Limits
    key: Callable[[], bytes]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def check_all(self, arrivals: Sequence[Arrival]) -> list[IntakeDecision]:
        """The rate limits for each sender and in total, then the rules on what the endpoint can read of the mail."""
        rules = self._rules()
        per_sender, total = self._rates(rules)
        senders = [_sender(arrival) if per_sender else "" for arrival in arrivals]
        waits = self.limiter.take(
            [[*_quota("total", total), *_quota(self._name(sender), per_sender)] for sender in senders]
        )
        return [
            _late(wait) if wait else self._decided(arrival, rules)
            for arrival, wait in zip(arrivals, waits, strict=True)
        ]

    def check_total_rate(self, arrivals: Sequence[Arrival]) -> list[IntakeDecision]:
        """The total rate limit alone, for an endpoint that knows no sender yet; the anonymize stage decides."""
        _, total = self._rates(self._rules())
        return [_late(wait) if wait else OPEN for wait in self.limiter.take([_quota("total", total)] * len(arrivals))]

    def _name(self, sender: str) -> str:
        return f"sender:{sender_key(sender, self.key())}" if sender else ""

    def _rules(self) -> RuleSet | None:
        try:
            return self.rules()
        except (Retryable, ConfigurationError):  # neither may keep mail out; the anonymize stage reports the second
            return None

    def _rates(self, rules: RuleSet | None) -> tuple[Rate | None, Rate | None]:
        limits = rules.limits if rules else self.limits
        return limits.sender or self.limits.sender, limits.total or self.limits.total

    def _decided(self, arrival: Arrival, rules: RuleSet | None) -> IntakeDecision:
        if rules is None or rules.empty or (mail := read(arrival)) is None:
            return OPEN
        from chalicelib.policy.decision import PolicyAction
        from chalicelib.policy.facts import facts_of

        facts = facts_of(mail, arrival.account, arrival.labels)
        now = self.now()
        decision = rules.decide(facts, now)
        if decision.verdict is PolicyAction.EXCLUDE:
            why = ExclusionReason.of(decision, facts.sender, self.key())
            return IntakeDecision(REASONS[decision.reason], excluded=why)
        if decision.verdict is PolicyAction.REFUSE:
            return IntakeDecision(Status.OUTSIDE_WINDOW, retry_after=_opens_in(decision, now))
        held = decision.verdict is PolicyAction.HOLD
        return IntakeDecision(Status.ACCEPTED_HELD if held else Status.ACCEPTED, routing=decision.routing)


def read(arrival: Arrival) -> Mail | None:
    """The mail, where its content is here."""
    if arrival.kind == RAW:
        from chalicelib.mail.parse import parse

        return parse(arrival.payload)
    if arrival.kind == FIELDS:
        from chalicelib.mail.fields import from_push

        return from_push(json.loads(arrival.payload))
    return None


def _sender(arrival: Arrival) -> str:
    """The sender's address, from the head of the mail alone; empty where there is none."""
    if arrival.kind not in (RAW, FIELDS):
        return ""
    from chalicelib.mail.fields import from_push
    from chalicelib.mail.parse import parse
    from chalicelib.policy.facts import plain_address

    if arrival.kind == RAW:
        head = arrival.payload[:HEAD_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        sender = parse(head + b"\n\n").sender
    else:
        sender = from_push({"sender": json.loads(arrival.payload).get("sender")}).sender
    return plain_address(sender.address) if sender else ""


def _quota(key: str, rate: Rate | None) -> list[Quota]:
    return [Quota(key, rate.per_minute, rate.burst)] if rate and key else []


def _late(wait: float) -> IntakeDecision:
    return IntakeDecision(Status.RATE_LIMITED, retry_after=min(wait, WAIT_AT_MOST))


def _opens_in(decision: Decision, now: datetime) -> float:
    opens = datetime.fromisoformat(decision.retry_at) if decision.retry_at else now
    return min(max((opens - now).total_seconds(), 1.0), WAIT_AT_MOST)
