"""The pipeline as a picture: a card for each stage with its numbers, an arrow to the next."""

from __future__ import annotations

from chalicelib.core.stages import PIPELINE
from chalicelib.ports import QueueDepth
from chalicelib.web.dashboard.context import PageContext, Unavailable
from chalicelib.web.dashboard.frame import section
from chalicelib.web.dashboard.html import Html, e

LATE_SECONDS = 15 * 60
"""The alarms' own limit for the oldest message of a queue."""
IN_LINE = tuple(stage.name for stage in PIPELINE)


def flow(context: PageContext, depths: list[QueueDepth] | Unavailable, received: int | None) -> Html:
    """The endpoints, the stages in their order, and the side stages."""
    title, more = context.text("flow"), context.text("flow.more")
    if isinstance(depths, Unavailable):
        return section(title, context.unavailable(depths), name="flow")
    known = {depth.name: depth for depth in depths}
    line = [_stage(context, known[name]) for name in IN_LINE if name in known]
    side = [_side(context, depth) for depth in depths if depth.name not in IN_LINE]
    parts = [e("ol", _endpoints(context, received), line, class_="flow")]
    if side:
        parts += [e("h3", context.text("flow.side")), e("ul", side, class_="side")]
    return section(title, *parts, more=more, name="flow", class_="full")


def _endpoints(context: PageContext, received: int | None) -> Html:
    number = "–" if received is None else context.number(received)
    return e(
        "li",
        e("h3", context.text("flow.endpoints")),
        e("p", e("strong", number), " ", e("span", context.text("flow.day")), class_="big"),
        _arrow(),
        class_="stage endpoints",
    )


def _stage(context: PageContext, depth: QueueDepth) -> Html:
    late = _late(depth)
    numbers = [("in_flight", context.number(depth.in_flight)), ("delayed", context.number(depth.delayed))]
    rows = [e("div", e("dt", context.text(f"flow.{name}")), e("dd", value)) for name, value in numbers]
    oldest = e("dd", context.age(depth.oldest_seconds), class_="late" if late else None)
    rows.append(e("div", e("dt", context.text("flow.oldest")), oldest))
    return e(
        "li",
        e("h3", context.label("stage", depth.name)),
        e("p", e("strong", context.number(depth.waiting)), " ", e("span", context.text("flow.waiting")), class_="big"),
        e("dl", rows),
        _failed(context, depth),
        _arrow() if depth.name in IN_LINE[:-1] else None,
        class_=f"stage {_kind(depth)}",
    )


def _side(context: PageContext, depth: QueueDepth) -> Html:
    """A side stage on one line, with the numbers that are not zero."""
    numbers = {"waiting": depth.waiting, "in_flight": depth.in_flight, "delayed": depth.delayed}
    items = [
        e("span", e("strong", context.number(number)), " ", context.text(f"flow.{name}"), class_="more")
        for name, number in numbers.items()
        if number or name == "waiting"
    ]
    if depth.oldest_seconds is not None:
        age = context.age(depth.oldest_seconds)
        items.append(e("span", context.text("flow.oldest"), " ", age, class_="late" if _late(depth) else "more"))
    name = e("h3", context.label("stage", depth.name))
    return e("li", name, e("div", items), _failed(context, depth), class_=f"stage {_kind(depth)}")


def _late(depth: QueueDepth) -> bool:
    return depth.oldest_seconds is not None and depth.oldest_seconds > LATE_SECONDS


def _kind(depth: QueueDepth) -> str:
    if depth.dead:
        return "bad"
    return "slow" if _late(depth) else "busy" if depth.waiting + depth.in_flight else "idle"


def _failed(context: PageContext, depth: QueueDepth) -> Html:
    if not depth.dead:
        return e("p", context.text("flow.none_failed"), class_="failed")
    number = context.text("flow.failed", n=context.number(depth.dead))
    return e("p", e("a", number, href=context.link("/quarantine", stage=depth.name)), class_="failed some")


def _arrow() -> Html:
    return e("svg", e("path", d="M2 12h17M13 5l7 7-7 7"), viewBox="0 0 24 24", aria_hidden="true", class_="arrow")
