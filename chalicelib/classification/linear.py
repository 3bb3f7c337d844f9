"""A linear model over word beginnings and header traits: plain weights, trained on invented mail.

`infra/bench/classify_train.py` writes `weights.json`. The weights know no mail but the invented ones of
`tests/data/classify`, so that their words can stand in a reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from chalicelib.core.errors import ConfigurationError

WEIGHTS_FILE = Path(__file__).with_name("weights.json")
UNIT = 100.0
"""A weight is stored as a whole number of hundredths."""

LENGTH = 9
"""A shorter mail counts as one of so many words: few words prove little."""


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """`features` holds one weight a category, in the order of `categories`. `points` is what a point of the rules is
    worth. `temperature` calibrates the confidence on mails that were left out of the training."""

    version: Literal[1]
    about: str
    categories: list[str]
    bias: list[int]
    points: float
    temperature: Annotated[float, Meta(gt=0)]
    features: dict[str, list[int]]


class LinearModel:
    """Scores a mail's features for the categories that it was trained on."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.categories = weights.categories

    def scores(self, found: Mapping[str, float]) -> dict[str, float]:
        """Category → score, with the bias and without the rules' points."""
        totals = [value / UNIT for value in self.weights.bias]
        scale = length_factor(found)
        for name, factor in found.items():
            row = self.weights.features.get(name)
            if row is not None:
                share = factor if name[0] == "+" else factor * scale
                totals = [total + share * value / UNIT for total, value in zip(totals, row, strict=True)]
        return dict(zip(self.categories, totals, strict=True))

    def reasons(self, found: Mapping[str, float], category: str) -> list[tuple[float, str]]:
        """What each feature gave a category, in the words of the weights."""
        if category not in self.categories:
            return []
        position, scale = self.categories.index(category), length_factor(found)
        known = self.weights.features
        return [
            ((factor if name[0] == "+" else factor * scale) * known[name][position] / UNIT, name)
            for name, factor in found.items()
            if name in known
        ]


def length_factor(found: Mapping[str, float]) -> float:
    """Makes a long mail's words weigh less, each."""
    words = sum(1 for name in found if name[0] != "+" and " " not in name)
    return 3.0 / math.sqrt(max(words, LENGTH))


@cache
def shipped() -> LinearModel:
    """The model of `weights.json`, read once. Raises `ConfigurationError` where the file is damaged."""
    try:
        weights = msgspec.json.decode(WEIGHTS_FILE.read_bytes(), type=Weights)
    except (OSError, msgspec.DecodeError):
        raise ConfigurationError(
            WEIGHTS_FILE.name, "cannot be read as weights", "Run make train-classify, or restore the file"
        ) from None
    if any(len(row) != len(weights.categories) for row in (weights.bias, *weights.features.values())):
        raise ConfigurationError(WEIGHTS_FILE.name, "a row has not one weight a category", "Run make train-classify")
    return LinearModel(weights)
