"""What the verdicts of `http.STATUS` say beside their status; a route may add to it (`Route.details`)."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi.route import Details, Route, Schema

WAIT = s.whole(minimum=1, maximum=3600, description="seconds; also in `Retry-After`")
_ID = {"id": s.text(64)}

DETAILS: dict[str, Details] = {
    **dict.fromkeys(
        (
            *("accepted", "accepted_held", "skipped_sender_not_allowed"),
            *("skipped_outside_time_window", "stopped_by_routing_rule"),
        ),
        ({"mail_id": s.MAIL_ID}, _ID),
    ),
    **dict.fromkeys(("outside_time_window", "rate_limited"), ({"retry_after": WAIT}, {"mail_id": s.MAIL_ID} | _ID)),
    "already_processed": ({}, {"mail_id": s.MAIL_ID} | _ID),
    "try_again": ({}, {"mail_id": s.MAIL_ID, "retry_after": WAIT} | _ID),
    "missing_field": ({"field": s.text()}, _ID),
    "invalid_field": ({"field": s.text()}, {"known": s.several(s.text())} | _ID),
    "too_large": ({}, {"limit": s.whole(), "field": s.text()} | _ID),
    "internal_error": ({"correlation_id": s.text(36)}, {}),
}
"""A verdict that is not here has no other field."""


def bodies(names: Iterable[str], routes: Iterable[Route]) -> dict[str, Schema]:
    """The body of each verdict."""
    known = dict(DETAILS)
    for route in routes:
        for name, (required, optional) in route.details.items():
            before = known.get(name, ({}, {}))
            known[name] = ({**before[0], **required}, {**before[1], **optional})
    made = {}
    for name in names:
        required, optional = known.get(name, ({}, {}))
        made[name] = s.record({"status": {"const": name}, **required}, dict(optional))
    return made
