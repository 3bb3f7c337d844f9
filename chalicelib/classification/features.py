"""What the linear model knows of a mail: word beginnings, pairs of them, header traits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from chalicelib.classification.scoring import Zone
from chalicelib.core.phrases import BREAK

STEM = 7
"""Letters of a word that count: most endings of French, English and Italian fall behind them."""


def features(zones: Sequence[Zone], traits: Sequence[str]) -> dict[str, float]:
    """Feature → weight of the place where it stands; a repeated word counts once, where it weighs most.

    A word feature reads as in `categories.json` (`prescri*`), a header trait as in a reason (`+list`). Numbers and
    personal-data tokens are none.
    """
    found: dict[str, float] = {}
    for zone in zones:
        stems = [stem(word) for word in zone.words]
        for name in stems:
            if name != BREAK and found.get(name, 0.0) < zone.factor:
                found[name] = zone.factor
        for first, second in pairwise(stems):
            if BREAK not in (first, second):
                pair = f"{first} {second}"
                if found.get(pair, 0.0) < zone.factor:
                    found[pair] = zone.factor
    found.update((f"+{trait}", 1.0) for trait in traits)
    return found


def stem(word: str) -> str:
    """`prescriptions` → `prescri*`; a number is a break, as no phrase of words reaches across it."""
    if word.isdigit():
        return BREAK
    return word if len(word) <= STEM else word[:STEM] + "*"
