"""Routes of the operator for dead letters: list, show (anonymized), redrive, discard. All authenticated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.compose import container
from chalicelib.core.errors import Permanent
from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.web.http import answer, guarded, respond, trace_id
from chalicelib.web.request_fields import Refused, author_of, body_of, refused, switch_of
from chalicelib.web.unauthorized import is_admin, unauthorized_response

if TYPE_CHECKING:
    from chalicelib.operations.dead_letters import Outcome

routes = Blueprint(__name__)
LISTED, MOST = 100, 1_000
SHOWN = 10
"""Each holds up to 64 KiB of text, six times that in JSON at worst: 6 MB is all that Lambda answers."""
CHOSEN = 100


@routes.route("/admin/dlq", methods=["GET"])
@guarded
def listing() -> Response:
    """`?stage=` one stage, `?limit=` letters of each stage (100, at most 1,000)."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    query = dict(request.query_params or {})
    stage, limit = query.get("stage", ""), query.get("limit", str(LISTED))
    if "stage" in query and stage not in STAGE_NAMES:
        return answer("invalid_field", trace, field="stage", known=list(STAGE_NAMES))
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= 4 and 1 <= int(limit) <= MOST):
        return answer("invalid_field", trace, field="limit")
    found = container().desk.listing([stage] if stage else STAGE_NAMES, int(limit))
    letters = [letter.summary() for letter in found.letters]
    return respond(200, {"status": "ok", "letters": letters, "complete": found.complete}, trace)


@routes.route("/admin/dlq/{mail_id}", methods=["GET"])
@guarded
def show(mail_id: str) -> Response:
    """The letters of one mail (`SHOWN` at most), with the anonymized text where there is one already."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    if not MAIL_ID.fullmatch(mail_id):
        return answer("invalid_field", trace, field="mail_id")
    try:
        letters = container().desk.show(mail_id)
    except Permanent as error:
        return answer(error.code, trace)
    return respond(200, {"status": "ok", "letters": [letter.shown() for letter in letters[:SHOWN]]}, trace)


@routes.route("/admin/dlq/redrive", methods=["POST"])
@guarded
def redrive() -> Response:
    """Body `{"author", "mail_ids": [...]}`, or `{"author", "all": true}` (and `"stage"`) for the queues' own moves."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    try:
        body = body_of(request, {"author", "mail_ids", "stage", "all", "dry_run"})
        author, dry_run = author_of(body), switch_of(body, "dry_run")
        if switch_of(body, "all"):
            if "mail_ids" in body:
                raise Refused("mail_ids")
            return _move(body, author, dry_run, trace)
        if "stage" in body:
            raise Refused("stage")
        outcome = container().desk.redrive(_chosen(body), author, dry_run)
    except Refused as error:
        return refused(error, trace)
    return _told("redriven", outcome, dry_run, trace)


@routes.route("/admin/dlq/discard", methods=["POST"])
@guarded
def discard() -> Response:
    """Body `{"author", "mail_ids": [...], "reason"}`; the reason is a code such as `spam`."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    try:
        body = body_of(request, {"author", "mail_ids", "reason", "dry_run"})
        author, dry_run, chosen = author_of(body), switch_of(body, "dry_run"), _chosen(body)
        reason = body.get("reason")
        if not isinstance(reason, str):
            raise Refused("reason")
        outcome = container().desk.discard(chosen, reason, author, dry_run)
    except Refused as error:
        return refused(error, trace)
    except Permanent:  # `invalid_reason`
        return answer("invalid_field", trace, field="reason")
    return _told("discarded", outcome, dry_run, trace)


def _move(body: dict[str, Any], author: str, dry_run: bool, trace: str) -> Response:
    stages = [body["stage"]] if "stage" in body else list(STAGE_NAMES)
    if any(stage not in STAGE_NAMES for stage in stages):
        raise Refused("stage")
    desk = container().desk
    if dry_run:
        found = desk.listing(stages)
        letters = [letter.summary() for letter in found.letters]
        return respond(200, {"status": "ok", "dry_run": True, "letters": letters, "complete": found.complete}, trace)
    moved = []
    for stage in stages:
        try:
            desk.redrive_all(stage, author)
        except Permanent as error:
            if error.code == "move_refused":  # one is under way there already: the others are asked all the same
                continue
            if error.code != "move_unsupported":
                raise Refused("author") from None  # all else is checked: the database refuses the author's text
            return answer(error.code, trace)
        moved.append(stage)
        telemetry.warn("dead_letters_moved", stage=stage, trace_id=trace)
    if not moved:
        return answer("move_refused", trace)
    told = {"stage": body["stage"]} if "stage" in body else {"stages": moved}
    return respond(202, {"status": "moving", **told}, trace)


def _chosen(body: dict[str, Any]) -> list[str]:
    ids = body.get("mail_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= CHOSEN:
        raise Refused("mail_ids")
    if not all(isinstance(name, str) and MAIL_ID.fullmatch(name) for name in ids):
        raise Refused("mail_ids")
    return list(ids)


def _told(what: str, outcome: Outcome, dry_run: bool, trace: str) -> Response:
    """404 when no letter has any of the ids; `partial` when some were not found or not done."""
    if not (outcome.done or outcome.failed or outcome.written_off):
        return answer("unknown_letter", trace, unknown=list(outcome.unknown), complete=outcome.complete)
    for letter in () if dry_run else outcome.done:
        telemetry.warn("dead_letter_" + what, stage=letter.dead.stage, mail_id=letter.mail_id or None, trace_id=trace)
    for mail_id in () if dry_run else outcome.written_off:
        telemetry.warn("written_off", mail_id=mail_id, trace_id=trace)
    body: dict[str, Any] = {
        "status": "partial" if outcome.failed or outcome.unknown else "ok",
        what: [letter.summary() for letter in outcome.done],
        "failed": [letter.summary() | {"code": code} for letter, code in outcome.failed],
        "written_off": list(outcome.written_off),
        "unknown": list(outcome.unknown),
        "complete": outcome.complete,
    }
    return respond(200, body | ({"dry_run": True} if dry_run else {}), trace)
