"""The shipped schema and the validator say the same about every document, right or broken."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from chalicelib.policy import shape
from infra.cloudformation.template import ROOT

EXAMPLE = json.loads((ROOT / "docs" / "rules.example.json").read_text())
FULL = Draft202012Validator(shape.schema())
UNDERSTOOD = frozenset(
    "$ref $schema $defs title description type properties required additionalProperties propertyNames minProperties "
    "maxProperties items minItems maxItems uniqueItems minLength maxLength pattern enum minimum maximum".split()
)

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 200_000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["", "x" * 1001, "24:00", "12:60", "name\n", "https://a.example", "mon", "hold", "é"]),
    st.lists(st.sampled_from(["mon", "mon", "subject", "", 1]), max_size=4),
    st.dictionaries(st.sampled_from(["is", "words", "all", "not", "name", "", "x\n"]), st.just(["a"]), max_size=3),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every node of a document."""
    yield path
    inside: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*path, key))


PLACES = sorted(places(EXAMPLE), key=str)[1:]


def broken(changes: list[tuple[tuple[Any, ...], str, Any, str]]) -> Any:
    """The example with nodes replaced, removed, repeated, or given a field more."""
    document = copy.deepcopy(EXAMPLE)
    for path, how, junk, key in changes:
        node = document
        try:
            for step in path[:-1]:
                node = node[step]
            if how == "replace":
                node[path[-1]] = junk
            elif how == "remove":
                del node[path[-1]]
            elif how == "repeat" and isinstance(node, list):
                node.append(copy.deepcopy(node[path[-1]]))
            elif how == "add" and isinstance(node, dict):
                node[key] = junk
        except (KeyError, IndexError, TypeError):  # an earlier change took that node away
            continue
    return document


change = st.tuples(
    st.sampled_from(PLACES),
    st.sampled_from(["replace", "remove", "repeat", "add"]),
    JUNK,
    st.sampled_from(["about", "when", "words", "is", "new", "drop", "link"]),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(change, max_size=3).map(broken))
def test_the_validator_and_the_schema_agree_on_broken_documents(document: Any) -> None:
    assert (list(shape.errors(document)) == []) == FULL.is_valid(document)


@settings(deadline=None, max_examples=50)
@given(st.lists(change, min_size=1, max_size=3).map(broken))
def test_every_error_names_a_place_that_the_schema_complains_about_too(document: Any) -> None:
    complained = {_written(error.absolute_path) for error in FULL.iter_errors(document)}
    for path, _ in shape.errors(document):
        around = {path, path.rpartition(".")[0], path.rpartition("[")[0]}  # a missing, unknown or wrongly named field
        assert around & complained


def _written(steps: Any) -> str:
    path = ""
    for step in steps:
        path = f"{path}[{step}]" if isinstance(step, int) else shape.below(path, step)
    return path


DEEP: dict[str, Any] = {"subject": {"words": ["x"]}}


@pytest.mark.parametrize("levels", range(7))
def test_conditions_nest_four_deep(levels: int) -> None:
    when = DEEP
    for _ in range(levels):
        when = {"not": when}
    document = {"rules": [{"name": "a", "when": when, "then": {"topic": "t"}}]}
    assert (not list(shape.errors(document)), FULL.is_valid(document)) == (levels <= 4, levels <= 4)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(shape.schema())


def test_the_schema_uses_only_words_that_the_validator_understands() -> None:
    assert _keywords(shape.schema()) <= UNDERSTOOD


def _keywords(schema: Mapping[str, Any]) -> set[str]:
    found = set(schema)
    for holder in ("properties", "$defs"):
        for part in schema.get(holder, {}).values():
            found |= _keywords(part)
    for holder in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(holder), dict):
            found |= _keywords(schema[holder])
    return found
