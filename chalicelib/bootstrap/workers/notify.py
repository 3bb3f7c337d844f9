"""The worker of `notify`; the sweep sends with it too."""

from __future__ import annotations

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.pipeline.notify import NotifyWorker
from chalicelib.pipeline.runner import Worker
from chalicelib.telegram.notice import NoticeRenderer


def make(parts: Container) -> Worker:
    """Sends what the outbox holds."""
    return parts.notifier


def notifier(parts: Container) -> NotifyWorker:
    """The container's part of this name."""
    return NotifyWorker(
        outbox=parts.outbox,
        store=parts.store,
        messenger=parts.messenger,
        enabled=lambda: parts.flags.on("notifications_enabled"),
        render=NoticeRenderer(parts.settings.language),
        telemetry=telemetry,
        resting=lambda: parts.breaker("telegram").resting(),
    )
