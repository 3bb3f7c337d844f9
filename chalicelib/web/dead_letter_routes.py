"""Routes of the operator for dead letters: list, show (anonymized), redrive, discard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import container
from chalicelib.core.errors import Permanent
from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.web.http import answer, respond
from chalicelib.web.openapi.routes import rows_of
from chalicelib.web.operator_routes import operator_routes
from chalicelib.web.request_fields import Refused

if TYPE_CHECKING:
    from chalicelib.operations.dead_letters import Outcome
    from chalicelib.web.dead_letter_schemas import Discard, Listing, Redrive


routes = Blueprint(__name__)
rows = rows_of("chalicelib.web.dead_letter_schemas")
operator = operator_routes(routes, rows)
SHOWN = 10
"""Each holds up to 64 KiB of text, six times that in JSON at worst: 6 MB is all that Lambda answers."""


@operator("GET", "/admin/dlq")
def listing(trace: str, wanted: Listing) -> Response:
    """The letters of one stage or of all."""
    found = container().desk.listing([wanted.stage] if wanted.stage else STAGE_NAMES, wanted.limit)
    letters = [letter.summary() for letter in found.letters]
    return respond(200, {"status": "ok", "letters": letters, "complete": found.complete}, trace)


@operator("GET", "/admin/dlq/{mail_id}")
def show(trace: str, mail_id: str) -> Response:
    """The letters of one mail (`SHOWN` at most), with the anonymized text where there is one already."""
    if not MAIL_ID.fullmatch(mail_id):
        raise Refused("invalid_field", "mail_id")
    try:
        letters = container().desk.show(mail_id)
    except Permanent as error:
        return answer(error.code, trace)
    return respond(200, {"status": "ok", "letters": [letter.shown() for letter in letters[:SHOWN]]}, trace)


@operator("POST", "/admin/dlq/redrive")
def redrive(trace: str, order: Redrive) -> Response:
    """Mails by id, or all by the queues' own moves."""
    if order.all:
        return _move(order, trace)
    outcome = container().desk.redrive(list(order.mail_ids), order.author, order.dry_run)
    return _report("redriven", outcome, order.dry_run, trace)


@operator("POST", "/admin/dlq/discard")
def discard(trace: str, order: Discard) -> Response:
    """Mails by id; the reason is recorded."""
    try:
        outcome = container().desk.discard(list(order.mail_ids), order.reason, order.author, order.dry_run)
    except Permanent:  # `invalid_reason`
        raise Refused("invalid_field", "reason") from None
    return _report("discarded", outcome, order.dry_run, trace)


def _move(order: Redrive, trace: str) -> Response:
    stages = [order.stage] if order.stage else list(STAGE_NAMES)
    desk = container().desk
    if order.dry_run:
        found = desk.listing(stages)
        letters = [letter.summary() for letter in found.letters]
        return respond(200, {"status": "ok", "dry_run": True, "letters": letters, "complete": found.complete}, trace)
    moved = []
    for stage in stages:
        try:
            desk.redrive_all(stage, order.author)
        except Permanent as error:
            if error.code == "move_refused":  # one is in progress there already: the other stages go on
                continue
            if error.code != "move_unsupported":  # all else is checked: the database refuses the author's text
                raise Refused("invalid_field", "author") from None
            return answer(error.code, trace)
        moved.append(stage)
        telemetry.warn("dead_letters_moved", stage=stage, trace_id=trace)
    if not moved:
        return answer("move_refused", trace)
    where: dict[str, Any] = {"stage": order.stage} if order.stage else {"stages": moved}
    return respond(202, {"status": "moving", **where}, trace)


def _report(what: str, outcome: Outcome, dry_run: bool, trace: str) -> Response:
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
