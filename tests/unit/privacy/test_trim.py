"""Trimming: a model's span over two people is two people, and ends before the verb."""

from __future__ import annotations

import pytest

from chalicelib.privacy.spans import Span
from chalicelib.privacy.trim import trim
from tests.unit.privacy.finding import LISTS


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Emanuel Voinea e Livio", ["Emanuel Voinea", "Livio"]),
        ("Jeanne Petit et Paul", ["Jeanne Petit", "Paul"]),
        ("Crenguța ci sarà", ["Crenguța"]),
        ("Ana Ortega y Gasset", ["Ana Ortega y Gasset"]),
    ],
)
def test_a_person_is_kept_alone(text: str, names: list[str]) -> None:
    spans = trim(Span(0, len(text), "PERSON", "ner_en", 0.7, 0), text, LISTS)
    assert [text[s.start : s.end] for s in spans] == names
