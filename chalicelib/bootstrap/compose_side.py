"""The composition root's part for what follows a stored mail: files of links, and webhooks."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.adapters.http.guard import Guard, public_trust
from chalicelib.adapters.http.tls import client_context
from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.breakers import of_destination
from chalicelib.core.errors import ConfigurationError

if TYPE_CHECKING:
    from chalicelib.bootstrap.compose_stages import Stages
    from chalicelib.pipeline.runner import Worker
    from chalicelib.ports import FileTarget

BUDGET = 220.0
"""Seconds that an invocation of `offload` works: its time-out (300) less `offload.GRACE` and a last part."""


def guard(parts: Stages) -> Guard:
    """The guard with the operator's private hosts, which are trusted by their own authority where there is one."""
    if not parts.settings.private_targets:
        return Guard()

    def private_trust() -> ssl.SSLContext:
        pem = parts.backend_secrets.text("private_ca")
        try:
            return client_context(cadata=pem) if pem else public_trust()
        except ssl.SSLError:
            raise ConfigurationError(
                "private_ca", "the field of the secret is no certificate", "Write the authority's PEM there, or nothing"
            ) from None

    targets = parts.settings.private_targets
    places = {name: at.rpartition(":") for name, at in targets.items() if at}
    return Guard(
        private=frozenset(targets),
        placed={name: (address, int(port)) for name, (address, _, port) in places.items()},
        private_trust=private_trust,
    )


def offload_worker(parts: Stages) -> Worker:
    """Fetches the files of links."""
    from chalicelib.adapters.http.downloads import GuardedDownloads
    from chalicelib.adapters.postgres.links import PostgresLinkStore
    from chalicelib.delivery.offload import OffloadWorker

    def hosts(provider: str) -> Sequence[str]:
        known = {held.name: held.hosts for held in parts.rules.current().providers}
        return known.get(provider, ())

    return OffloadWorker(
        spool=parts.spool,
        links=PostgresLinkStore(parts.database, parts.backend_secrets.text("raw_key")),
        store=parts.store,
        downloads=GuardedDownloads(parts.guard),
        target=file_target(parts),
        hosts=hosts,
        telemetry=telemetry,
        limit=parts.settings.offload_max,
        budget=BUDGET,
    )


def file_target(parts: Stages) -> FileTarget | None:
    """The bucket; None where none is configured."""
    settings, secrets = parts.settings, parts.backend_secrets
    if not settings.offload_bucket:
        return None
    from chalicelib.adapters.aws.file_bucket import FileBucket, client_of

    return FileBucket(
        lambda: client_of(
            settings.offload_endpoint, secrets.text("offload_key_id"), secrets.text("offload_secret_key")
        ),
        settings.offload_bucket,
    )


def deliver_worker(parts: Stages) -> Worker:
    """Sends webhooks."""
    from chalicelib.adapters.http.receivers import GuardedReceiver
    from chalicelib.adapters.postgres.deliveries import PostgresDeliveryStore
    from chalicelib.delivery.deliver import DeliverWorker

    secrets = parts.backend_secrets
    return DeliverWorker(
        deliveries=PostgresDeliveryStore(parts.database, secrets.text("raw_key")),
        receiver=GuardedReceiver(parts.guard),
        destinations=lambda: parts.rules.current().destinations,
        keys=lambda: secrets.named("webhook_keys"),
        enabled=lambda: parts.flags.on("webhook_sending_enabled"),
        telemetry=telemetry,
        bucket=parts.settings.offload_bucket,
        through=lambda name, call: parts.breaker(of_destination(name)).call(call),
    )
