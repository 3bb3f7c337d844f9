"""Automatic mail about a mail: each kind is kept apart from the others and from a person's mail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.classification.automatic import CATEGORIES, TRAITS, kind_of
from chalicelib.classification.categories import load
from chalicelib.classification.classifier import RulesClassifier
from chalicelib.core.messages import Content

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "classify" / "automatic.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("kind", sorted({row["kind"] for row in ROWS}))
def test_a_kind_is_recognised(kind: str) -> None:
    rows = [row for row in ROWS if row["kind"] == kind]
    right = [(kind_of(row["traits"], row["subject"], row["text"]) or "human") == kind for row in rows]
    assert len(rows) >= 6
    assert sum(right) / len(right) >= 0.97


@pytest.mark.parametrize(("trait", "kind"), TRAITS.items())
def test_a_trait_names_the_kind_beside_any_text(trait: str, kind: str) -> None:
    assert kind_of(("automatic", "delivery_report", trait), "Undeliverable", "Action: failed") == kind


def test_every_kind_has_a_category_of_the_shipped_file() -> None:
    assert set(CATEGORIES.values()) <= set(load().categories)


def test_the_reason_names_the_kind_and_the_mail_is_not_urgent() -> None:
    content = Content(subject="Re: URGENT", sender="", recipients=(), language="en", traits=("read_receipt",))
    verdict = RulesClassifier(load()).classify(content, "URGENT: your message was read")
    assert (verdict.category, verdict.urgency, verdict.reason) == ("auto_reply", "low", "+read_receipt")
