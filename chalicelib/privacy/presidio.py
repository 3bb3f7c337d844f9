"""Presidio's recognizers as ours: the chosen ones of its own, and those that an operator adds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chalicelib.privacy.spans import Span

MINIMUM = 0.5
"""Finds below this score are dropped: Presidio counts on a context enhancer for them, which we do not run."""


class PresidioRecognizer:
    """Wraps a `presidio_analyzer.EntityRecognizer` that needs no NLP artifacts.

    `needs`: see `rules.Recognizer`; `hint` is an expression without which it can find nothing, for speed.
    """

    def __init__(self, recognizer: Any, needs: str = "", hint: str = "") -> None:
        self._recognizer = recognizer
        self._hint = re.compile(hint) if hint else None
        self.needs = needs

    def find(self, text: str) -> Iterator[Span]:
        """Its finds in `text`, at `MINIMUM` or above."""
        if self._hint and not self._hint.search(text):
            return
        for result in self._recognizer.analyze(text, self._recognizer.supported_entities, None):
            if result.score >= MINIMUM and result.start < result.end:
                yield Span(result.start, result.end, result.entity_type, self._recognizer.name, result.score)


def chosen() -> tuple[PresidioRecognizer, ...]:
    """Presidio's own recognizers that prove themselves by a checksum and that we do not do ourselves.

    Each is built in code, without a registry: that reads files and, for e-mail, goes to the network.
    """
    from presidio_analyzer.predefined_recognizers import (
        CryptoRecognizer,
        EsNieRecognizer,
        EsNifRecognizer,
        UsMbiRecognizer,
    )

    wanted = (
        (CryptoRecognizer, r"(?:[13]|bc1)[a-zA-HJ-NP-Z0-9]{25}"),
        (EsNifRecognizer, r"\d{7}-?[A-Z]"),
        (EsNieRecognizer, r"[X-Z]-?\d{7}"),
        (UsMbiRecognizer, r"\d[A-Z][A-Z0-9]\d"),
    )
    return tuple(PresidioRecognizer(recognizer(), "0123456789", hint) for recognizer, hint in wanted)
