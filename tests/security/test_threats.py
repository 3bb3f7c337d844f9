"""docs/security.md: what it says is tested, is tested."""

from __future__ import annotations

import re

import pytest

from infra.cloudformation.template import ROOT

DOCUMENT = (ROOT / "docs" / "security.md").read_text()
TABLE = DOCUMENT.partition("## Threats")[2].partition("\n## ")[0]
ROWS = [line.split("|")[1:-1] for line in TABLE.splitlines() if line.startswith("| ")][1:]
NAMED = sorted(set(re.findall(r"`(test_\w+)`", TABLE)))
THERE = {
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
}


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_the_threat_model_names_is_there(name: str) -> None:
    assert name in THERE


def test_every_threat_has_a_test() -> None:
    assert [row[1].strip() for row in ROWS if "`test_" not in row[3]] == []


def test_the_table_is_read() -> None:
    assert len(ROWS) > 20
