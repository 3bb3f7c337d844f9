"""`GET /dashboard`: what an operator wants to see first, on one page."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core.stages import BEFORE_LEDGER
from chalicelib.ports import Day, QueueDepth, StateCount
from chalicelib.web.dashboard.charts import bar, hours, legend
from chalicelib.web.dashboard.context import PageContext, PageResponse, Unavailable
from chalicelib.web.dashboard.flags import switches
from chalicelib.web.dashboard.flow import flow
from chalicelib.web.dashboard.frame import Column, page, section, table
from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.dashboard.mails import lines
from chalicelib.web.dashboard.rules import in_force

LATEST = 8


def show(context: PageContext) -> PageResponse:
    """The page. Each part is read separately, so that one that is unavailable leaves the others."""
    parts = context.container
    day = context.read("database", lambda: parts.reports.day(context.now - timedelta(hours=24)))
    totals = context.read("database", lambda: parts.reports.totals())
    latest = context.read("database", lambda: parts.reports.latest(LATEST))
    depths = context.read("queue", lambda: parts.queues.depths())
    received = None if isinstance(day, Unavailable) else sum(hour.number for hour in day.hours)
    every = e("p", e("a", context.text("mails.every"), href=context.link("/mails")))
    return page(
        context,
        context.text("nav.overview"),
        flow(context, depths, received),
        _balance(context, totals, depths),
        _day(context, day),
        section(context.text("flags"), switches(context, "overview"), more=context.text("flags.more"), name="flags"),
        e("div", _breakers(context), in_force(context), class_="stack"),
        section(
            context.text("mails"),
            lines(context, latest),
            every,
            more=context.text("mails.more"),
            name="mails",
            class_="full",
        ),
        current="overview",
    )


def _balance(
    context: PageContext, totals: list[StateCount] | Unavailable, depths: list[QueueDepth] | Unavailable
) -> Html:
    title = context.text("balance")
    if isinstance(totals, Unavailable):
        return section(title, context.unavailable(totals), name="balance")
    states = dict.fromkeys(("stored", "excluded", "quarantined"), 0)
    for ended in totals:
        states[ended.state] = states.get(ended.state, 0) + ended.number
    note = None
    if isinstance(depths, Unavailable):
        note = e("p", context.text("balance.no_flight"), class_="unavailable")
    else:
        states["in_flight"] = sum(
            depth.waiting + depth.in_flight + depth.delayed for depth in depths if depth.name in BEFORE_LEDGER
        )
    parts = list(states.items())
    numbers = {"in_flight": 0} | states
    written = {name: context.number(number) for name, number in ({"seen": sum(states.values())} | numbers).items()}
    sum_of = e("p", context.text("balance.seen", **written), class_="sum") if "in_flight" in states else None
    reasons: list[list[Child]] = [
        [context.label("state", ended.state), context.reason_words(ended.reason), context.number(ended.number)]
        for ended in totals
        if ended.reason
    ]
    columns = [Column(context.text("mail.state")), Column(context.text("reason"))]
    columns.append(Column(context.text("number"), "number"))
    why = table(columns, reasons[:12], context.text("reason"), "narrow") if reasons else None
    return section(
        title, bar(parts), legend(context, parts), sum_of, note, why, more=context.text("balance.more"), name="balance"
    )


def _day(context: PageContext, day: Day | Unavailable) -> Html:
    title = context.text("day")
    if isinstance(day, Unavailable):
        return section(title, context.unavailable(day), name="day")
    results = [
        e("li", context.label("result", name), " ", e("strong", context.number(number)))
        for name, number in day.verdicts.items()
    ]
    categories = [
        e("li", context.label("category", name), " ", e("strong", context.number(number)))
        for name, number in list(day.categories.items())[:12]
    ]
    if day.urgent:
        categories.insert(0, e("li", context.counted("day.urgent", day.urgent), class_="urgent"))
    return section(
        title,
        hours(context, day.hours, context.now),
        e("h3", context.text("day.results")),
        e("ul", results, class_="chips") if results else e("p", context.text("day.results.none")),
        e("p", context.text("day.unknown"), class_="more"),
        [e("h3", context.text("day.categories")), e("ul", categories, class_="chips")] if categories else None,
        name="day",
    )


def _breakers(context: PageContext) -> Html:
    shown = context.read("cache", lambda: context.container.breaker.shown())
    title = context.text("breakers")
    if isinstance(shown, Unavailable):
        return section(title, context.unavailable(shown), name="breakers")
    rows = []
    for one in shown:
        state = context.text(f"breaker.{one['state']}", seconds=context.number(round(one["retry_in_seconds"])))
        failures = context.counted("breaker.failures", one["failures"]) if one["failures"] else None
        dot = e("span", class_=f"dot dot-{one['state']}", aria_hidden="true")
        name = e("strong", context.label("service", one["name"]))
        rows.append(e("li", dot, name, " ", state, " ", e("span", failures, class_="more")))
    return section(title, e("ul", rows, class_="plain-list"), name="breakers")
