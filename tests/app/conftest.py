"""A fresh world for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.world import World, installed


@pytest.fixture
def world() -> Iterator[World]:
    with installed(World()) as made:
        yield made
