"""The worker of `offload`."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.adapters.http.downloads import GuardedDownloads
from chalicelib.adapters.postgres.links import PostgresLinkStore
from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.bootstrap.parts.aws import file_target
from chalicelib.bootstrap.parts.outside import guard
from chalicelib.delivery.offload import OffloadWorker
from chalicelib.pipeline.runner import Worker

BUDGET = 220.0
"""Seconds that an invocation works: its time-out (300) less `offload.GRACE` and a last part."""


def make(parts: Container) -> Worker:
    """Fetches the files of links."""

    def hosts(provider: str) -> Sequence[str]:
        known = {held.name: held.hosts for held in parts.rules.current().providers}
        return known.get(provider, ())

    return OffloadWorker(
        spool=parts.spool,
        links=PostgresLinkStore(parts.database, parts.backend_secrets.text("raw_key")),
        store=parts.store,
        downloads=GuardedDownloads(guard(parts)),
        target=file_target(parts),
        hosts=hosts,
        telemetry=telemetry,
        limit=parts.settings.offload_max,
        budget=BUDGET,
    )
