"""The guide to the rules says what the schema allows, and its examples are valid."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from chalicelib.mail.links import DEFAULT_PROVIDERS
from chalicelib.policy import shape
from chalicelib.policy.ruleset import load
from infra.cloudformation.template import ROOT

GUIDE = (ROOT / "docs" / "rules.md").read_text()
EXAMPLE = json.loads((ROOT / "docs" / "rules.example.json").read_text())
PARTS = re.findall(r"^### `(\w+)`\n\n`(.+)`$", GUIDE, re.MULTILINE)
CONDITIONS = re.findall(r'`(\{"(?:all|any|not|\w+)": .+?\})`(?: \(|;| \|)', GUIDE.partition("**Conditions.**")[2])


def fields(schema: Mapping[str, Any]) -> Iterator[str]:
    yield from schema.get("properties", ())
    for part in (*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()):
        yield from fields(part)
        yield from part.get("enum", ())


@pytest.mark.parametrize("name", sorted(set(fields(shape.schema())) - {"tue", "wed", "thu", "sat"}))
def test_every_field_and_value_is_in_the_guide(name: str) -> None:
    assert re.search(rf"[`\"]{name}[`\"]", GUIDE)


@pytest.mark.parametrize(("part", "written"), PARTS, ids=[part for part, _ in PARTS])
def test_the_example_of_each_part_is_valid(part: str, written: str) -> None:
    read = json.loads(written)
    load({**EXAMPLE, part: [read]} if part == "rules" else {part: read})


def test_each_part_has_an_example() -> None:
    assert {part for part, _ in PARTS} == set(shape.schema()["properties"]) - {"about"}


@pytest.mark.parametrize("written", CONDITIONS)
def test_the_examples_of_conditions_are_valid(written: str) -> None:
    rule = {"name": "example", "when": json.loads(written), "then": {"topic": "t"}}
    load({**EXAMPLE, "rules": [rule]})


def test_each_condition_has_an_example() -> None:
    assert len(CONDITIONS) >= 10


def test_the_example_document_names_the_providers_that_are_built_in() -> None:
    assert load(EXAMPLE).providers == DEFAULT_PROVIDERS
