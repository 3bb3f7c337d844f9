"""What the queue and schedule functions of `app.py` do: build a runner, run it, flush the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.compose import container
from chalicelib.core import stages
from chalicelib.core.errors import ConfigurationError, MailroomError

EXPIRED = 1_000
"""Mails that one run of the retention removes at most."""


def run_stage(name: str, event: Mapping[str, Any], context: Any) -> dict[str, Any] | None:
    """Run one stage over an SQS event; the answer is Lambda's."""
    from chalicelib.operations import alert  # the doors run no stage
    from chalicelib.pipeline.runner import Runner

    parts = container()
    runner = Runner(
        stage=stages.stage(name),
        make_worker=lambda: parts.worker(name),
        queues=parts.queues,
        telemetry=telemetry,
        report=parts.settings.report_failures,
        remaining_ms=context.get_remaining_time_in_millis,
    )
    if name == stages.ALERT.name:
        runner.read = alert.read
    try:
        return runner.run(event)
    finally:
        telemetry.flush()


def sweep_outbox() -> int:
    """Deliver what no queue message asks for any more (notifications switched off and on again)."""
    try:
        worker = container().notify_worker()
        return worker.drain() if worker.enabled() else 0
    finally:
        telemetry.flush()


def sweep(at: str) -> dict[str, int]:
    """Every minute: the outbox; every fifth one: mail that never arrived. The answer are the numbers by kind.

    `at` is the event's own time (ISO 8601), so that a late or repeated event does what it was made for.
    """
    from chalicelib.operations.repair_lost_mail import EVERY, WITHIN

    due = datetime.fromisoformat(at.replace("Z", "+00:00")).minute % EVERY == 0
    try:
        told = {"notified": sweep_outbox()}
        return told | (container().lost_mail_repair().look() if due else {})
    except (MailroomError, ConfigurationError):
        # Without a database queues and breakers can still be checked; the rest would only wait for it once more.
        if due:
            container().condition_reporter().report(WITHIN)
        raise
    finally:
        telemetry.flush()


def retention(context: Any) -> dict[str, int]:
    """Every hour: remove what is over its time, bounded in number and time. The answer are the numbers by kind."""
    try:
        removed = container().retention().run(EXPIRED, lambda: context.get_remaining_time_in_millis() / 1000)
        if not removed.complete:
            telemetry.log("retention_goes_on", count=sum(removed.mails.values()))
        return removed.mails
    finally:
        telemetry.flush()
