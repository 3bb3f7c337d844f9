"""`GET /dashboard`: what an operator wants to see first, on one page."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core.stages import BEFORE_LEDGER
from chalicelib.ports import Day, QueueDepth, StateCount
from chalicelib.web.dashboard.charts import bar, hours, legend
from chalicelib.web.dashboard.flags import switches
from chalicelib.web.dashboard.flow import flow
from chalicelib.web.dashboard.frame import page, section, table
from chalicelib.web.dashboard.html import Html, e
from chalicelib.web.dashboard.mails import lines
from chalicelib.web.dashboard.rules import in_force
from chalicelib.web.dashboard.visit import Answer, Unavailable, Visit

LATEST = 8
"""Stages whose queues hold mail that has no end yet; what waits for `notify` is stored."""


def show(visit: Visit) -> Answer:
    """The page. Each part is read by itself: one that is away leaves the others."""
    parts = visit.parts
    day = visit.read("database", lambda: parts.reports.day(visit.now - timedelta(hours=24)))
    totals = visit.read("database", lambda: parts.reports.totals())
    latest = visit.read("database", lambda: parts.reports.latest(LATEST))
    depths = visit.read("queue", lambda: parts.queues.depths())
    received = None if isinstance(day, Unavailable) else sum(hour.number for hour in day.hours)
    every = e("p", e("a", visit.t("mails.every"), href=visit.link("/mails")))
    return page(
        visit,
        visit.t("nav.overview"),
        flow(visit, depths, received),
        _balance(visit, totals, depths),
        _day(visit, day),
        section(visit.t("flags"), switches(visit, "overview"), more=visit.t("flags.more"), name="flags"),
        e("div", _breakers(visit), in_force(visit), class_="stack"),
        section(visit.t("mails"), lines(visit, latest), every, more=visit.t("mails.more"), name="mails", class_="full"),
        current="overview",
    )


def _balance(visit: Visit, totals: list[StateCount] | Unavailable, depths: list[QueueDepth] | Unavailable) -> Html:
    title = visit.t("balance")
    if isinstance(totals, Unavailable):
        return section(title, visit.missing(totals), name="balance")
    states = dict.fromkeys(("stored", "excluded", "quarantined"), 0)
    for ended in totals:
        states[ended.state] = states.get(ended.state, 0) + ended.number
    note = None
    if isinstance(depths, Unavailable):
        note = e("p", visit.t("balance.no_flight"), class_="away")
    else:
        states["in_flight"] = sum(
            depth.waiting + depth.in_flight + depth.delayed for depth in depths if depth.name in BEFORE_LEDGER
        )
    parts = list(states.items())
    numbers = {"in_flight": 0} | states
    told = {name: visit.number(number) for name, number in ({"seen": sum(states.values())} | numbers).items()}
    sum_of = e("p", visit.t("balance.seen", **told), class_="sum") if "in_flight" in states else None
    reasons = [
        e(
            "tr",
            e("td", visit.t(f"state.{ended.state}")),
            e("td", visit.code("reason", ended.reason)),
            e("td", visit.number(ended.number), class_="number"),
        )
        for ended in totals
        if ended.reason
    ]
    heads = [visit.t("mail.state"), visit.t("reason"), visit.t("number")]
    why = table(heads, reasons[:12], visit.t("reason"), "narrow") if reasons else None
    return section(
        title, bar(parts), legend(visit, parts), sum_of, note, why, more=visit.t("balance.more"), name="balance"
    )


def _day(visit: Visit, day: Day | Unavailable) -> Html:
    title = visit.t("day")
    if isinstance(day, Unavailable):
        return section(title, visit.missing(day), name="day")
    verdicts = [
        e("li", e("code", name), " ", e("strong", visit.number(number))) for name, number in day.verdicts.items()
    ]
    categories = [
        e("li", name, " ", e("strong", visit.number(number))) for name, number in list(day.categories.items())[:12]
    ]
    if day.urgent:
        categories.insert(0, e("li", visit.t("day.urgent", n=visit.number(day.urgent)), class_="urgent"))
    return section(
        title,
        hours(visit, day.hours, visit.now),
        e("h3", visit.t("day.verdicts")),
        e("ul", verdicts, class_="chips") if verdicts else e("p", visit.t("day.verdicts.none")),
        e("p", visit.t("day.unknown"), class_="more"),
        [e("h3", visit.t("day.categories")), e("ul", categories, class_="chips")] if categories else None,
        name="day",
    )


def _breakers(visit: Visit) -> Html:
    shown = visit.read("cache", lambda: visit.parts.breaker.shown())
    title = visit.t("breakers")
    if isinstance(shown, Unavailable):
        return section(title, visit.missing(shown), name="breakers")
    rows = []
    for one in shown:
        told = visit.t(f"breaker.{one['state']}", seconds=round(one["retry_in_seconds"]))
        failures = visit.t("breaker.failures", n=one["failures"]) if one["failures"] else None
        dot = e("span", class_=f"dot dot-{one['state']}", aria_hidden="true")
        rows.append(e("li", dot, e("strong", one["name"]), " ", told, e("span", failures, class_="more")))
    return section(title, e("ul", rows, class_="plain-list"), name="breakers")
