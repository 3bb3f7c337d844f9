"""The sweep, every minute: notices that no queue message asks for; every fifth minute, mail that never arrived."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.bootstrap.container import Container
from chalicelib.bootstrap.parts.operations import condition_reporter, lost_mail_repair
from chalicelib.core.errors import ConfigurationError, MailroomError
from chalicelib.operations.repair_lost_mail import EVERY, WITHIN


def run(parts: Container, event: Mapping[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001 - every schedule's
    """Numbers by kind. The event's own time decides, so that a late or repeated event does what it was made for."""
    due = datetime.fromisoformat(event["time"].replace("Z", "+00:00")).minute % EVERY == 0
    try:
        found = {"notified": send_outbox(parts)}
        return found | (lost_mail_repair(parts).look() if due else {})
    except (MailroomError, ConfigurationError):
        # Without a database queues and breakers can still be checked; the rest would only wait for it once more.
        if due:
            condition_reporter(parts).report(WITHIN)
        raise


def send_outbox(parts: Container) -> int:
    """Send what the outbox holds (notifications switched off and on again); the number of notices sent."""
    return parts.notifier.drain() if parts.notifier.enabled() else 0
