"""A `Classifier` that asks an LLM and falls back to the rules: no mail waits for, or is lost to, an LLM."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace

from chalicelib.classification.classifier import NO_HISTORY, RulesClassifier
from chalicelib.classification.llm_prompt import Model, build, validate
from chalicelib.core.errors import MailroomError
from chalicelib.core.messages import Classification, Content

CHARACTERS = 6000
"""Of the text, shown to the LLM."""


def new_fence() -> str:
    """A mark that no sender can know: 128 random bits."""
    return secrets.token_hex(16)


class LlmClassifier:
    """Rules first; then the LLM, unless the rules' verdict may not be overruled.

    Any failure of the LLM, and any answer that is not exactly a verdict, gives the rules' verdict
    with the classifier `rules(fallback:<code>)`. `model` is behind a circuit breaker: while that is open
    the answer is `rules(fallback:llm_resting)` at once, no mail waits. One question a mail, never repeated.
    """

    def __init__(
        self,
        model: Model,
        rules: RulesClassifier,
        characters: int = CHARACTERS,
        fence: Callable[[], str] = new_fence,
    ) -> None:
        self._model = model
        self._rules = rules
        self._characters = characters
        self._fence = fence

    def classify(self, content: Content, text: str, history: Mapping[str, int] = NO_HISTORY) -> Classification:
        """Classify an anonymized mail. Never raises for what it says, nor for an LLM that is away."""
        verdict = self._rules.classify(content, text, history)
        if self._rules.is_certain(verdict):
            return verdict
        try:
            return self._asked(content, text)
        except MailroomError as error:
            return replace(verdict, classifier=f"{verdict.classifier}(fallback:{error.code})")

    def _asked(self, content: Content, text: str) -> Classification:
        prompt = build(self._rules.categories, content, text, self._fence(), self._characters)
        return validate(self._model.ask(prompt), self._rules.categories, prompt.user, self._model.name)
