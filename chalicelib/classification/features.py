"""What the linear model knows of a mail: word beginnings, pairs of them, header traits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from chalicelib.classification.scoring import Zone
from chalicelib.core.phrases import BREAK

STEM = 7
"""Letters of a word that count: most endings of French, English and Italian fall behind them."""


def features(zones: Sequence[Zone], traits: Sequence[str], common: Collection[str] = ()) -> dict[str, float]:
    """Feature → weight of the place where it stands; a repeated word counts once, where it weighs most.

    A word feature reads as in `categories.json` (`prescri*`), a header trait as in a reason (`+list`). Numbers,
    single letters and personal-data tokens are none, nor are the `common` words that every mail has, alone or in pairs.
    """
    found: dict[str, float] = {}
    for zone in zones:
        stems = [stem(word) for word in zone.words]
        for name in stems:
            if name != BREAK and name not in common and found.get(name, 0.0) < zone.factor:
                found[name] = zone.factor
        for first, second in pairwise(stems):
            if BREAK not in (first, second) and not (first in common and second in common):
                pair = f"{first} {second}"
                if found.get(pair, 0.0) < zone.factor:
                    found[pair] = zone.factor
    found.update((f"+{trait}", 1.0) for trait in traits)
    return found


def stem(word: str) -> str:
    """`prescriptions` → `prescri*`; a number or a letter is a break, as no phrase of words reaches across it."""
    if word.isdigit() or len(word) == 1:
        return BREAK
    return word if len(word) <= STEM else word[:STEM] + "*"
