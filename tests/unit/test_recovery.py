"""The recovery guide has a line for every code, every condition and every alarm."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.adapters.breaker import SERVICES
from chalicelib.core.texts import alerts
from chalicelib.web.http import STATUS
from infra.cloudformation.template import ROOT, template

GUIDE = (ROOT / "docs" / "recovery.md").read_text()
RAISED = ("Permanent", "Retryable", "Postponed", "NotReady")
CODE = re.compile(r"[a-z][a-z0-9_]*")


def _texts(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    """What the first argument of an error may be: constants, names of them, both branches of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in constants:
        yield constants[node.id]
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, constants)
        yield from _texts(node.orelse, constants)


def raised(source: str) -> set[str]:
    """The codes that a module raises."""
    tree = ast.parse(source)
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED and node.args:
            found |= {text for text in _texts(node.args[0], constants) if CODE.fullmatch(text)}
    return found


def codes() -> set[str]:
    files = [*(ROOT / "chalicelib").rglob("*.py"), ROOT / "app.py"]
    found = {code for file in files for code in raised(file.read_text())}
    return found | set(STATUS) | {f"{service}_resting" for service in (*SERVICES, "webhook")}


def documented(code: str) -> bool:
    return f"`{code}`" in GUIDE


def test_the_collector_sees_constants_names_and_both_branches() -> None:
    source = """
GONE = "gone"
raise Permanent(GONE)
raise Retryable("slow" if late else "broken", after=1)
raise Postponed(f"{kind}_x")
"""
    assert raised(source) == {"gone", "slow", "broken"}


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_code_has_its_line(code: str) -> None:
    assert documented(code), f"docs/recovery.md has no line for `{code}`: say its cause and what to do"


NO_CONDITION = {"alert.began", "alert.ended", "alert.waiting", "alert.numbered"}
CONDITIONS = [key.removeprefix("alert.") for key in alerts.TEXTS if key.startswith("alert.")]


@pytest.mark.parametrize("condition", sorted(name for name in CONDITIONS if f"alert.{name}" not in NO_CONDITION))
def test_every_condition_has_its_line(condition: str) -> None:
    name = condition.replace(".", ":")
    assert any(f"`{form}" in GUIDE for form in (f"{name}`", f"{name}:<"))


@pytest.mark.parametrize(
    "alarm",
    sorted(
        resource["Properties"]["AlarmName"]
        for resource in template()["Resources"].values()
        if resource.get("Type") == "AWS::CloudWatch::Alarm"
    ),
)
def test_every_alarm_has_its_line(alarm: str) -> None:
    of_a_stage = re.sub(r"mailroom-[a-z]+-(dlq|backlog|oldest)", r"mailroom-<stage>-\1", alarm)
    of_a_stage = re.sub(r"mailroom-[a-z]+-(recursion)", r"mailroom-<function>-\1", of_a_stage)
    assert f"`{alarm}`" in GUIDE or f"`{of_a_stage}`" in GUIDE


def test_every_link_inside_the_documents_leads_somewhere() -> None:
    broken = []
    for file in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "apps_script").glob("*.md")]:
        for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text()):
            path, _, anchor = target.partition("#")
            if "://" in path or path.startswith("mailto:"):
                continue
            page = (file.parent / path).resolve() if path else file
            if not page.exists() or (anchor and page.suffix == ".md" and anchor not in anchors(page)):
                broken.append(f"{file.relative_to(ROOT)}: {target}")
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    heads = re.findall(r"^#+ +(.+?) *$", page.read_text(), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", re.sub(r"[`*]|\]\([^)]*\)", "", head).lower()) for head in heads)
    return {text.replace(" ", "-") for text in plain}
