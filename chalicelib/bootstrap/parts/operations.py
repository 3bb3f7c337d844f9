"""What the operator and the sweep work with. Each call of a function here makes a new object; the container keeps the
two desks and the sweep."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.data_rights.retention import Retention
from chalicelib.operations.auditor import Auditor
from chalicelib.operations.dead_letters import DeadLetterDesk
from chalicelib.operations.overdue_webhooks import OverdueWebhooks
from chalicelib.operations.reconsider import Allowed, ReconsiderDesk
from chalicelib.operations.report_conditions import ConditionReporter
from chalicelib.operations.sweep import Sweep


def desk(parts: Container) -> DeadLetterDesk:
    """Lists, redrives and discards failed messages."""
    return DeadLetterDesk(parts.dead_letters, parts.queues, parts.ledger)


def reconsider_desk(parts: Container) -> ReconsiderDesk:
    """Re-evaluates excluded mail."""

    def allowed() -> Allowed:
        listed = parts.rules.current().parsed.allowlist
        return Allowed(listed.addresses, listed.domains)

    return ReconsiderDesk(parts.exclusions, parts.spool, parts.queues, parts.pseudonym_key, allowed)


def auditor(parts: Container) -> Auditor:
    """Compares spool, queues and ledger, for the sweep and the operator's `verify`."""
    return Auditor(
        spool=parts.spool,
        queues=parts.queues,
        dead=parts.dead_letters,
        store=parts.store,
        ledger=parts.ledger,
        patience=timedelta(minutes=parts.settings.missing_minutes),
        notifying=lambda: parts.flags.on("notifications_enabled"),
    )


def overdue_webhooks(parts: Container) -> OverdueWebhooks:
    """Finds webhooks whose message was lost."""
    return OverdueWebhooks(
        parts.open_deliveries, parts.queues, sending=lambda: parts.flags.on("webhook_sending_enabled")
    )


def sweep(parts: Container) -> Sweep:
    """Audits, reports and repairs. The container keeps it, because it remembers its place in the spool."""
    reporter = ConditionReporter(
        queues=parts.queues,
        breakers=lambda: parts.breaker.shown(),
        cache=parts.cache,
        messenger=lambda: parts.messenger,
        telemetry=telemetry,
        backlog=parts.settings.backlog_messages,
        language=parts.settings.language,
    )
    return Sweep(auditor(parts), overdue_webhooks(parts), parts.cache, reporter, telemetry)


def retention(parts: Container) -> Retention:
    """Removes mail whose retention is over."""
    settings = parts.settings
    return Retention(parts.archive, parts.spool, telemetry, settings.retention, settings.original_retention)
