"""The rules' word on a mail that no door could read whole: fetched by reference, uploaded, reconsidered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from chalicelib.core.keyed_hashes import sender_keys
from chalicelib.core.messages import Envelope, Exclusion, Receipt, Routing
from chalicelib.intake.load_mail import LoadedMail
from chalicelib.mail.links import Provider
from chalicelib.policy.decision import Decision, Facts, PolicyAction
from chalicelib.policy.facts import facts_of

RECONSIDER = "reconsider"
"""Module of the receipt of a mail that an operator has decided anew."""


class Rules(Protocol):
    """A rule set (`policy.ruleset.RuleSet`)."""

    def decide(self, facts: Facts, now: datetime, *, stops: bool = True) -> Decision:
        """What becomes of the mail."""

    @property
    def providers(self) -> Sequence[Provider]:
        """Whose links are looked for."""


def decide(
    message: Envelope, opened: LoadedMail, rules: Callable[[], Rules], key: bytes, now: datetime
) -> Envelope | Exclusion:
    """The pointer with its routing, or the note that the rules keep the mail out.

    A mail that brings its routing was decided at the door, on all that it says, and is not decided again: rules that
    changed since must not undo what the sender was told. Nobody can be refused here: that counts as held. Raises what
    `rules` raises.
    """
    if message.routing is not None:
        return message
    told = facts_of(opened.mail, message.account, opened.labels)
    decision = rules().decide(told, _moment(message, now))
    if decision.verdict is not PolicyAction.EXCLUDE:
        return replace(message, routing=_routing(decision))
    sender, domain = sender_keys(told.sender, key)
    receipt = Receipt("anonymize", "email.decide", now.isoformat(timespec="milliseconds"), 0.0, decision.reason)
    return Exclusion(
        mail_id=message.mail_id,
        account=message.account,
        source=message.source,
        spool_key=opened.key,  # the mail itself, also where the door had a reference only
        received_at=message.received_at,
        trace_id=message.trace_id,
        reason=decision.reason,
        rule=decision.rule,
        rules_version=decision.routing.version,
        sender_key=sender,
        domain_key=domain,
        receipts=(*message.receipts, receipt),
    )


def _moment(message: Envelope, now: datetime) -> datetime:
    """When the time windows are looked at: when the mail came, however long a queue held it; now, for an operator."""
    if any(receipt.module == RECONSIDER for receipt in message.receipts):
        return now
    try:
        return datetime.fromisoformat(message.received_at)
    except ValueError:
        return now


def _routing(decision: Decision) -> Routing:
    if decision.verdict is not PolicyAction.REFUSE:
        return decision.routing
    return replace(decision.routing, hold_until=decision.retry_at)
