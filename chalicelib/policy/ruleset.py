"""A rule document, compiled once: what becomes of a mail, and why (documented in docs/rules.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.core.messages import Routing
from chalicelib.mail.links import Provider
from chalicelib.policy import windows
from chalicelib.policy.decision import OUTSIDE_WINDOW, SENDER_NOT_ALLOWED, STOPPED, Decision, Facts, Match, PolicyAction
from chalicelib.policy.document import Destination, Document, InvalidRules, Limits, Rate, Rule, Span

if TYPE_CHECKING:  # an endpoint without rules loads neither the compiler nor the validator
    from chalicelib.policy.conditions import Test
    from chalicelib.policy.view import View

__all__ = ["Destination", "InvalidRules", "Limits", "Rate", "RuleSet", "load"]

ALLOWLIST = "allowlist"
"""The name under which the allowlist explains itself among the matches; no rule of a document may be mistaken for it,
since it always comes first."""
TOOK_TOO_LONG = "expression took too long"
BUDGET_SECONDS = 0.1
"""What all expressions of one decision may take before the rest counts as too long."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule with its test and its windows."""

    rule: Rule
    test: Test
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class RuleSet:
    """A compiled document. `document` is the JSON as it was given, `version` its number in the rule book.

    `covers` tests a domain against the allowlist, `budget` is what the expressions of one decision may take (seconds).
    """

    document: Mapping[str, Any]
    version: int
    parsed: Document = field(repr=False)
    compiled: tuple[Compiled, ...] = field(repr=False)
    covers: Callable[[str], bool] = field(repr=False)
    budget: float = BUDGET_SECONDS

    @property
    def empty(self) -> bool:
        """No rule can exclude, refuse or hold a mail, so an endpoint need not parse it."""
        return not self.parsed.allowlist and not any(
            entry.rule.stop_processing or entry.spans for entry in self.compiled
        )

    @property
    def limits(self) -> Limits:
        """Rate limits of the doors."""
        return self.parsed.limits

    @property
    def destinations(self) -> Mapping[str, Destination]:
        """Name → where its webhooks go."""
        return self.parsed.destinations

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Whose links are looked for."""
        return self.parsed.providers

    def decide(self, facts: Facts, now: datetime, *, stops: bool = True) -> Decision:
        """What becomes of the mail at `now` (timezone-aware). Never raises, whatever the mail says.

        Rules are looked at in their order, and those that match are merged: the first value of topic, priority and
        category wins, webhooks are collected, one `offload` is enough. A rule outside its window refuses, skips or
        holds; the first that skips or stops ends it. After one that refused, and all along with `stops=False` (a
        door accepted the mail already), only routing is gathered: a stage that cannot refuse holds the mail instead.
        """
        gathered = _Gathered(self.version)
        if stops and self.parsed.allowlist:
            matched = self._allowed(facts.sender)
            gathered.explain(ALLOWLIST, matched, "sender is allowed" if matched else "sender is not on the allowlist")
            if not matched:
                return gathered.out(SENDER_NOT_ALLOWED)
        if not self.compiled:
            return gathered.decision()
        from chalicelib.policy.view import TookTooLong, View

        view = View(facts, self.parsed.providers, self.budget)
        for entry in self.compiled:
            try:
                matched, why = entry.test(view)
            except TookTooLong:
                matched, why = False, TOOK_TOO_LONG
            ended = gathered.look(entry, matched, why, now, stops and not gathered.refused)
            if ended:
                return ended
        return gathered.decision()

    def _allowed(self, sender: str) -> bool:
        allowed = self.parsed.allowlist
        return sender in allowed.addresses or self.covers(sender.rpartition("@")[2])


class _Gathered:
    """What the rules have said so far."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.matches: list[Match] = []
        self.rules: list[str] = []
        self.webhooks: dict[str, None] = {}
        self.topic = self.priority = self.category = ""
        self.offload = False
        self.hold: datetime | None = None
        self.held_by = self.refused = self.retry_at = ""

    def explain(self, rule: str, matched: bool, why: str) -> None:
        self.matches.append(Match(rule, matched, why))

    def look(self, entry: Compiled, matched: bool, why: str, now: datetime, stops: bool) -> Decision | None:
        """Take in one rule's answer; a decision when it ends the evaluation."""
        rule = entry.rule
        if not matched:
            self.explain(rule.name, False, why)
            return None
        self.rules.append(rule.name)
        outside = stops and bool(entry.spans) and not any(windows.is_open(span, now) for span in entry.spans)
        self.explain(rule.name, True, f"{why}; outside its window: {rule.outside}" if outside else why)
        if outside and rule.outside == "skip":
            return self.out(OUTSIDE_WINDOW, rule.name)
        if outside and rule.outside == "refuse":
            self.refused, self.retry_at = rule.name, _iso(windows.opens(entry.spans, now))
        elif stops and rule.stop_processing:
            return self.out(STOPPED, rule.name)
        elif outside:
            opening = windows.opens(entry.spans, now)
            if self.hold is None or opening > self.hold:
                self.hold, self.held_by = opening, rule.name
        self.webhooks.update(dict.fromkeys(rule.webhooks))
        self.topic = self.topic or rule.topic
        self.priority = self.priority or rule.priority
        self.category = self.category or rule.category
        self.offload = self.offload or rule.offload
        return None

    def out(self, reason: str, rule: str = "") -> Decision:
        """The mail is kept out."""
        return Decision(PolicyAction.EXCLUDE, self._routing(""), reason, rule, "", tuple(self.matches))

    def decision(self) -> Decision:
        """The answer when every rule was looked at."""
        matches = tuple(self.matches)
        if self.refused:
            return Decision(
                PolicyAction.REFUSE, self._routing(""), OUTSIDE_WINDOW, self.refused, self.retry_at, matches
            )
        if self.hold:
            return Decision(PolicyAction.HOLD, self._routing(_iso(self.hold)), "", self.held_by, "", matches)
        return Decision(PolicyAction.ACCEPT, self._routing(""), matches=matches)

    def _routing(self, hold_until: str) -> Routing:
        return Routing(
            version=self.version,
            rules=tuple(self.rules),
            topic=self.topic,
            priority=self.priority,
            category=self.category,
            webhooks=tuple(self.webhooks),
            offload=self.offload,
            hold_until=hold_until,
        )


def load(document: Mapping[str, Any], version: int = 0) -> RuleSet:
    """Validate and compile. Raises `InvalidRules` with every error and its path (100 at most)."""
    if not isinstance(document, Mapping):
        raise InvalidRules((("", "must be an object {…}: see docs/rules.md"),))
    if not document:
        return RuleSet(document, version, Document(), (), bool)
    from chalicelib.policy.conditions import Compiler, domains
    from chalicelib.policy.validate import parse

    parsed, expressions = parse(document)
    compiler = Compiler(parsed.patterns, expressions)
    compiled = tuple(
        Compiled(
            rule,
            compiler.test(rule.when) if rule.when else _every_mail,
            tuple(parsed.time_windows[name] for name in rule.windows),
        )
        for rule in parsed.rules
        if rule.enabled
    )
    return RuleSet(document, version, parsed, compiled, domains(parsed.allowlist.domains))


def _every_mail(_view: View) -> tuple[bool, str]:
    return True, "concerns every mail"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
