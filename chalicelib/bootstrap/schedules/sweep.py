"""The sweep, every minute: notices that no queue message asks for; every fifth minute, the audit and its repairs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.bootstrap.container import Container
from chalicelib.core.errors import ConfigurationError, MailroomError
from chalicelib.operations.sweep import EVERY


def run(parts: Container, event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Numbers by kind. The event's own time decides, so that a late or repeated event does what it was made for.

    A failure of the outbox does not keep the sweep from its work; it is raised at the end.
    """
    due = datetime.fromisoformat(event["time"].replace("Z", "+00:00")).minute % EVERY == 0
    numbers: dict[str, int] = {}
    failure: MailroomError | ConfigurationError | None = None
    try:
        numbers["notified"] = send_outbox(parts)
    except (MailroomError, ConfigurationError) as error:
        failure = error
    if due:
        numbers |= parts.sweep.run(lambda: context.get_remaining_time_in_millis() / 1000)
    if failure:
        raise failure
    return numbers


def send_outbox(parts: Container) -> int:
    """Send what the outbox holds (notifications switched off and on again); the number of notices sent."""
    return parts.notifier.drain() if parts.notifier.enabled() else 0
