"""A rule as a sentence: what it asks of a message, and what it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.core.texts.catalogue import label, text
from chalicelib.core.texts.formats import clock, quoted
from chalicelib.policy.document import Condition, Rule, Span
from chalicelib.policy.windows import DAYS

SHOWN = 12
"""Values of one condition that are written out."""


@dataclass(frozen=True)
class RuleSentences:
    """Sentences in `language` (`en` or `fr`); `windows` are the document's time windows by name."""

    language: str
    windows: Mapping[str, Span]

    def condition(self, condition: Condition, inner: bool = False) -> str:
        """What a condition asks; `inner` puts several parts into brackets."""
        kind = condition.kind
        if kind in ("all", "any"):
            between = self._text("rule.and" if kind == "all" else "rule.or")
            parts = f" {between} ".join(self.condition(part, True) for part in condition.parts)
            return f"({parts})" if inner and len(condition.parts) > 1 else parts
        if kind == "not":
            return self._text("rule.not", condition=self.condition(condition.parts[0]))
        if condition.test == "present":
            return self._text(f"rule.has.{kind}" if condition.flag else f"rule.has_not.{kind}")
        values = self._values(condition.values)
        if kind == "pattern":
            if condition.flag is None:
                return self._text("rule.pattern", values=values)
            return self._text("rule.pattern.urgent" if condition.flag else "rule.pattern.not_urgent", values=values)
        return " ".join([self._label("subject", kind), self._label("test", condition.test), values])

    def actions(self, rule: Rule) -> list[str]:
        """What a rule does."""
        actions = [self._text("does.stop")] * rule.stop_processing
        if rule.topic:
            actions.append(self._text("does.topic", value=quoted(self.language, rule.topic)))
        if rule.priority:
            actions.append(self._text("does.priority", value=self._quoted("urgency", rule.priority)))
        if rule.category:
            actions.append(self._text("does.category", value=self._quoted("category", rule.category)))
        if rule.webhooks:
            actions.append(self._text("does.webhooks", value=self._values(rule.webhooks, "rule.and")))
        actions += [self._text("does.offload")] * rule.offload
        if rule.windows and rule.outside:
            windows = self._joined([self.window(name) for name in rule.windows], "rule.or")
            actions.append(self._text(f"does.{rule.outside}", value=windows))
        return actions or [self._text("does.nothing")]

    def window(self, name: str) -> str:
        """A time window: its name, days, hours and zone."""
        span = self.windows.get(name)
        if span is None:
            return quoted(self.language, name)
        days = ", ".join(self._text(f"weekday.{day}") for day in sorted(span.days))
        hours = "–".join(clock(self.language, minute) for minute in (span.start, span.end))
        when = " ".join([*([] if len(span.days) == len(DAYS) else [days]), hours, span.zone])
        return f"{quoted(self.language, name)} ({when})"

    def _values(self, values: Iterable[str], between: str = "rule.or") -> str:
        return self._joined([quoted(self.language, value) for value in values], between)

    def _joined(self, values: list[str], between: str) -> str:
        shown = values[:SHOWN]
        if len(values) > SHOWN:
            shown.append(self._text("rule.more", n=len(values) - SHOWN))
        return f" {self._text(between)} ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))

    def _quoted(self, family: str, code: str) -> str:
        return quoted(self.language, self._label(family, code))

    def _text(self, key: str, **values: object) -> str:
        return text(self.language, key, **values)

    def _label(self, family: str, code: str) -> str:
        return label(self.language, family, code)
