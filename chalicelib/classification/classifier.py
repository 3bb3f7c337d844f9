"""Says by rules what a mail is about: header traits, weighted words in three languages, the sender's history."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.classification.categories import Categories
from chalicelib.classification.scoring import Score, Scorer
from chalicelib.core.errors import MailroomError
from chalicelib.core.messages import Classification, Content

NAME = "rules"
REASON_CHARACTERS = 200
REASON_PARTS = 5
HIGHEST = 0.99
FALLBACK_HIGHEST = 0.6
"""That nothing matched is never strong evidence."""

History = Callable[[str], Mapping[str, int]]
"""sender key → category → number of that sender's earlier mails; empty where unknown."""


class RulesClassifier:
    """The `Classifier` that is always there.

    Pure and deterministic; the time is linear in the text, of which `limits.characters` are read.
    `reason` is made of the configuration's own phrases and codes, never of mail text. A history that
    fails is an unknown history: it is a hint, and a mail must not wait for it.
    """

    def __init__(self, categories: Categories, history: History | None = None) -> None:
        self.categories = categories
        self._history = history
        self._scorer = Scorer(categories)

    def classify(self, content: Content, text: str) -> Classification:
        """Classify an anonymized mail. Never raises for what it says."""
        zones = self._scorer.zones(content.subject, text, (content.sender, *content.attachments))
        language = self._scorer.language(content.language, zones)
        scores = self._scorer.scores(zones, language, content.traits, self._known(content.sender_key))
        shares = self._scorer.probabilities(scores)
        # max() keeps the first of equals: the order of the file breaks ties, the fallback stands last.
        category = max(shares, key=lambda name: shares[name])
        fallback = category == self.categories.fallback
        confidence = min(shares[category], FALLBACK_HIGHEST if fallback else HIGHEST)
        said, word = self._scorer.urgency(zones)
        urgency = self.categories.clip_urgency(category, said or self.categories.categories[category].urgency)
        why = _reason(None if fallback else scores[category])
        if said == urgency:
            why = f"{urgency}: {word} | {why}"
        return Classification(category, urgency, language, round(confidence, 2), why[:REASON_CHARACTERS], NAME)

    def is_certain(self, verdict: Classification) -> bool:
        """Whether the configuration forbids an LLM to overrule this verdict."""
        known = self.categories.categories[verdict.category]
        return not known.llm_may_overrule and verdict.confidence >= self.categories.decision.certain

    def _known(self, sender_key: str) -> Mapping[str, int]:
        if self._history is None or not sender_key:
            return {}
        try:
            return self._history(sender_key)
        except MailroomError:
            return {}


def _reason(score: Score | None) -> str:
    if score is None:
        return "no rule matched"
    strongest = sorted((part for part in score.reasons if part[0] > 0), key=lambda part: -part[0])
    return ", ".join(reason for _, reason in strongest[:REASON_PARTS])
