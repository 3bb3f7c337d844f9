"""The schedule of the comparison with EmailEngine's mailboxes."""

from __future__ import annotations

from typing import Any

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.compose import container


def reconcile(trace: str, context: Any) -> list[dict[str, Any]]:
    """Every ten minutes: mail whose webhook never came. The answer says of each account what was found."""
    from chalicelib.sources.emailengine.reconciler import Reconciler  # the endpoints compare nothing

    parts = container()
    try:
        if not parts.flags.on("emailengine_ingress_enabled"):
            telemetry.log("reconcile_off", trace_id=trace)
            return []
        folders = parts.settings.emailengine_folders
        made = Reconciler(parts.listing, parts.looks, parts.store, parts.spool, parts.intake, telemetry, folders, trace)
        looks = made.run(parts.settings.accounts, lambda: context.get_remaining_time_in_millis() / 1000)
        return [look.as_dict() for look in looks]
    finally:
        telemetry.flush()
