"""Charts in SVG. Every number that they show is on the page as text too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from chalicelib.core.texts.formats import clock
from chalicelib.ports import Hour
from chalicelib.web.dashboard.context import PageContext
from chalicelib.web.dashboard.html import Html, e

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


def legend(context: PageContext, parts: Sequence[tuple[str, int]]) -> Html:
    """The parts of a bar, with their numbers."""
    items = [
        e(
            "li",
            e("span", class_=f"key key-{name}"),
            context.label("state", name),
            " ",
            e("strong", context.number(number)),
        )
        for name, number in parts
    ]
    return e("ul", items, class_="legend")


def hours(context: PageContext, found: Sequence[Hour], until: datetime) -> Html:
    """Bars of 24 hours, the last one the present hour."""
    last = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    starts = [last - timedelta(hours=back) for back in range(23, -1, -1)]
    held: dict[datetime, dict[str, int]] = {start: {} for start in starts}
    for hour in found:
        if (start := hour.start.astimezone(UTC)) in held:
            held[start][hour.state] = hour.number
    most = max((sum(states.values()) for states in held.values()), default=0) or 1
    drawn = [_column(context, index, start, held[start], most) for index, start in enumerate(starts)]
    title = e("title", context.text("day.chart"))
    base = e("path", d="M0 100.5H480", class_="base")
    return e("svg", title, base, drawn, viewBox="0 0 480 118", role="img", class_="hours")


def _column(context: PageContext, index: int, start: datetime, states: Mapping[str, int], most: int) -> Html:
    x, top, drawn = index * 20 + 3, 100.0, []
    for state in STATES:
        if number := states.get(state, 0):
            height = max(92.0 * number / most, 1.5)
            top -= height
            drawn.append(e("rect", x=x, y=f"{top:.1f}", width=14, height=f"{height:.1f}", class_=f"fill-{state}"))
    hour = clock(context.language, start.hour * 60)
    numbers = ", ".join(f"{context.label('state', state)} {context.number(number)}" for state, number in states.items())
    tip = e("title", f"{hour} · {numbers}") if numbers else None
    text = e("text", hour, x=x + 7, y=114, text_anchor="middle") if start.hour % 6 == 0 else None
    return e("g", tip, drawn, text)
