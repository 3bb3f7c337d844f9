"""How long and with which seed to fuzz: little and always the same in `make test`, much and ever new in `make fuzz`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings

SEED = int(os.environ.get("FUZZ_SEED", "20260105"))
FACTOR = int(os.environ.get("FUZZ_FACTOR", "1"))


def rounds(number: int) -> int:
    """So many in the short form, a multiple of it in the long one."""
    return number * FACTOR


def fuzzed(examples: int) -> Callable[[Any], Any]:
    """Settings of a property: seeded, without a database that would make runs differ; a failure is shrunk."""
    chosen = settings(
        max_examples=rounds(examples),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
    return lambda test: seed(SEED)(chosen(test))
