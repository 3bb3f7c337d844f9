"""SQL is constant text with parameters: no statement is put together from values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cloudformation.template import ROOT

FILES = sorted((ROOT / "chalicelib").rglob("*.py"))
SQL = re.compile(
    r"\b(?:SELECT\b.*\bFROM|INSERT INTO|UPDATE \w+\.|DELETE FROM|TRUNCATE|SET LOCAL|CREATE |DROP )", re.DOTALL
)
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")


def text_of(node: ast.AST) -> str:
    """All constant text in an expression."""
    return " ".join(n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def woven(node: ast.AST) -> list[ast.AST]:
    """What a string expression weaves in: values of an f-string, operands of + and %, arguments of format."""
    if isinstance(node, ast.JoinedStr):
        return [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return [side for side in (node.left, node.right) if not isinstance(side, ast.Constant | ast.BinOp)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "replace"):
        return [*node.args, *(keyword.value for keyword in node.keywords)]
    return []


CHOSEN = {"archive.py": ("table", "column")}
"""Names that were looked at: tables of a tuple in the file, columns that its own methods name."""


def in_functions(tree: ast.Module) -> Iterator[ast.AST]:
    """What is run with values: a statement of the module itself is made at import, of constants alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            yield from ast.walk(node)


def built(source: str, chosen: tuple[str, ...] = ()) -> Iterator[str]:
    """Statements that are put together from anything but constants of the module."""
    for node in in_functions(ast.parse(source)):
        if parts := woven(node):
            named = all(
                isinstance(part, ast.Name) and (CONSTANT.fullmatch(part.id) or part.id in chosen) for part in parts
            )
            if SQL.search(text_of(node)) and not named:
                yield f"line {getattr(node, 'lineno', 0)}: {ast.unparse(node)[:80]}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_statement_is_put_together_from_values(file: Path) -> None:
    assert list(built(file.read_text(), CHOSEN.get(file.name, ()))) == []


@pytest.mark.parametrize(
    "source",
    [
        'run(f"SELECT a FROM t WHERE b = {value}")',
        'run("SELECT a FROM t WHERE b = \'" + value + "\'")',
        'run("DELETE FROM t WHERE b = %s" % value)',
        'run("INSERT INTO t VALUES ({})".format(value))',
    ],
)
def test_such_a_statement_would_be_seen(source: str) -> None:
    assert list(built(f"def f(value): {source}")) != []
