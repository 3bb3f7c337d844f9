"""The shipped lists, and the sets that the claims are measured on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from chalicelib.privacy.fold import fold

DATA = Path(__file__).parents[3] / "chalicelib" / "privacy" / "data"
SETS = Path(__file__).parents[2] / "privacy_data"


def test_the_lists_are_small_enough_for_every_function() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 300_000


def test_the_lists_are_folded() -> None:
    lines = [line for path in DATA.glob("*.txt") for line in path.read_text("utf-8").splitlines()]
    assert [line for line in lines if not line.startswith("#") and fold(line) != line] == []


def test_the_untouched_texts_are_the_ones_that_were_frozen() -> None:
    wanted = dict(reversed(line.split()) for line in (SETS / "heldout.sha256").read_text().splitlines())
    assert {name: hashlib.sha256((SETS / name).read_bytes()).hexdigest() for name in wanted} == wanted
