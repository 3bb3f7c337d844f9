"""On what the numbers were measured."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("chalice", "aws-lambda-powertools", "boto3", "spacy", "presidio-analyzer", "psycopg", "redis", "ministack")


def machine() -> dict[str, Any]:
    """Processor, cores, memory, versions, date and the load at the start."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(_first("/proc/meminfo", "MemTotal").split()[0] or 0) / 2**20, 1),
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "packages": {name: version(name) for name in PACKAGES},
    }


def _first(file: str, key: str) -> str:
    path = Path(file)
    if not path.exists():
        return "0"
    lines = (line for line in path.read_text().splitlines() if line.startswith(key))
    return next(lines, f"{key}: 0").partition(":")[2].strip()


def spread(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile (nearest rank) and largest, in milliseconds from seconds."""
    ordered = sorted(values)

    def rank(share: float) -> float:
        return round(ordered[max(0, round(share * len(ordered)) - 1)] * 1000, 2)

    return {"n": len(ordered), "p50_ms": rank(0.5), "p95_ms": rank(0.95), "max_ms": round(ordered[-1] * 1000, 2)}
