"""The classifier's configuration is typed, and an error names the place in the file."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.classification.categories import DEFAULT_FILE, load, parse
from chalicelib.core.errors import ConfigurationError

SHIPPED: dict[str, Any] = json.loads(DEFAULT_FILE.read_text(encoding="utf-8"))


def broken(path: str, value: Any) -> str:
    """The shipped file with one value replaced; `path` is dotted."""
    raw = copy.deepcopy(SHIPPED)
    *parents, last = path.split(".")
    inner = raw
    for part in parents:
        inner = inner[part]
    inner[last] = value
    return json.dumps(raw)


def test_the_shipped_file_is_valid() -> None:
    assert load().fallback in load().categories


@pytest.mark.parametrize("name", [name for name in SHIPPED["categories"] if name != SHIPPED["fallback"]])
def test_every_shipped_category_has_words_in_every_language(name: str) -> None:
    assert set(load().categories[name].words) == set(SHIPPED["languages"])


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("version", 2, "$.version"),
        ("fallback", "nowhere", "$.fallback"),
        ("surprise", 1, "$"),
        ("limits.characters", "many", "$.limits.characters"),
        ("weights.subject", -1, "$.weights.subject"),
        ("decision.temperature", 0, "$.decision.temperature"),
        ("categories.patient.urgency", "huge", "$.categories.patient.urgency"),
        ("categories.patient.colour", "red", "$.categories.patient"),
        ("categories.patient.traits.list", "x", "$.categories.patient.traits.list"),
        ("categories.patient.traits.A B", 1, "$.categories.patient.traits.A B"),
        ("categories.patient.words.de", {"strong": ["arzt"]}, "$.categories.patient.words.de.strong"),
        ("categories.patient.words.fr.huge", ["mot"], "$.categories.patient.words.fr.huge"),
        ("categories.patient.words.fr.strong", ["mot", "a*b"], "$.categories.patient.words.fr.strong[1]"),
        ("categories.patient.words.fr.strong", [1], "$.categories.patient.words.fr.strong[0]"),
        ("categories.Bad Name", {"description": "Something"}, "$.categories.Bad Name"),
        ("categories.patient", "text", "$.categories.patient"),
        ("categories.patient.words.fr", ["mot"], "$.categories.patient.words.fr"),
        ("languages.fr", [2], "$.languages.fr[0]"),
        ("urgency.high.fr", ["urgent", ""], "$.urgency.high.fr[1]"),
        ("urgency.high.fr", ["urgent", 1], "$.urgency.high.fr[1]"),
        ("urgency", None, "$.urgency"),
    ],
)
def test_an_error_names_the_path(path: str, value: Any, named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(broken(path, value), "mine.json")
    assert f"mine.json: {named}: " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "line 1: not JSON"),
        ("[]", "$: Expected"),
        ('{"a": 1, "a": 2}', "$..a: the key stands twice"),
        ("", "line 1"),
    ],
)
def test_a_text_that_is_no_configuration_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    assert problem in str(caught.value)


def test_a_file_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("category", "asked", "given"),
    [
        ("newsletter", "high", "low"),
        ("patient", "high", "high"),
        ("security", "high", "normal"),
        ("patient", "low", "low"),
    ],
)
def test_urgency_is_clipped_to_the_ceiling_of_the_category(category: str, asked: str, given: str) -> None:
    assert load().clip_urgency(category, asked) == given
