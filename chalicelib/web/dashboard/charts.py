"""Pictures of numbers in SVG, without styles of their own; every number is told in words as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from chalicelib.ports import Hour
from chalicelib.web.dashboard.html import Html, e
from chalicelib.web.dashboard.visit import Visit

STATES = ("stored", "excluded", "quarantined", "in_flight")
WIDE = 1_000.0


def bar(parts: Sequence[tuple[str, int]]) -> Html:
    """One bar of all parts, in their order; a part that is there is seen, however small."""
    total = sum(number for _, number in parts) or 1
    widths = [max(WIDE * number / total, 6.0) if number else 0.0 for _, number in parts]
    scale = WIDE / (sum(widths) or WIDE)
    drawn, at = [], 0.0
    for (name, _), width in zip(parts, widths, strict=True):
        if width:
            drawn.append(e("rect", x=f"{at:.1f}", y=0, width=f"{width * scale:.1f}", height=18, class_=f"fill-{name}"))
            at += width * scale
    return e("svg", drawn, viewBox=f"0 0 {WIDE:.0f} 18", preserveAspectRatio="none", aria_hidden="true", class_="bar")


def legend(visit: Visit, parts: Sequence[tuple[str, int]]) -> Html:
    """The parts of a bar, with their numbers."""
    told = [
        e("li", e("span", class_=f"key key-{name}"), visit.t(f"state.{name}"), " ", e("strong", visit.number(number)))
        for name, number in parts
    ]
    return e("ul", told, class_="legend")


def hours(visit: Visit, found: Sequence[Hour], until: datetime) -> Html:
    """Bars of 24 hours, the last one the present hour."""
    last = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    starts = [last - timedelta(hours=back) for back in range(23, -1, -1)]
    held: dict[datetime, dict[str, int]] = {start: {} for start in starts}
    for hour in found:
        if (start := hour.start.astimezone(UTC)) in held:
            held[start][hour.state] = hour.number
    most = max((sum(states.values()) for states in held.values()), default=0) or 1
    drawn = [
        _column(index, start, held[start], most, label=(start.hour % 6 == 0)) for index, start in enumerate(starts)
    ]
    title = e("title", visit.t("day.chart"))
    base = e("path", d="M0 100.5H480", class_="base")
    return e("svg", title, base, drawn, viewBox="0 0 480 118", role="img", class_="hours")


def _column(index: int, start: datetime, states: Mapping[str, int], most: int, label: bool) -> Html:
    x, top, drawn = index * 20 + 3, 100.0, []
    for state in STATES:
        if number := states.get(state, 0):
            height = max(92.0 * number / most, 1.5)
            top -= height
            drawn.append(e("rect", x=x, y=f"{top:.1f}", width=14, height=f"{height:.1f}", class_=f"fill-{state}"))
    told = ", ".join(f"{state} {number}" for state, number in states.items())
    tip = e("title", f"{start:%H}:00 · {told}") if told else None
    text = e("text", f"{start:%H}:00", x=x + 7, y=114, text_anchor="middle") if label else None
    return e("g", tip, drawn, text)
