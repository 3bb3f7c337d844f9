"""Route of the operator for excluded mail: have it re-evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import container
from chalicelib.core.errors import Permanent
from chalicelib.web.http import respond, work_time
from chalicelib.web.openapi.routes import rows_of
from chalicelib.web.operator_routes import operator_routes
from chalicelib.web.request_fields import Refused

if TYPE_CHECKING:
    from chalicelib.web.exclusion_schemas import Reconsider


routes = Blueprint(__name__)
rows = rows_of("chalicelib.web.exclusion_schemas")
operator = operator_routes(routes, rows)


@operator("POST", "/admin/reconsider")
def reconsider(trace: str, order: Reconsider) -> Response:
    """One page of excluded mail goes to the first stage once more; with `dry_run` it is only counted."""
    try:
        desk = container().reconsider_desk
        page = desk.page(order.wanted(), order.author, order.dry_run, order.after, time_left=work_time())
    except Permanent:  # all else is checked: the database refuses the author's text
        raise Refused("invalid_field", "author") from None
    for mail_id in () if order.dry_run else page.requeued:
        telemetry.warn("reconsidered", mail_id=mail_id, trace_id=trace)
    body: dict[str, Any] = {
        "status": "partial" if page.failed or page.forgotten else "ok",
        "found": page.found,
        "requeued": list(page.requeued),
        "forgotten": list(page.forgotten),
        "failed": list(page.failed),
        "allowed_now": page.allowed_now,
    }
    body |= ({"next": page.last} if page.last else {}) | ({"dry_run": True} if order.dry_run else {})
    return respond(200, body, trace)
