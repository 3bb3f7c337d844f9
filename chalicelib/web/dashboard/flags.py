"""Flags with their switches, who changed them last, and their history."""

from __future__ import annotations

from chalicelib.bootstrap import telemetry
from chalicelib.core.errors import Permanent
from chalicelib.policy.flags import DEFAULTS
from chalicelib.ports import FlagChange
from chalicelib.web.dashboard.frame import done, error_page, page, section, table
from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.dashboard.visit import Answer, Unavailable, Visit

EACH = 20


def show(visit: Visit) -> Answer:
    """`GET /dashboard/flags`."""
    history = _history(visit)
    if isinstance(history, Unavailable):
        past = visit.missing(history)
    else:
        rows = [
            e(
                "tr",
                e("td", visit.moment(change.changed_at)),
                e("td", e("code", change.name)),
                e("td", f"{_word(visit, change.old)} → {_word(visit, change.new)}"),
                e("td", change.author),
            )
            for change in history
        ]
        heads = [visit.t("time"), visit.t("flags"), visit.t("flags.change"), visit.t("author")]
        past = table(heads, rows, visit.t("flags.history")) if rows else e("p", visit.t("flag.default"))
    return page(
        visit,
        visit.t("flags"),
        done(visit, "switched"),
        section(visit.t("flags"), switches(visit, "flags"), more=visit.t("flags.more"), name="flags"),
        section(visit.t("flags.history"), past, name="history"),
        current="flags",
    )


def switch(visit: Visit, name: str) -> Answer:
    """`POST /dashboard/flags/{name}` with `value` on or off; the change is recorded with the author of the session."""
    value = {"on": True, "off": False}.get(visit.value("value"))
    if name not in DEFAULTS:
        return error_page(visit, 404)
    if value is None:
        return error_page(visit, 400)
    try:
        visit.parts.flags.switch(name, value, visit.author)
    except Permanent as error:  # the database refuses the author
        return error_page(visit, 400, error.code)
    telemetry.log("flag_changed", flag=name, value=value, trace_id=visit.trace)
    return visit.see("" if visit.value("from") == "overview" else "/flags", done="switched")


def switches(visit: Visit, origin: str) -> Html:
    """A switch for each flag, with who changed it last."""
    history = _history(visit)
    last: dict[str, FlagChange] = {}
    for change in () if isinstance(history, Unavailable) else history:
        last.setdefault(change.name, change)
    rows = [_switch(visit, name, last.get(name), isinstance(history, Unavailable), origin) for name in DEFAULTS]
    return e("ul", rows, class_="flags")


def _switch(visit: Visit, name: str, last: FlagChange | None, away: bool, origin: str) -> Html:
    flags = visit.parts.flags
    on = flags.hinted(name) if away else flags.on(name)
    label = e("span", visit.code("flag", name), class_="label")
    told: Child = visit.t("flag.unknown" if away else "flag.default")
    if last:
        told = [visit.moment(last.changed_at), " ", visit.t("flag.by", author=last.author)]
    about = e("span", e("code", name), " · ", told, class_="more")
    if on is None:
        return e("li", e("div", label, about), e("span", visit.t("not_available"), class_="away"))
    button = e(
        "button",
        e("span", class_="knob", aria_hidden="true"),
        e("span", visit.t("flag.on" if on else "flag.off"), class_="state"),
        type="submit",
        role="switch",
        aria_checked="true" if on else "false",
        aria_label=visit.code("flag", name),
        title=visit.t("flag.switch_off" if on else "flag.switch_on", name=name),
        class_="switch",
    )
    hidden = [e("input", type="hidden", name=key, value=value) for key, value in _next(on, origin)]
    return e("li", e("div", label, about), visit.post(f"/flags/{name}", *hidden, button))


def _next(on: bool, origin: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("value", "off" if on else "on"), ("from", origin)


def _history(visit: Visit) -> list[FlagChange] | Unavailable:
    return visit.read("database", lambda: visit.parts.flags.durable().history(EACH))


def _word(visit: Visit, value: bool | None) -> str:
    return "–" if value is None else visit.t("flag.on" if value else "flag.off")
