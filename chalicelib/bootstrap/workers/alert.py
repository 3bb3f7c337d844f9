"""The worker of `alert`. Its queue carries CloudWatch's alarms, not the project's messages."""

from __future__ import annotations

from chalicelib.bootstrap.container import Container
from chalicelib.operations.alert import AlertWorker
from chalicelib.pipeline.runner import Worker


def make(parts: Container) -> Worker:
    """Sends alarms to Telegram."""
    return AlertWorker(parts.alarm_messenger, parts.cache, parts.limiter, parts.settings.language)
