"""Classifies without an LLM: kinds of automatic mail, weighted words, a linear model, the sender's history."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from chalicelib.classification.automatic import CATEGORIES, kind_of
from chalicelib.classification.categories import Categories
from chalicelib.classification.features import features
from chalicelib.classification.linear import LinearModel, shipped
from chalicelib.classification.scoring import Score, Scorer
from chalicelib.core.messages import Classification, Content

NAME = "rules"
REASON_CHARACTERS = 200
REASON_PARTS = 5
HIGHEST = 0.99
FALLBACK_HIGHEST = 0.6
"""That nothing matched is never strong evidence."""

KIND_CONFIDENCE = 0.97
SMALLEST_REASON = 0.15
"""A word that gave less is not named."""

TELLING_LETTERS = 4
"""A shorter word of the weights is mostly grammar: it counts, and is neither named nor enough."""

NO_HISTORY: Mapping[str, int] = MappingProxyType({})


class RulesClassifier:
    """The `Classifier` that is always there.

    Pure and deterministic; the time is linear in the text, of which `limits.characters` are read.
    `reason` is made of the configuration's and the weights' own words and codes, never of mail text.
    A category that the weights do not know, such as an operator's own, stands on its words alone.
    """

    def __init__(self, categories: Categories, model: LinearModel | None = None) -> None:
        self.categories = categories
        self._scorer = Scorer(categories)
        self._model = model or shipped()

    def classify(self, content: Content, text: str, history: Mapping[str, int] = NO_HISTORY) -> Classification:
        """See `ports.Classifier`. Never raises."""
        traits = content.traits
        zones = self._scorer.zones(content.subject, text, (content.sender, *content.attachments), "forward" in traits)
        language = self._scorer.language(content.language, zones)
        worded, word = self._scorer.urgency(zones)
        if (kind := kind_of(traits, content.subject, text)) and CATEGORIES[kind] in self.categories.categories:
            category, confidence, why = CATEGORIES[kind], KIND_CONFIDENCE, f"+{kind}"
            worded = None
        else:
            points = self._scorer.scores(zones, language, traits, history)
            found = features(zones, traits, self._scorer.function_words)
            category, confidence = self._decide(points, found)
            why = self._reason(category, points, found)
        urgency = self.categories.clip_urgency(category, worded or self.categories.categories[category].urgency)
        if worded == urgency:
            why = f"{urgency}: {word} | {why}"
        return Classification(category, urgency, language, round(confidence, 2), why[:REASON_CHARACTERS], NAME)

    def _decide(self, points: Mapping[str, Score], found: Mapping[str, float]) -> tuple[str, float]:
        """The likeliest category and how likely it is, calibrated on mails that no word was chosen from."""
        file, weights = self.categories, self._model.weights
        fallback, minimum = file.fallback, file.decision.minimum
        known = self._model.scores(found)
        base = known.get(fallback, 0.0) + weights.points * minimum
        scores = {
            name: known[name] + weights.points * points[name].points
            if name in known
            else base + (points[name].points - minimum) / file.decision.temperature
            for name in file.categories
            if name != fallback
        }
        scores[fallback] = base
        top = max(scores.values())
        powers = {name: math.exp((score - top) / weights.temperature) for name, score in scores.items()}
        # max() keeps the first of equals: the order of the file breaks ties, the fallback stands last.
        category = max(powers, key=lambda name: powers[name])
        if category != fallback and not self._worded(category, points, found):
            category = fallback
        share = powers[category] / sum(powers.values())
        return category, min(share, FALLBACK_HIGHEST if category == fallback else HIGHEST)

    def _worded(self, category: str, points: Mapping[str, Score], found: Mapping[str, float]) -> bool:
        """Whether more than one weak word speaks for a category: "audience" alone makes no lawsuit."""
        if points[category].points >= self.categories.decision.minimum:
            return True
        words = {
            name
            for amount, name in self._model.reasons(found, category)
            if amount >= SMALLEST_REASON and " " not in name and len(name) >= TELLING_LETTERS
        }
        return len(words) >= 2

    def _reason(self, category: str, points: Mapping[str, Score], found: Mapping[str, float]) -> str:
        if category == self.categories.fallback:
            return "no rule matched"
        worth = self._model.weights.points
        parts: dict[str, float] = {}
        for amount, name in points[category].reasons:
            parts[name] = parts.get(name, 0.0) + amount * worth
        for amount, name in self._model.reasons(found, category):
            if len(name) < TELLING_LETTERS:
                continue
            parts[name] = parts.get(name, 0.0) + amount
        strongest = sorted((part for part in parts.items() if part[1] >= SMALLEST_REASON), key=lambda part: -part[1])
        return ", ".join(name for name, _ in strongest[:REASON_PARTS]) or "several small signs"

    def is_certain(self, verdict: Classification) -> bool:
        """Whether the configuration forbids an LLM to overrule this verdict."""
        known = self.categories.categories[verdict.category]
        return not known.llm_may_overrule and verdict.confidence >= self.categories.decision.certain
