"""The documents say what the code does: generated parts are current, and what they name exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.core.stages import STAGES
from infra.cloudformation.template import ROOT
from infra.docs import documents, generated

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "apps_script" / "README.md"]


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_generated_parts_are_current(document: Path) -> None:
    assert generated(document.read_text()) == document.read_text(), "run: make docs"


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_the_picture_of_the_flow_shows_every_queue(stage: object) -> None:
    assert f"[{getattr(stage, 'queue', '')}]" in (ROOT / "docs" / "architecture.md").read_text()


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    numbers = [file.name[:4] for file in (ROOT / "docs" / "adr").glob("[0-9]*.md")]
    assert [number for number in numbers if f"[{number}]" not in index] == []
