"""Logs and metrics that are kept instead of printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Telemetry:
    """`lines` are (event, fields), `counts` (name, value, dimensions), in the order in which they came."""

    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    counts: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)

    def log(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    def warn(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    def failure(self, event: str, error: BaseException, **fields: Any) -> None:
        self.lines.append((event, {"error": type(error).__name__, **fields}))

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        self.counts.append((name, value, dimensions))

    def duration(self, name: str, seconds: float, **dimensions: str) -> None:
        self.counts.append((name, seconds, dimensions))
