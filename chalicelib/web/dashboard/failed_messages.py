"""Failed messages: a list with reasons; redrive and discard, each after a confirmation."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.bootstrap import telemetry
from chalicelib.core.clock import fraction
from chalicelib.core.errors import Permanent
from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.operations.dead_letters import REASON, Outcome
from chalicelib.ports.dead_letter_records import DeadLetterRecord
from chalicelib.web.dashboard import confirmation
from chalicelib.web.dashboard.confirmation import CHOSEN, chosen_ids
from chalicelib.web.dashboard.context import PageContext, PageResponse, Unavailable
from chalicelib.web.dashboard.frame import Column, done, error_page, page, section, table
from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.http import work_time

LISTED = 100
"""Messages that are read from one stage's dead-letter queue; half of that from each when all stages are shown."""


def show(context: PageContext) -> PageResponse:
    """`GET /dashboard/quarantine`: `?stage=` for one stage. Reading hides the messages from others for a moment."""
    stage = context.query.get("stage", "")
    if stage not in ("", *STAGE_NAMES):
        return error_page(context, 400)
    limit = LISTED if stage else LISTED // 2
    desk, stages = context.container.desk, [stage] if stage else STAGE_NAMES
    found = context.read("queue", lambda: desk.listing(stages, limit, work_time()))
    choices = [("", context.text("failed.all_stages")), *((one, context.label("stage", one)) for one in STAGE_NAMES)]
    tabs = [
        e(
            "li",
            e("a", name, href=context.link("/quarantine", stage=one), aria_current="page" if one == stage else None),
        )
        for one, name in choices
    ]
    if isinstance(found, Unavailable):
        content: list[Child] = [context.unavailable(found)]
    elif not found.records:
        content = [e("p", context.text("failed.none"), class_="good")]
    else:
        content = [_list(context, found.records[:CHOSEN]), _whole_stages(context, found.records)]
    if not isinstance(found, Unavailable) and (not found.complete or len(found.records) > CHOSEN):
        content.append(e("p", context.text("failed.incomplete"), class_="unavailable"))
    title = context.text("failed")
    return page(
        context,
        title,
        done(context, "redriven", "discarded", "moving", "move_refused"),
        e("ul", tabs, class_="tabs"),
        section(title, *content, more=context.text("failed.more"), name="failed-messages", class_="full"),
        current="failed_messages",
    )


def redrive(context: PageContext) -> PageResponse:
    """`POST /dashboard/quarantine/redrive`: the chosen messages, or all of one stage."""
    stage = context.value("stage")
    if stage:
        return _redrive_all(context, stage) if stage in STAGE_NAMES else error_page(context, 400)
    chosen = chosen_ids(context)
    if not chosen:
        return error_page(context, 400, context.text("failed.nothing_selected"))
    return _finished(context, "redriven", context.container.desk.redrive(chosen, context.author, time_left=work_time()))


def discard(context: PageContext) -> PageResponse:
    """`POST /dashboard/quarantine/discard`: the chosen messages, for a reason that is a code."""
    chosen, reason = chosen_ids(context), context.value("reason").strip()
    if not chosen:
        return error_page(context, 400, context.text("failed.nothing_selected"))
    if not REASON.fullmatch(reason):
        wrong = context.text("confirm.reason.wrong", help=context.text("confirm.reason.help"))
        return confirmation.ask(context, "discard", wrong)
    outcome = context.container.desk.discard(chosen, reason, context.author, time_left=work_time())
    return _finished(context, "discarded", outcome)


def _redrive_all(context: PageContext, stage: str) -> PageResponse:
    desk = context.container.desk
    try:
        desk.redrive_all(stage, context.author)
    except Permanent as error:
        if error.code == "move_refused":
            return context.redirect("/quarantine", stage=stage, done="move_refused")
        if error.code != "move_unsupported":
            raise
        # A server that cannot move a whole queue: message by message, as many as one request can.
        time_left = work_time()
        ids = [_id(record) for record in desk.listing([stage], CHOSEN, fraction(time_left, 1 / 3)).records]
        return _finished(context, "redriven", desk.redrive(ids, context.author, time_left=time_left), stage)
    telemetry.warn("dead_letters_moved", stage=stage, trace_id=context.trace)
    return context.redirect("/quarantine", stage=stage, done="moving")


def _finished(context: PageContext, what: str, outcome: Outcome, stage: str = "") -> PageResponse:
    for record in outcome.done:
        mail_id = record.mail_id or None
        telemetry.warn(f"dead_letter_{what}", stage=record.dead.stage, mail_id=mail_id, trace_id=context.trace)
    for mail_id in outcome.written_off:
        telemetry.warn("written_off", mail_id=mail_id, trace_id=context.trace)
    numbers = {"failed": len(outcome.failed), "unknown": len(outcome.unknown)}
    number = len(outcome.done) + len(outcome.written_off)
    return context.redirect("/quarantine", stage=stage, done=what, n=number, **numbers)


def _id(record: DeadLetterRecord) -> str:
    """By which a message is chosen: the mail's id, or the queue's where it is not a mail."""
    return record.mail_id or record.dead.id


def _list(context: PageContext, records: Sequence[DeadLetterRecord]) -> Html:
    columns = [Column(context.text("failed.select"), unseen=True)]
    columns += [Column(context.text(key)) for key in ("failed.message", "failed.stage", "reason")]
    columns.append(Column(context.text("failed.attempts"), "number"))
    columns += [Column(context.text(key)) for key in ("failed.first", "failed.last")]
    rows = [_row(context, record) for record in records]
    actions = e(
        "p",
        e("button", context.text("failed.redrive"), type="submit", name="action", value="redrive", class_="main"),
        " ",
        e("button", context.text("failed.discard"), type="submit", name="action", value="discard"),
        class_="actions",
    )
    return context.post("/quarantine", table(columns, rows, context.text("failed")), actions)


def _row(context: PageContext, record: DeadLetterRecord) -> list[Child]:
    name = _id(record)
    label = context.text("failed.select_one", id=name)
    if record.mail_id and MAIL_ID.fullmatch(record.mail_id):
        what: Child = e("a", e("code", record.mail_id), href=context.link(f"/mails/{record.mail_id}"))
    else:
        what = [context.text("failed.not_mail"), " ", e("code", record.dead.id)]
    error = [" ", e("code", record.error, class_="more")] if record.error else None
    return [
        e("input", type="checkbox", name="message", value=name, aria_label=label),
        [what, " ", e("bdi", record.account, class_="more")],
        context.label("stage", record.dead.stage),
        [context.reason(record.reason), error],
        context.number(record.attempts),
        context.moment(record.first_at),
        context.moment(record.last_at),
    ]


def _whole_stages(context: PageContext, records: Sequence[DeadLetterRecord]) -> Html:
    """A button for each stage that redrives all of its messages."""
    forms = []
    for stage in dict.fromkeys(record.dead.stage for record in records):
        words = context.text("failed.redrive_all", stage=context.label("stage", stage))
        hidden = e("input", type="hidden", name="stage", value=stage)
        button = e("button", words, type="submit", name="action", value="redrive_all")
        forms.append(context.post("/quarantine", hidden, button))
    return e("div", forms, class_="actions")
