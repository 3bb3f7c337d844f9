"""Every code that Mailroom can answer, log or write into the ledger has a sentence and a remedy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from chalicelib.web.http import STATUS
from infra.cli.codes import CODES, ENDINGS, FAMILIES, explanation, sentence
from infra.cloudformation.template import ROOT

RAISED = {"Permanent", "Retryable", "Postponed"}
GOOD = {code for code, http in STATUS.items() if http < 400}
CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")


def texts(node: ast.expr) -> Iterator[str]:
    """The strings that an argument may be: a literal, or either side of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))


def raised() -> set[str]:
    """Codes in chalicelib: first arguments of the errors, and the constants and defaults that become one."""
    found: set[str] = set()
    for file in (ROOT / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED and node.args:
                found.update(texts(node.args[0]))
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "UNAVAILABLE":
                found.update(texts(node.value))
    return {code for code in found if CODE.fullmatch(code)}


def test_the_search_finds_the_codes() -> None:
    assert {"spool_missing", "queue_unavailable", "webhook_gone"} <= raised()


def test_every_code_is_explained() -> None:
    codes = raised() | (STATUS.keys() - GOOD)
    assert sorted(code for code in codes if not explanation(code)) == [], "add a sentence to infra/cli/codes.py"


def test_no_sentence_is_left_over() -> None:
    files = [*(ROOT / "chalicelib").rglob("*.py"), ROOT / "infra" / "cli" / "replay.py"]
    sources = "".join(file.read_text() for file in files)
    assert [code for code in CODES if f'"{code}"' not in sources] == [], "remove it from infra/cli/codes.py"


@pytest.mark.parametrize("words", [*CODES.values(), *FAMILIES.values(), *ENDINGS.values()])
def test_an_explanation_is_two_sentences(words: tuple[str, str]) -> None:
    for text in words:
        assert text.endswith(".")
        assert text[0].isupper() or text[0] == "`" or text.startswith(("raw_key", "webhook_keys"))


def test_a_sentence_shows_the_code_in_brackets() -> None:
    assert sentence("invalid_reason").endswith("[invalid_reason]")
    assert sentence("invalid_reason").startswith("The reason is not a code. Use ")


@pytest.mark.parametrize("code", ["retries_exhausted:database_unavailable", "discarded:spam", "webhook_resting"])
def test_codes_with_a_part_of_their_own_are_explained(code: str) -> None:
    assert explanation(code)


def test_an_unknown_code_is_shown_with_the_trace_id() -> None:
    shown = sentence("from_the_future", "trace-1")
    assert "mailroom logs --mail trace-1" in shown
    assert shown.endswith("[from_the_future]")
