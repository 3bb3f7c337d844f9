"""Names in back-quotes that look like modules, documents or files of ours exist: a move must take them along."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cloudformation.template import ROOT

SOURCES = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py")), *sorted((ROOT / "infra").rglob("*.py"))]
FORMER = frozenset({"runtime", "ingress", "proof", "watch", "watching", "letters", "facts"})
"""Modules and folders that are gone: whatever begins with one of them is stale."""
DOTTED = re.compile(r"`([a-z_]+(?:\.[A-Za-z_]+)+)")
FILE = re.compile(r"`([A-Za-z_.-]+(?:/[A-Za-z_.-]+)*\.(?:md|py))`")


def _modules() -> dict[str, set[str]]:
    """Every end of a module's dotted name → the names that such modules define."""
    found: dict[str, set[str]] = {}
    for path in SOURCES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        dotted = [part for part in parts if part != "__init__"]
        names = _names(path) | ({one.stem for one in path.parent.iterdir()} if path.stem == "__init__" else set())
        for start in range(len(dotted)):
            found.setdefault(".".join(dotted[start:]), set()).update(names)
    return found


def _names(path: Path) -> set[str]:
    """What a module defines or imports, attributes of its classes included."""
    tree = ast.parse(path.read_text())
    named = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    named |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    return named | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


MODULES = _modules()


def _stale(text: str) -> Iterator[str]:
    for name in (name for name in DOTTED.findall(text) if not name.endswith((".py", ".md"))):
        parts = name.split(".")
        if parts[0] in FORMER:
            yield name
        known = next((k for k in range(len(parts), 0, -1) if ".".join(parts[:k]) in MODULES), 0)
        if 0 < known < len(parts) and parts[known] not in MODULES[".".join(parts[:known])]:
            yield name
    for name in FILE.findall(text):
        if not any((folder / name).exists() for folder in (ROOT, ROOT / "chalicelib", ROOT / "infra", ROOT / "docs")):
            yield name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_named_exists(path: Path) -> None:
    beside = {f"{one.stem}.py" for one in path.parent.iterdir()}
    assert [name for name in _stale(path.read_text()) if name not in beside] == []


@pytest.mark.parametrize(
    "text",
    ["as in `rules.retry`", "(`runtime.settings.load`)", "see `facts/aws.md`", "`resilience.retry.nothing_such`"],
)
def test_what_does_not_exist_would_be_found(text: str) -> None:
    assert len(list(_stale(text))) == 1
