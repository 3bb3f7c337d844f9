"""The flags: a switch for each, who changed it last, and the history of changes."""

from __future__ import annotations

from chalicelib.bootstrap import telemetry
from chalicelib.core.errors import Permanent
from chalicelib.policy.flags import DEFAULTS
from chalicelib.ports import FlagChange
from chalicelib.web.dashboard.context import PageContext, PageResponse, Unavailable
from chalicelib.web.dashboard.frame import Column, done, error_page, page, section, table
from chalicelib.web.dashboard.html import Child, Html, e

EACH = 20


def show(context: PageContext) -> PageResponse:
    """`GET /dashboard/flags`."""
    history = _history(context)
    if isinstance(history, Unavailable):
        past = context.unavailable(history)
    else:
        rows: list[list[Child]] = [
            [
                context.moment(change.changed_at),
                [context.label("flag", change.name), " ", e("code", change.name, class_="more")],
                f"{_state(context, change.old)} → {_state(context, change.new)}",
                change.author,
            ]
            for change in history
        ]
        columns = [Column(context.text(key)) for key in ("time", "flags.name", "flags.change", "author")]
        past = table(columns, rows, context.text("flags.history")) if rows else e("p", context.text("flags.none"))
    return page(
        context,
        context.text("flags"),
        done(context, "switched"),
        section(context.text("flags"), switches(context, "flags"), more=context.text("flags.more"), name="flags"),
        section(context.text("flags.history"), past, name="history"),
        current="flags",
    )


def switch(context: PageContext, name: str) -> PageResponse:
    """`POST /dashboard/flags/{name}` with `value` on or off; the change is recorded with the author of the session."""
    value = {"on": True, "off": False}.get(context.value("value"))
    if name not in DEFAULTS:
        return error_page(context, 404)
    if value is None:
        return error_page(context, 400)
    try:
        context.container.flags.switch(name, value, context.author)
    except Permanent as error:  # the database refuses the author
        return error_page(context, 400, context.text("error.400.code", code=error.code))
    telemetry.log("flag_changed", flag=name, value=value, trace_id=context.trace)
    return context.redirect("" if context.value("from") == "overview" else "/flags", done="switched")


def switches(context: PageContext, origin: str) -> Html:
    """A switch for each flag, with who changed it last."""
    history = _history(context)
    last: dict[str, FlagChange] = {}
    for change in () if isinstance(history, Unavailable) else history:
        last.setdefault(change.name, change)
    rows = [_switch(context, name, last.get(name), isinstance(history, Unavailable), origin) for name in DEFAULTS]
    return e("ul", rows, class_="flags")


def _switch(context: PageContext, name: str, last: FlagChange | None, unavailable: bool, origin: str) -> Html:
    flags = context.container.flags
    on = flags.hinted(name) if unavailable else flags.on(name)
    label = e("span", context.label("flag", name), class_="label")
    changed: Child = context.text("flags.unknown" if unavailable else "flags.default")
    if last:
        changed = [context.moment(last.changed_at), " ", context.text("by", author=last.author)]
    about = e("span", e("code", name), " · ", changed, class_="more")
    if on is None:
        return e("li", e("div", label, about), e("span", context.text("not_available"), class_="unavailable"))
    button = e(
        "button",
        e("span", class_="knob", aria_hidden="true"),
        e("span", context.text("flags.on" if on else "flags.off"), class_="state"),
        type="submit",
        role="switch",
        aria_checked="true" if on else "false",
        aria_label=context.label("flag", name),
        title=context.text("flags.turn_off" if on else "flags.turn_on", name=context.label("flag", name)),
        class_="switch",
    )
    hidden = [e("input", type="hidden", name=key, value=value) for key, value in _next(on, origin)]
    return e("li", e("div", label, about), context.post(f"/flags/{name}", *hidden, button))


def _next(on: bool, origin: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("value", "off" if on else "on"), ("from", origin)


def _history(context: PageContext) -> list[FlagChange] | Unavailable:
    return context.read("database", lambda: context.container.flags.durable().history(EACH))


def _state(context: PageContext, value: bool | None) -> str:
    return "–" if value is None else context.text("flags.on" if value else "flags.off")
