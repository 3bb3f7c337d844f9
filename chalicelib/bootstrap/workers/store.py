"""The worker of `store`."""

from __future__ import annotations

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.pipeline.runner import Worker
from chalicelib.pipeline.store import StoreWorker


def make(parts: Container) -> Worker:
    """Writes ledger, mail and outbox."""
    return StoreWorker(parts.store, parts.spool, parts.cache, telemetry)
