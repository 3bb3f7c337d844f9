"""The models: loaded early or not at all, the same finds as spaCy's own products, offsets that fit."""

from __future__ import annotations

from importlib import import_module

import pytest

from chalicelib.core.errors import ConfigurationError
from chalicelib.privacy.ner import _LABELS, _UNUSED, MODELS, Ner
from tests.unit.privacy.finding import engine

TEXTS = (
    "Hier, Zoltan Quellenec a rencontré Marie Curie à Marseille pour la société Exemple.",
    "Yesterday Zoltan Quellenec met Marie Curie in Seattle on behalf of Microsoft.",
    "Rien à signaler.",
)


def _ner() -> Ner:
    ner = engine().finder._ner
    assert ner is not None
    return ner


def test_a_missing_model_is_a_configuration_error_at_start() -> None:
    with pytest.raises(ConfigurationError, match="no model for 'xx'"):
        Ner(["xx"])


@pytest.mark.parametrize("language", MODELS)
def test_the_finds_are_those_of_the_bare_model(language: str) -> None:
    bare = import_module(MODELS[language]).load(exclude=[name for name in _UNUSED if name != "tok2vec"])
    expected = [
        tuple((e.start_char, e.end_char, _LABELS[e.label_]) for e in bare(text).ents if e.label_ in _LABELS)
        for text in TEXTS
    ]
    assert list(_ner().find(TEXTS, language)) == expected


def test_a_piece_that_was_read_before_gives_the_same_again() -> None:
    first = list(_ner().find(TEXTS, "en"))
    assert list(_ner().find(TEXTS, "en")) == first


def test_what_is_remembered_holds_no_text() -> None:
    ner = _ner()
    list(ner.find(TEXTS, "en"))
    assert b"Quellenec" not in repr(ner._remembered).encode()


def test_a_language_without_a_model_is_read_by_those_there_are() -> None:
    assert _ner().models("und") == ("fr", "en")
