"""The labelled mails of `tests/data/classify` (see the README there)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "classify"


def rows(name: str) -> list[dict[str, Any]]:
    """The mails of one file, in its order."""
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
