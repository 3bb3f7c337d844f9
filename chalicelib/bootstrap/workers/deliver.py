"""The worker of `deliver`."""

from __future__ import annotations

from chalicelib.adapters.http.receivers import GuardedReceiver
from chalicelib.adapters.postgres.deliveries import PostgresDeliveryStore
from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.breakers import of_destination
from chalicelib.bootstrap.container import Container
from chalicelib.bootstrap.parts.outside import guard
from chalicelib.delivery.deliver import DeliverWorker
from chalicelib.pipeline.runner import Worker


def make(parts: Container) -> Worker:
    """Sends webhooks."""
    secrets = parts.backend_secrets
    return DeliverWorker(
        deliveries=PostgresDeliveryStore(parts.database, secrets.text("raw_key")),
        receiver=GuardedReceiver(guard(parts)),
        destinations=lambda: parts.rules.current().destinations,
        keys=lambda: secrets.named("webhook_keys"),
        enabled=lambda: parts.flags.on("webhook_sending_enabled"),
        telemetry=telemetry,
        bucket=parts.settings.offload_bucket,
        clear_hosts=parts.settings.clear_field_hosts,
        through=lambda name, call: parts.breaker(of_destination(name)).call(call),
    )
