"""Input and result of the operator's rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.core.messages import Routing


class PolicyAction(StrEnum):
    """What becomes of a mail: only `ACCEPT` and `HOLD` send it down the pipeline."""

    ACCEPT = "accept"
    HOLD = "hold"
    EXCLUDE = "exclude"
    REFUSE = "refuse"


SENDER_NOT_ALLOWED = "sender_not_allowed"
STOPPED = "stopped_by_routing_rule"
OUTSIDE_WINDOW = "outside_time_window"


@dataclass(frozen=True, slots=True)
class Facts:
    """A mail as the rules see it, in the clear; never logged, never queued.

    `sender` and `recipients` are addresses in lower case (RFC 5321 addr-spec, domain in A-labels where it has
    them), `sender` empty where the mail names none. `body` is plain text, `html` the HTML part or empty,
    `attachments` are file names.
    """

    account: str
    sender: str
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    html: str = ""
    labels: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """One rule that was evaluated: whether it matched, and why or why not, without mail content."""

    rule: str
    matched: bool
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. `reason` (one of the constants above) and `rule` say what excluded or refused; else empty.

    `routing.hold_until` is set when the verdict is `HOLD`; `retry_at` (ISO 8601 UTC) when it is `REFUSE` by a window:
    when the window opens.
    """

    verdict: PolicyAction
    routing: Routing
    reason: str = ""
    rule: str = ""
    retry_at: str = ""
    matches: tuple[Match, ...] = ()


def as_dict(decision: Decision) -> dict[str, Any]:
    """A decision as JSON values, for operators: names and codes of theirs, nothing of the mail."""
    routing = decision.routing
    return {
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "rule": decision.rule,
        "rules": list(routing.rules),
        "retry_at": decision.retry_at,
        "hold_until": routing.hold_until,
        "topic": routing.topic,
        "priority": routing.priority,
        "category": routing.category,
        "webhooks": list(routing.webhooks),
        "offload": routing.offload,
        "matches": [{"rule": one.rule, "matched": one.matched, "why": one.why} for one in decision.matches],
    }
