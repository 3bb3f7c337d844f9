"""Classifies by rules: header traits, weighted words in three languages, the sender's history."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chalicelib.classification.categories import Categories
from chalicelib.classification.scoring import Score, Scorer
from chalicelib.core.messages import Classification, Content

NAME = "rules"
REASON_CHARACTERS = 200
REASON_PARTS = 5
HIGHEST = 0.99
FALLBACK_HIGHEST = 0.6
"""That nothing matched is never strong evidence."""

NO_HISTORY: Mapping[str, int] = MappingProxyType({})


class RulesClassifier:
    """The `Classifier` that is always there.

    Pure and deterministic; the time is linear in the text, of which `limits.characters` are read.
    `reason` is made of the configuration's own phrases and codes, never of mail text.
    """

    def __init__(self, categories: Categories) -> None:
        self.categories = categories
        self._scorer = Scorer(categories)

    def classify(self, content: Content, text: str, history: Mapping[str, int] = NO_HISTORY) -> Classification:
        """See `ports.Classifier`. Never raises."""
        zones = self._scorer.zones(content.subject, text, (content.sender, *content.attachments))
        language = self._scorer.language(content.language, zones)
        scores = self._scorer.scores(zones, language, content.traits, history)
        shares = self._scorer.probabilities(scores)
        # max() keeps the first of equals: the order of the file breaks ties, the fallback stands last.
        category = max(shares, key=lambda name: shares[name])
        fallback = category == self.categories.fallback
        confidence = min(shares[category], FALLBACK_HIGHEST if fallback else HIGHEST)
        worded, word = self._scorer.urgency(zones)
        urgency = self.categories.clip_urgency(category, worded or self.categories.categories[category].urgency)
        why = _reason(None if fallback else scores[category])
        if worded == urgency:
            why = f"{urgency}: {word} | {why}"
        return Classification(category, urgency, language, round(confidence, 2), why[:REASON_CHARACTERS], NAME)

    def is_certain(self, verdict: Classification) -> bool:
        """Whether the configuration forbids an LLM to overrule this verdict."""
        known = self.categories.categories[verdict.category]
        return not known.llm_may_overrule and verdict.confidence >= self.categories.decision.certain


def _reason(score: Score | None) -> str:
    if score is None:
        return "no rule matched"
    strongest = sorted((part for part in score.reasons if part[0] > 0), key=lambda part: -part[0])
    return ", ".join(reason for _, reason in strongest[:REASON_PARTS])
