"""The circuit breakers."""

from __future__ import annotations

from chalicelib.bootstrap.breakers import Breakers
from chalicelib.bootstrap.container import Container


def breaker(parts: Container) -> Breakers:
    """Circuit breakers by name."""
    return Breakers(parts.cache)
