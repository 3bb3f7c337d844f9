"""Single values of a rule document: how each is read, and what a host and an address may look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.policy.document import Rate


def as_it_is(value: str, _path: str) -> str:
    return value


def rate(raw: Mapping[str, Any] | None) -> Rate | None:
    return Rate(float(raw["per_minute"]), int(raw["burst"])) if raw else None


def minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def is_host(host: str) -> bool:
    labels = host.split(".")
    return len(host) <= 253 and all(
        0 < len(label) <= 63 and label.replace("-", "").replace("_", "").isalnum() and label.isascii()
        for label in labels
    )


def is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return is_host(parts.hostname or "") and "@" not in parts.netloc and not parts.fragment and port != 0
