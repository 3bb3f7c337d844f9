"""Trains the classifier's linear model on the tuned half of the invented mails: `make train-classify`.

A softmax over features and the rules' points, by Adam with a quadratic penalty; words are left out at random so that
no single one carries a mail. Prints how many mails are right when left out of the training (four folds).
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from chalicelib.classification.categories import Categories, load
from chalicelib.classification.features import features
from chalicelib.classification.linear import UNIT, WEIGHTS_FILE, length_factor
from chalicelib.classification.scoring import Scorer
from infra.bench.classify_sets import rows

SEED, FOLDS, COPIES, DROPPED = 2026, 4, 2, 0.3
PENALTY, STEPS, RATE = 1e-3, 80, 0.08
SMALLEST = 0.05
TEMPERATURE = 0.9
"""By which left-out mails were likeliest, measured before any word was chosen from the tuned half."""

PAIR_MAILS = 3
"""A pair of words seen in fewer mails is left out."""

Sample = tuple[dict[str, float], np.ndarray, int]


class Trainer:
    """Turns labelled mails into samples and samples into weights."""

    def __init__(self, file: Categories) -> None:
        self.file, self.scorer = file, Scorer(file)
        self.categories = list(file.categories)

    def sample(self, row: dict[str, Any]) -> Sample:
        """Features, the rules' points and the label of a mail."""
        zones = self.scorer.zones(row["subject"], row["text"], row.get("attachments", ()), "forward" in row["traits"])
        language = self.scorer.language(row["language"], zones)
        scores = self.scorer.scores(zones, language, row["traits"], {})
        points = [scores[name].points if name in scores else self.file.decision.minimum for name in self.categories]
        return (
            features(zones, row["traits"], self.scorer.function_words),
            np.array(points),
            self.categories.index(row["category"]),
        )

    def fit(self, samples: list[Sample]) -> tuple[dict[str, int], np.ndarray, np.ndarray, float]:
        """Vocabulary, weights, bias and the worth of a point."""
        chance = random.Random(SEED)  # noqa: S311 - a reproducible choice of words, no secret
        seen = Counter(name for found, _, _ in samples for name in found)
        names = [name for name in seen if " " not in name or seen[name] >= PAIR_MAILS]
        places = {name: place for place, name in enumerate(names)}
        more = [
            (_thinned(found, chance), points * (chance.random() < 0.75), label)
            for found, points, label in samples
            for _ in range(COPIES)
        ]
        every = [*samples, *more]
        values = np.stack([_vector(found, places) for found, _, _ in every])
        points = np.stack([points for _, points, _ in every]).astype(np.float32)
        return places, *_descend(values, points, np.array([label for _, _, label in every]), len(self.categories))

    def logits(self, fitted: tuple[dict[str, int], np.ndarray, np.ndarray, float], samples: list[Sample]) -> np.ndarray:
        """A row of scores a sample."""
        places, weights, bias, worth = fitted
        return np.stack([_vector(found, places) @ weights + bias + worth * points for found, points, _ in samples])


def _thinned(found: dict[str, float], chance: random.Random) -> dict[str, float]:
    gone = {name for name in found if " " not in name and chance.random() < (0.15 if name[0] == "+" else DROPPED)}
    return {name: factor for name, factor in found.items() if not gone & {name, *name.split(" ")}}


def _vector(found: dict[str, float], places: dict[str, int]) -> np.ndarray:
    vector, scale = np.zeros(len(places), np.float32), length_factor(found)
    for name, factor in found.items():
        if name in places:
            vector[places[name]] = factor if name[0] == "+" else factor * scale
    return vector


def _descend(values: np.ndarray, points: np.ndarray, labels: np.ndarray, kinds: int) -> tuple[Any, Any, float]:
    wanted = np.eye(kinds, dtype=np.float32)[labels]
    state: list[Any] = [np.zeros((values.shape[1], kinds), np.float32), np.zeros(kinds, np.float32), 0.6]
    first, second = [part * 0.0 for part in state], [part * 0.0 for part in state]
    for step in range(1, STEPS + 1):
        weights, bias, worth = state
        error = (_softmax(values @ weights + bias + worth * points) - wanted) / len(labels)
        slopes = [values.T @ error + PENALTY * weights, error.sum(0) + 1e-3 * bias, float((error * points).sum())]
        for place, slope in enumerate(slopes):
            first[place] = 0.9 * first[place] + 0.1 * slope
            second[place] = 0.99 * second[place] + 0.01 * slope * slope
            change = first[place] / (1 - 0.9**step) / (np.sqrt(second[place] / (1 - 0.99**step)) + 1e-8)
            state[place] = state[place] - RATE * change
    return state[0], state[1], float(state[2])


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def main() -> None:
    """Cross-validate, fit on all training mails, write the weights."""
    trainer = Trainer(load())
    tuned = [trainer.sample(row) for row in rows("mails_tuned")]
    more = [trainer.sample(row) for name in ("tuned", "unseen", "phrases_training") for row in rows(name)]
    left_out = np.zeros((len(tuned), len(trainer.categories)))
    for fold in range(FOLDS):
        inside = [sample for place, sample in enumerate(tuned) if place % FOLDS != fold]
        outside = [place for place in range(len(tuned)) if place % FOLDS == fold]
        left_out[outside] = trainer.logits(trainer.fit(inside + more), [tuned[place] for place in outside])
    labels = np.array([label for _, _, label in tuned])
    right = float((left_out.argmax(1) == labels).mean())
    places, weights, bias, worth = trainer.fit(tuned + more)
    print(f"left out: {right:.3f} right, {len(places)} features, {worth:.2f} a point")
    write(WEIGHTS_FILE, trainer.categories, (places, weights, bias, worth))


def write(path: Path, categories: list[str], fitted: Any) -> None:
    """Weights as whole hundredths, a feature a line; what rounds to nothing is left out."""
    places, weights, bias, worth = fitted
    kept = {
        name: [round(float(value) * UNIT) for value in weights[place]]
        for name, place in sorted(places.items())
        if float(np.abs(weights[place]).max()) >= SMALLEST
    }
    head = {
        "version": 1,
        "about": "Written by make train-classify from invented mails; do not edit.",
        "categories": categories,
        "bias": [round(float(value) * UNIT) for value in bias],
        "points": round(worth, 3),
        "temperature": TEMPERATURE,
    }
    lines = [json.dumps({name: row}, ensure_ascii=False, separators=(",", ":"))[1:-1] for name, row in kept.items()]
    text = json.dumps(head, separators=(",", ":"))[:-1] + ',"features":{\n' + ",\n".join(lines) + "\n}}\n"
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
