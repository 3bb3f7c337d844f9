"""The samples as one SVG picture: a small plot for each series, without any script or font from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, COLUMNS, MARGIN = 300, 110, 3, 10


def chart(series: Mapping[tuple[str, str], Sequence[tuple[float, float]]], units: Mapping[str, str]) -> str:
    """The picture. `units`: kind of series → unit."""
    rows = -(-len(series) // COLUMNS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * COLUMNS}" height="{HEIGHT * rows}"'
        ' font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, ((kind, name), values) in enumerate(series.items()):
        left, top = place % COLUMNS * WIDTH, place // COLUMNS * HEIGHT
        parts.append(f'<g transform="translate({left},{top})">{_plot(kind, name, values, units.get(kind, ""))}</g>')
    return "\n".join([*parts, "</svg>\n"])


def _plot(kind: str, name: str, values: Sequence[tuple[float, float]], unit: str) -> str:
    highest = max((value for _, value in values), default=0.0)
    end = max((at for at, _ in values), default=1.0) or 1.0
    width, height = WIDTH - 2 * MARGIN, HEIGHT - 40
    points = " ".join(
        f"{MARGIN + width * at / end:.1f},{30 + height * (1 - value / (highest or 1)):.1f}" for at, value in values
    )
    title = escape(f"{kind} {name}: 0 to {highest:.1f} {unit} in {end:.0f} s")
    return (
        f'<text x="{MARGIN}" y="20">{title}</text>'
        f'<rect x="{MARGIN}" y="30" width="{width}" height="{height}" fill="none" stroke="#ccc"/>'
        f'<polyline points="{points}" fill="none" stroke="#1668a8"/>'
    )
