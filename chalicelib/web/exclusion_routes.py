"""Route of the operator for excluded mail: have it decided anew. Authenticated."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import container
from chalicelib.core.errors import Permanent
from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.intake.arrival import REASONS
from chalicelib.web.http import answer, guarded, respond, trace_id
from chalicelib.web.request_fields import Refused, author_of, body_of, refused, switch_of
from chalicelib.web.unauthorized import is_admin, unauthorized_response

routes = Blueprint(__name__)
CONDITIONS = {"sender": 320, "domain": 255, "rule": 200, "reason": 50}
"""What mail can be chosen by, and the longest value in characters."""


@routes.route("/admin/reconsider", methods=["POST"])
@guarded
def reconsider() -> Response:
    """Body `{"author", "sender" | "domain" | "rule" | "reason" | "all": true, "dry_run"?, "after"?}`."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    from chalicelib.operations.reconsider import Wanted  # a door answers without it

    try:
        body = body_of(request, {"author", "all", "dry_run", "after", *CONDITIONS})
        author, dry_run, everything = author_of(body), switch_of(body, "dry_run"), switch_of(body, "all")
        wanted = Wanted(**{name: _condition(body, name, longest) for name, longest in CONDITIONS.items()})
        after = _after(body)
        if everything == (wanted != Wanted()):  # neither nothing by mistake, nor both
            raise Refused("all")
        if wanted.reason and wanted.reason not in REASONS:
            raise Refused("reason")
    except Refused as error:
        return refused(error, trace)
    try:
        page = container().reconsider_desk.page(wanted, author, dry_run, after)
    except Permanent:  # all else is checked: the database refuses the author's text
        return answer("invalid_field", trace, field="author")
    for mail_id in () if dry_run else page.requeued:
        telemetry.warn("reconsidered", mail_id=mail_id, trace_id=trace)
    told: dict[str, Any] = {
        "status": "partial" if page.failed or page.forgotten else "ok",
        "found": page.found,
        "requeued": list(page.requeued),
        "forgotten": list(page.forgotten),
        "failed": list(page.failed),
        "allowed_now": page.allowed_now,
    }
    told |= ({"next": page.last} if page.last else {}) | ({"dry_run": True} if dry_run else {})
    return respond(200, told, trace)


def _condition(body: dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise Refused(name)
    if name in body and not value.strip():
        raise Refused(name)  # an empty condition would mean everything
    return value


def _after(body: dict[str, Any]) -> str:
    after = body.get("after", "")
    if after and not (isinstance(after, str) and MAIL_ID.fullmatch(after)):
        raise Refused("after")
    return str(after)
