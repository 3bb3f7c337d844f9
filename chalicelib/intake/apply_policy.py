"""Applies the rules to mail that no endpoint could read whole: fetched by reference, uploaded, re-evaluated.

It also seals the links of a mail whose files the rules ask for; `delivery.offload` reads them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from chalicelib.core.messages import Envelope, Exclusion, Receipt, Routing
from chalicelib.core.spool_keys import links_key
from chalicelib.intake.arrival import ExclusionReason
from chalicelib.intake.load_mail import LoadedMail
from chalicelib.mail.links import Provider, find
from chalicelib.mail.model import Mail
from chalicelib.policy.decision import Decision, Facts, PolicyAction
from chalicelib.policy.facts import facts_of
from chalicelib.ports import Spool

RECONSIDER = "reconsider"
"""Module of the receipt of a mail that an operator has had re-evaluated."""


MAX_LINKS = 50
"""Links of one mail whose files are fetched; the others keep their address."""


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
    """The pointer with its routing, or the note that the rules exclude the mail.

    A mail that brings its routing was decided at the endpoint, on all that it says, and is not decided again: rules
    that changed since must not undo what the pusher was answered. No mail can be refused here: that counts as held.
    Raises what `rules` raises.
    """
    if message.routing is not None:
        return message
    facts = facts_of(opened.mail, message.account, opened.labels)
    decision = rules().decide(facts, _moment(message, now))
    if decision.verdict is not PolicyAction.EXCLUDE:
        return message.changed(routing=_routing(decision))
    receipt = Receipt("anonymize", "email.decide", now.isoformat(timespec="milliseconds"), 0.0, decision.reason)
    # The note names the mail itself, also where the endpoint had a reference only.
    decided = message.changed(spool_key=opened.key, receipts=(*message.receipts, receipt))
    return ExclusionReason.of(decision, facts.sender, key).note(decided)


def with_links(message: Envelope, mail: Mail, providers: Callable[[], Sequence[Provider]], spool: Spool) -> Envelope:
    """Seal the links of a mail whose rules ask for their files. A mail without links does not go to `offload`."""
    if message.routing is None or not message.routing.offload:
        return message
    links = find(mail.full_text, mail.html, providers())
    if not links:
        return message.changed(routing=replace(message.routing, offload=False))
    seal_links(spool, message, [(link.provider, link.url) for link in links])
    return message


def seal_links(spool: Spool, message: Envelope, links: Sequence[tuple[str, str]]) -> None:
    """Put the links (provider, URL) into the spool. `Retryable`."""
    spool.put(links_key(message.account, message.mail_id), json.dumps(list(links)[:MAX_LINKS]).encode())


def _moment(message: Envelope, now: datetime) -> datetime:
    """The time for the time windows: when the mail was received, or now where an operator has it re-evaluated."""
    if any(receipt.module == RECONSIDER for receipt in message.receipts):
        return now
    try:
        received = datetime.fromisoformat(message.received_at)
    except ValueError:
        return now
    return received if received.tzinfo else now


def _routing(decision: Decision) -> Routing:
    if decision.verdict is not PolicyAction.REFUSE:
        return decision.routing
    return replace(decision.routing, hold_until=decision.retry_at)
