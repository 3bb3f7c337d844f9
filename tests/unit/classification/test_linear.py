"""The shipped weights are sound, small and explained; damaged ones are a configuration error."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from chalicelib.classification import linear
from chalicelib.classification.categories import load
from chalicelib.classification.features import features, stem
from chalicelib.classification.linear import WEIGHTS_FILE, LinearModel, Weights, shipped
from chalicelib.classification.scoring import Zone
from chalicelib.core.errors import ConfigurationError

TWO = Weights(1, "", ["a", "b"], [0, 100], 1.0, 1.0, {"tree": [200, 0], "+list": [0, 300]})


def test_the_shipped_weights_know_the_shipped_categories_and_stay_small() -> None:
    assert shipped().categories == list(load().categories)
    assert WEIGHTS_FILE.stat().st_size < 1_000_000


def test_the_weights_hold_no_personal_data_token() -> None:
    assert not [name for name in shipped().weights.features if "<" in name or sum(map(str.isdigit, name)) > 3]


def test_scores_add_up_and_name_what_gave_them() -> None:
    model = LinearModel(TWO)
    found = {"tree": 1.0, "unknown": 1.0, "+list": 1.0}
    assert model.scores(found) == {"a": 2.0, "b": 4.0}
    assert sorted(model.reasons(found, "a")) == [(0.0, "+list"), (2.0, "tree")]
    assert model.reasons(found, "own") == []


def test_a_long_mails_words_weigh_less_each() -> None:
    found = {f"word{number}": 1.0 for number in range(99)} | {"tree": 1.0}
    assert LinearModel(TWO).scores(found)["a"] == pytest.approx(2.0 * 3 / 10)


def test_features_are_word_beginnings_pairs_and_traits() -> None:
    zones = [Zone(["prescriptions", "of", "pills", ".", "42", "pills"], 1.0), Zone(["pills"], 1.8)]
    assert features(zones, ("list",), ("of",)) == {
        "prescri*": 1.0,
        "prescri* of": 1.0,
        "of pills": 1.0,
        "pills": 1.8,
        "+list": 1.0,
    }


@pytest.mark.parametrize(("word", "name"), [("lettre", "lettre"), ("lettres", "lettres"), ("a", "."), ("2026", ".")])
def test_a_short_word_stands_whole_and_a_number_for_nothing(word: str, name: str) -> None:
    assert stem(word) == name


@pytest.mark.parametrize("text", ["", "{", '{"version":2}', None])
def test_damaged_weights_are_a_configuration_error(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "weights.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(linear, "WEIGHTS_FILE", file)
    with pytest.raises(ConfigurationError, match=r"weights\.json"):
        shipped.__wrapped__()


def test_a_row_of_another_length_is_a_configuration_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "weights.json"
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(TWO, features={"tree": [1]})))
    monkeypatch.setattr(linear, "WEIGHTS_FILE", file)
    with pytest.raises(ConfigurationError, match="one weight a category"):
        shipped.__wrapped__()
