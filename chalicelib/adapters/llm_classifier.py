"""A `Classifier` that asks an LLM and falls back to the rules: no mail waits for, or is lost to, an LLM."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from chalicelib.adapters.llm_prompt import Model, build, validate
from chalicelib.pipeline.messages import Classification, Content
from chalicelib.rules.classifier import RulesClassifier
from chalicelib.runtime.errors import MailroomError, Retryable

CHARACTERS = 6000
"""Of the text, shown to the LLM."""

FAILURES = 3
REST = 30.0


def new_fence() -> str:
    """A mark that no sender can know: 128 random bits."""
    return secrets.token_hex(16)


class LlmClassifier:
    """Rules first; then the LLM, unless the rules' verdict may not be overruled.

    Any failure of the LLM, and any answer that is not exactly a verdict, gives the rules' verdict
    with the classifier `rules(fallback:<code>)`. After `FAILURES` passing failures in a row, or when
    it asked for a pause, the LLM rests (`llm_resting`): ten mails of a batch must not wait for ten
    time-outs. One question a mail, never repeated.
    """

    def __init__(
        self,
        model: Model,
        rules: RulesClassifier,
        characters: int = CHARACTERS,
        fence: Callable[[], str] = new_fence,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._rules = rules
        self._characters = characters
        self._fence = fence
        self._clock = clock
        self._failures = 0
        self._rest_until = 0.0

    def classify(self, content: Content, text: str) -> Classification:
        """Classify an anonymized mail. Never raises for what it says, nor for an LLM that is away."""
        verdict = self._rules.classify(content, text)
        if self._rules.is_certain(verdict):
            return verdict
        try:
            return self._asked(content, text)
        except MailroomError as error:
            return replace(verdict, classifier=f"{verdict.classifier}(fallback:{error.code})")

    def _asked(self, content: Content, text: str) -> Classification:
        if self._clock() < self._rest_until:
            raise Retryable("llm_resting")
        prompt = build(self._rules.categories, content, text, self._fence(), self._characters)
        try:
            answer = self._model.ask(prompt)
        except Retryable as error:
            self._failures += 1
            if error.after is not None or self._failures >= FAILURES:
                self._rest_until = self._clock() + (REST if error.after is None else error.after)
            raise
        self._failures = 0
        return validate(answer, self._rules.categories, prompt.user, self._model.name)
