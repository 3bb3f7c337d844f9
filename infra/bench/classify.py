"""Measures the classifier on the invented mails, both halves: `make bench-classify`. Fails below the must column."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import msgspec

from chalicelib.classification.automatic import kind_of
from chalicelib.classification.categories import load
from chalicelib.classification.classifier import RulesClassifier
from chalicelib.classification.linear import LinearModel, shipped
from chalicelib.core.messages import Classification, Content
from infra.bench.classify_sets import rows

HALVES = ("mails_tuned", "mails_untouched")
LANGUAGES = ("fr", "en", "it")
CATEGORY_MUST, CATEGORY_AIM = 0.80, 0.90
KIND_MUST, KIND_AIM = 0.97, 0.99
BANDS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.01)

Result = tuple[dict[str, Any], Classification]


def classified(classifier: RulesClassifier, mails: Iterable[dict[str, Any]]) -> list[Result]:
    """Every mail with its verdict."""
    return [(row, classifier.classify(content_of(row), row["text"])) for row in mails]


def content_of(row: dict[str, Any]) -> Content:
    """A labelled mail as the classifier sees it."""
    return Content(
        subject=row["subject"],
        sender="",
        recipients=(),
        language=row["language"],
        traits=tuple(row["traits"]),
        attachments=tuple(row.get("attachments", ())),
    )


def share(hits: Iterable[bool]) -> float:
    """Part of the hits that are true; 0 without any."""
    listed = list(hits)
    return sum(listed) / len(listed) if listed else 0.0


def by_category(results: list[Result]) -> list[str]:
    """A line a category, a column a language: right of all."""
    cells: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row, verdict in results:
        for language in (row["language"], "all"):
            for category in (row["category"], "ALL"):
                cells[category, language].append(row["category"] == verdict.category)
    names = [*load().categories, "ALL"]
    heading = f"{'category':14}" + "".join(f"{name:>16}" for name in (*LANGUAGES, "all"))
    return [heading] + [
        f"{name:14}" + "".join(f"{_cell(cells[name, language]):>16}" for language in (*LANGUAGES, "all"))
        for name in names
    ]


def _cell(hits: list[bool]) -> str:
    return f"{sum(hits)}/{len(hits)} {share(hits):.2f}" if hits else "-"


def reliability(results: list[Result]) -> list[str]:
    """How often verdicts of a confidence are right, and the expected calibration error."""
    lines, error = [f"{'confidence':14}{'mails':>8}{'said':>8}{'right':>8}"], 0.0
    for low, high in pairwise(BANDS):
        band = [(row, verdict) for row, verdict in results if low <= verdict.confidence < high]
        if band:
            said = sum(verdict.confidence for _, verdict in band) / len(band)
            right = share(row["category"] == verdict.category for row, verdict in band)
            error += abs(said - right) * len(band) / len(results)
            lines.append(f"{low:.2f} to {min(high, 1):.2f}  {len(band):>8}{said:>8.2f}{right:>8.2f}")
    return [*lines, f"expected calibration error {error:.3f}"]


def kinds(half: str) -> dict[str, list[bool]]:
    """kind of automatic mail → whether each was recognised (`human`: none was seen in a person's mail)."""
    found: dict[str, list[bool]] = defaultdict(list)
    for row in rows("automatic"):
        if row["half"] == half:
            found[row["kind"]].append((kind_of(row["traits"], row["subject"], row["text"]) or "human") == row["kind"])
    return found


def modes() -> dict[str, RulesClassifier]:
    """The words alone, the weights alone (trained beside the words), both as shipped."""
    file, weights = load(), shipped().weights
    nothing = msgspec.structs.replace(weights, categories=[], bias=[], features={}, points=1.0, temperature=1.0)
    return {
        "words": RulesClassifier(file, LinearModel(nothing)),
        "weights": RulesClassifier(file, LinearModel(msgspec.structs.replace(weights, points=0.0))),
        "both": RulesClassifier(file),
    }


def compared(half: str) -> list[str]:
    """A line a mode: how many are right by language."""
    lines = []
    for name, classifier in modes().items():
        results = classified(classifier, rows(half))
        cells = [
            f"{language} {share(a['category'] == b.category for a, b in results if a['language'] == language):.3f}"
            for language in LANGUAGES
        ]
        lines.append(f"{name:10}" + "  ".join(cells))
    return lines


def main() -> int:
    """Print the tables; 1 when a number is below what must hold."""
    classifier, low = RulesClassifier(load()), []
    for half in HALVES:
        mails = rows(half)
        started = time.process_time()
        results = classified(classifier, mails)
        spent = (time.process_time() - started) / len(mails) * 1000
        print(f"\n{half}: {len(mails)} mails, {spent:.2f} ms of CPU a mail")
        print("\n".join([*compared(half), "", *by_category(results), "", *reliability(results)]))
        for language in LANGUAGES:
            here = [(row, verdict) for row, verdict in results if row["language"] == language]
            right = share(row["category"] == verdict.category for row, verdict in here)
            urgent = share(row["urgency"] == verdict.urgency for row, verdict in here)
            print(f"{language}: category {right:.3f} (must {CATEGORY_MUST}, aim {CATEGORY_AIM}), urgency {urgent:.3f}")
            low += [f"{half} {language} category {right:.3f}"] if right < CATEGORY_MUST else []
    for half in ("tuned", "untouched"):
        for kind, hits in kinds(half).items():
            print(f"automatic, {half}: {kind:14}{_cell(hits):>12} (must {KIND_MUST}, aim {KIND_AIM})")
            low += [f"{half} {kind} {share(hits):.2f}"] if share(hits) < KIND_MUST else []
    print("\nBELOW WHAT MUST HOLD: " + "; ".join(low) if low else "\nAll above what must hold.")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
