"""The packaged template, and Chalice's own without the merge: each made once a session, thin (no download)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.bootstrap import functions
from infra.cloudformation.package import package

Resource = dict[str, Any]
FUNCTIONS = tuple(row.logical for row in functions.FUNCTIONS)
"""Logical ids of all functions; a test proves that none is forgotten."""


class Template:
    """A template's JSON with the few questions that the tests ask of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.json: dict[str, Any] = json.loads(path.read_text())
        self.resources: dict[str, Resource] = self.json["Resources"]

    def properties(self, name: str) -> Resource:
        """Properties of a resource. Raises KeyError."""
        found: Resource = self.resources[name]["Properties"]
        return found

    def of(self, kind: str) -> dict[str, Resource]:
        """Logical id → properties of all resources of an AWS type."""
        return {
            name: resource["Properties"]
            for name, resource in self.resources.items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def event_source(self, function: str) -> Resource:
        """The one SQS event source of a function."""
        [event] = self.properties(function)["Events"].values()
        assert event["Type"] == "SQS"
        found: Resource = event["Properties"]
        return found

    def variables(self, function: str) -> Resource:
        """The environment of a function."""
        found: Resource = self.properties(function)["Environment"]["Variables"]
        return found


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """What is deployed."""
    return Template(package(tmp_path_factory.mktemp("packaged") / "package", thin=True))


@pytest.fixture(scope="session")
def unmerged(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """What the decorators of app.py say alone: what `chalice deploy` would use."""
    return Template(package(tmp_path_factory.mktemp("unmerged") / "package", thin=True, merge=False))


def strings(value: Any) -> Iterator[str]:
    """Every string inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
