"""The schedule of the comparison with EmailEngine's mailboxes: mail whose webhook never came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.sources.emailengine.reconciler import Reconciler


def run(parts: Container, event: Mapping[str, Any], context: Any) -> list[dict[str, Any]]:
    """Every ten minutes. The answer says of each account what was found; the event's id is the trace."""
    trace = event["id"]
    if not parts.flags.on("emailengine_ingress_enabled"):
        telemetry.log("reconcile_off", trace_id=trace)
        return []
    folders = parts.settings.emailengine_folders
    reconciler = Reconciler(
        parts.listing, parts.looks, parts.store, parts.spool, parts.intake, telemetry, folders, trace
    )
    looks = reconciler.run(parts.settings.accounts, lambda: context.get_remaining_time_in_millis() / 1000)
    return [look.as_dict() for look in looks]
