"""Routes of the operator for failed messages: list, show (anonymized), redrive, discard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import container
from chalicelib.core.errors import Permanent
from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.web.http import answer, respond, work_time
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
"""Each holds up to 64 KiB of text, six times that in JSON at worst; a Lambda answers 6 MB at most."""


@operator("GET", "/admin/dlq")
def listing(trace: str, wanted: Listing) -> Response:
    """The failed messages of one stage or of all."""
    found = container().desk.listing([wanted.stage] if wanted.stage else STAGE_NAMES, wanted.limit, work_time())
    records = [record.summary() for record in found.records]
    return respond(200, {"status": "ok", "messages": records, "complete": found.complete}, trace)


@operator("GET", "/admin/dlq/{mail_id}")
def show(trace: str, mail_id: str) -> Response:
    """The failed messages of one mail (`SHOWN` at most), with the anonymized text where there is one already."""
    if not MAIL_ID.fullmatch(mail_id):
        raise Refused("invalid_field", "mail_id")
    try:
        records = container().desk.show(mail_id, work_time())
    except Permanent as error:
        return answer(error.code, trace)
    return respond(200, {"status": "ok", "messages": [record.shown() for record in records[:SHOWN]]}, trace)


@operator("POST", "/admin/dlq/redrive")
def redrive(trace: str, order: Redrive) -> Response:
    """Mails by id, or all by the queues' own moves."""
    if order.all:
        return _move(order, trace)
    outcome = container().desk.redrive(list(order.mail_ids), order.author, order.dry_run, work_time())
    return _report("redriven", outcome, order.dry_run, trace)


@operator("POST", "/admin/dlq/discard")
def discard(trace: str, order: Discard) -> Response:
    """Mails by id; the reason is recorded."""
    try:
        ids = list(order.mail_ids)
        outcome = container().desk.discard(ids, order.reason, order.author, order.dry_run, work_time())
    except Permanent:  # `invalid_reason`
        raise Refused("invalid_field", "reason") from None
    return _report("discarded", outcome, order.dry_run, trace)


def _move(order: Redrive, trace: str) -> Response:
    stages = [order.stage] if order.stage else list(STAGE_NAMES)
    desk, time_left = container().desk, work_time()
    if order.dry_run:
        found = desk.listing(stages, time_left=time_left)
        records = [record.summary() for record in found.records]
        return respond(200, {"status": "ok", "dry_run": True, "messages": records, "complete": found.complete}, trace)
    moved = []
    for stage in stages:
        if time_left() <= 0:
            break  # the answer names the stages whose move was begun
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
    """404 when no failed message has any of the ids; `partial` when some were not found or failed."""
    if not (outcome.done or outcome.failed or outcome.written_off):
        return answer("unknown_message", trace, unknown=list(outcome.unknown), complete=outcome.complete)
    for record in () if dry_run else outcome.done:
        telemetry.warn("dead_letter_" + what, stage=record.dead.stage, mail_id=record.mail_id or None, trace_id=trace)
    for mail_id in () if dry_run else outcome.written_off:
        telemetry.warn("written_off", mail_id=mail_id, trace_id=trace)
    body: dict[str, Any] = {
        "status": "partial" if outcome.failed or outcome.unknown else "ok",
        what: [record.summary() for record in outcome.done],
        "failed": [record.summary() | {"code": code} for record, code in outcome.failed],
        "written_off": list(outcome.written_off),
        "unknown": list(outcome.unknown),
        "complete": outcome.complete,
    }
    return respond(200, body | ({"dry_run": True} if dry_run else {}), trace)
