"""What every endpoint for mail uses."""

from __future__ import annotations

import time

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.intake.auth_failures import AuthFailureLimiter
from chalicelib.intake.gate import Gate
from chalicelib.intake.intake import Intake
from chalicelib.policy.document import Limits, Rate


def gate(parts: Container) -> Gate:
    """What the operator decides of each mail at the endpoints: rules and rates."""
    settings = parts.settings
    sender, total = (Rate(*rate) if rate else None for rate in (settings.rate_sender, settings.rate_total))
    return Gate(parts.limiter, lambda: parts.rules.current(), Limits(sender, total), parts.pseudonym_key)


def intake(parts: Container) -> Intake:
    """Seal and enqueue."""
    return Intake(parts.spool, parts.queues, parts.cache, telemetry)


def auth_failures(parts: Container) -> AuthFailureLimiter:
    """Callers whose credential was wrong."""
    return AuthFailureLimiter(lambda: parts.limiter, parts.pseudonym_key, time.monotonic)
