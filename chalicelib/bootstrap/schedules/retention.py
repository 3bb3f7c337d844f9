"""Retention, every hour: removes mail whose time is over, bounded in number and time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.bootstrap.parts.operations import retention

AT_ONCE = 1_000
"""Mails that one run removes at most."""


def run(parts: Container, event: Mapping[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001 - every schedule's
    """Numbers of removed mails by kind."""
    removed = retention(parts).run(AT_ONCE, lambda: context.get_remaining_time_in_millis() / 1000)
    if not removed.complete:
        telemetry.log("retention_goes_on", count=sum(removed.mails.values()))
    return removed.mails
