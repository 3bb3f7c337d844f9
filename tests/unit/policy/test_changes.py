"""The lines that describe a change of the rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.policy.changes import MOST_LINES, pretty, summary, unified

A, B = {"name": "a", "topic": "x"}, {"name": "b"}


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({}, {}, []),
        ({"rules": [A]}, {"rules": [A]}, []),
        ({}, {"rules": [A, B]}, ["rules: a added", "rules: b added"]),
        ({"rules": [A, B]}, {"rules": [B]}, ["rules: a removed"]),
        ({"rules": [A]}, {"rules": [A | {"topic": "y"}]}, ["rules: a changed"]),
        ({"rules": [A, B]}, {"rules": [B, A]}, ["rules: reordered"]),
        (
            {"patterns": {"p": 1, "q": 2}},
            {"patterns": {"q": 3, "r": 4}},
            ["patterns: p removed", "patterns: q changed", "patterns: r added"],
        ),
        ({"patterns": {"p": 1, "q": 2}}, {"patterns": {"q": 2, "p": 1}}, []),
        (
            {"allowlist": ["ada@example.org"]},
            {"allowlist": ["bob@example.org", "example.com"]},
            ["allowlist: 2 added, 1 removed"],
        ),
        (
            {"allowlist": ["a.example", "b.example"]},
            {"allowlist": ["b.example", "a.example"]},
            ["allowlist: reordered"],
        ),
        ({"allowlist": ["a.example"]}, {}, ["allowlist: 1 removed"]),
        (
            {"allowlist": {"domains": ["a.example"]}},
            {"allowlist": {"domains": ["b.example"], "addresses": ["ada@example.org"]}},
            ["allowlist: domains 1 added, 1 removed", "allowlist: addresses added"],
        ),
        ({"rules": 1}, {"rules": 2}, ["rules: changed"]),
    ],
)
def test_a_change_is_listed_by_name(old: dict[str, Any], new: dict[str, Any], lines: list[str]) -> None:
    assert summary(old, new) == lines


def test_the_diff_shows_the_lines() -> None:
    diff = unified({"rules": [A]}, {"rules": [A | {"topic": "y"}]}, "version 1", "version 2")
    assert diff.splitlines()[:2] == ["--- version 1", "+++ version 2"]
    assert [line for line in diff.splitlines()[2:] if line[0] in "+-"] == ['-   "topic": "x"', '+   "topic": "y"']


def test_no_change_has_no_diff() -> None:
    assert unified({"a": 1, "b": 2}, {"b": 2, "a": 1}, "", "") == ""


def test_documents_that_are_too_long_are_not_compared() -> None:
    long = {"allowlist": [f"n{number}.example" for number in range(MOST_LINES)]}
    diff = unified({}, long, "version 1", "version 2")
    assert len(diff) < 200
    assert "too long" in diff


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["rules", "allowlist", "x"]), _JSON), st.data())
def test_any_two_documents_can_be_compared(old: dict[str, Any], data: st.DataObject) -> None:
    new = data.draw(st.dictionaries(st.sampled_from(["rules", "allowlist", "x"]), _JSON))
    assert json.loads(pretty(new)) == new
    assert bool(unified(old, new, "a", "b")) == (pretty(old) != pretty(new))
    summary(old, new)
