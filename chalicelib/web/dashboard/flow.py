"""The pipeline as a picture: a card for each stage with its numbers, an arrow to the next."""

from __future__ import annotations

from chalicelib.core.stages import PIPELINE
from chalicelib.ports import QueueDepth
from chalicelib.web.dashboard.frame import section
from chalicelib.web.dashboard.html import Html, e
from chalicelib.web.dashboard.visit import Unavailable, Visit

LATE_SECONDS = 15 * 60
"""The alarms' own limit for the oldest message of a queue."""
IN_LINE = tuple(stage.name for stage in PIPELINE)


def flow(visit: Visit, depths: list[QueueDepth] | Unavailable, received: int | None) -> Html:
    """The doors, the stages in their order, and those beside them."""
    title, more = visit.t("flow"), visit.t("flow.more")
    if isinstance(depths, Unavailable):
        return section(title, visit.missing(depths), name="flow")
    known = {depth.name: depth for depth in depths}
    line = [_stage(visit, known[name]) for name in IN_LINE if name in known]
    beside = [_beside(visit, depth) for depth in depths if depth.name not in IN_LINE]
    parts = [e("ol", _doors(visit, received), line, class_="flow")]
    if beside:
        parts += [e("h3", visit.t("flow.beside")), e("ul", beside, class_="beside")]
    return section(title, *parts, more=more, name="flow", class_="full")


def _doors(visit: Visit, received: int | None) -> Html:
    number = "–" if received is None else visit.number(received)
    return e(
        "li",
        e("h3", visit.t("flow.doors")),
        e("p", e("strong", number), " ", e("span", visit.t("flow.day")), class_="big"),
        _arrow(),
        class_="stage doors",
    )


def _stage(visit: Visit, depth: QueueDepth) -> Html:
    late = _late(depth)
    numbers = [("in_flight", visit.number(depth.in_flight)), ("delayed", visit.number(depth.delayed))]
    rows = [e("div", e("dt", visit.t(f"flow.{name}")), e("dd", value)) for name, value in numbers]
    oldest = e("dd", visit.age(depth.oldest_seconds), class_="late" if late else None)
    rows.append(e("div", e("dt", visit.t("flow.oldest")), oldest))
    return e(
        "li",
        e("h3", visit.code("stage", depth.name)),
        e("p", e("strong", visit.number(depth.waiting)), " ", e("span", visit.t("flow.waiting")), class_="big"),
        e("dl", rows),
        _dead(visit, depth),
        _arrow() if depth.name in IN_LINE[:-1] else None,
        class_=f"stage {_kind(depth)}",
    )


def _beside(visit: Visit, depth: QueueDepth) -> Html:
    """One line: what is beside the pipeline matters when it is not empty."""
    numbers = {"waiting": depth.waiting, "in_flight": depth.in_flight, "delayed": depth.delayed}
    told = [
        e("span", e("strong", visit.number(number)), " ", visit.t(f"flow.{name}"), class_="more")
        for name, number in numbers.items()
        if number or name == "waiting"
    ]
    if depth.oldest_seconds is not None:
        age = visit.age(depth.oldest_seconds)
        told.append(e("span", visit.t("flow.oldest"), " ", age, class_="late" if _late(depth) else "more"))
    name = e("h3", visit.code("stage", depth.name))
    return e("li", name, e("div", told), _dead(visit, depth), class_=f"stage {_kind(depth)}")


def _late(depth: QueueDepth) -> bool:
    return depth.oldest_seconds is not None and depth.oldest_seconds > LATE_SECONDS


def _kind(depth: QueueDepth) -> str:
    if depth.dead:
        return "bad"
    return "slow" if _late(depth) else "busy" if depth.waiting + depth.in_flight else "idle"


def _dead(visit: Visit, depth: QueueDepth) -> Html:
    if not depth.dead:
        return e("p", visit.t("flow.none_dead"), class_="dead")
    told = f"{visit.number(depth.dead)} {visit.t('flow.dead')}"
    return e("p", e("a", told, href=visit.link("/quarantine", stage=depth.name)), class_="dead some")


def _arrow() -> Html:
    return e("svg", e("path", d="M2 12h17M13 5l7 7-7 7"), viewBox="0 0 24 24", aria_hidden="true", class_="arrow")
