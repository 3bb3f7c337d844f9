"""Logs and metrics of this process. What stands below `bootstrap` is given them as the port `Telemetry`."""

from __future__ import annotations

from chalicelib.adapters.observability import count, duration, failure, flush, log, warn

__all__ = ["count", "duration", "failure", "flush", "log", "warn"]
