"""The page that asks for confirmation before failed messages are redriven or discarded."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.stages import STAGES
from chalicelib.operations.dead_letters import REASON
from chalicelib.web.dashboard.context import PageContext, PageResponse
from chalicelib.web.dashboard.frame import error_page, page
from chalicelib.web.dashboard.html import Child, Html, e

CHOSEN = 100
"""Messages that one form may choose, and therefore that the page lists."""


def confirm(context: PageContext) -> PageResponse:
    """`POST /dashboard/quarantine`: the question before the action. It changes nothing."""
    return ask(context, context.value("action"))


def ask(context: PageContext, action: str, wrong: str = "") -> PageResponse:
    """The question for an action; with `wrong`, the form again with that error message (400)."""
    stage = context.value("stage")
    if action == "redrive_all" and stage in {known.name for known in STAGES}:
        hidden = [e("input", type="hidden", name="stage", value=stage)]
        title = context.text("confirm.redrive_all", stage=context.label("stage", stage))
        return _question(context, title, context.text("confirm.redrive.more"), "redrive", hidden)
    if action not in ("redrive", "discard"):
        return error_page(context, 400)
    chosen = chosen_ids(context)
    if not chosen:
        return error_page(context, 400, context.text("failed.nothing_selected"))
    hidden = [e("input", type="hidden", name="message", value=one) for one in chosen]
    title, more = context.counted(f"confirm.{action}", len(chosen)), context.text(f"confirm.{action}.more")
    reason = _reason(context, wrong) if action == "discard" else None
    ids = e("ul", [e("li", e("code", one)) for one in chosen], class_="ids")
    return _question(context, title, more, action, [*hidden, ids, reason], 400 if wrong else 200)


def chosen_ids(context: PageContext) -> list[str]:
    """The ids that the form chooses, all well formed; none where one is not, or where there are too many."""
    chosen = list(dict.fromkeys(context.form.get("message", ())))
    return chosen if len(chosen) <= CHOSEN and all(map(MAIL_ID.fullmatch, chosen)) else []


def _question(
    context: PageContext, title: str, more: str, action: str, fields: Sequence[Child], code: int = 200
) -> PageResponse:
    doing = e(
        "button",
        context.text(f"confirm.do.{action}"),
        type="submit",
        class_="main danger" if action == "discard" else "main",
    )
    cancel = e("a", context.text("cancel"), href=context.link("/quarantine"), class_="button")
    form = context.post(f"/quarantine/{action}", *fields, e("p", doing, " ", cancel, class_="actions"))
    return page(context, title, e("div", e("p", more), form, class_="card"), code=code, current="failed_messages")


def _reason(context: PageContext, wrong: str) -> Html:
    alarm = e("p", wrong, class_="alarm", role="alert") if wrong else None
    field = e(
        "input",
        id="reason",
        name="reason",
        value=context.value("reason")[:60],
        required=True,
        maxlength=60,
        pattern=REASON.pattern.replace("_.-", "_.\\-"),
        aria_describedby="reason-help",
        autocomplete="off",
        list="reasons",
    )
    examples = (
        "spam",
        "test",
        *(context.text(f"confirm.reason.example.{one}") for one in ("unreadable", "not_needed")),
    )
    known = e("datalist", [e("option", value=one) for one in examples], id="reasons")
    help_ = e("p", context.text("confirm.reason.help"), id="reason-help", class_="more")
    return e(
        "div", alarm, e("label", context.text("confirm.reason"), for_="reason"), field, known, help_, class_="field"
    )
