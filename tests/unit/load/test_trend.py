"""The judge of `make load` tells growth from noise."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from infra.load.chart import chart
from infra.load.trend import Limit, judge


def line(slope: float, noise: float = 0.0) -> list[tuple[float, float]]:
    return [(float(at), 100 + slope * at + noise * math.sin(at)) for at in range(0, 1800, 10)]


def test_what_stays_the_same_does_not_grow() -> None:
    assert judge("x", "", line(0, noise=20), Limit(5)).holds


def test_a_slow_leak_is_seen_through_noise() -> None:
    found = judge("x", "MiB", line(0.01, noise=5), Limit(5, share=0.05))
    assert not found.holds
    assert 12 < found.climb < 15


def test_what_shrinks_does_not_grow() -> None:
    assert judge("x", "", line(-1), Limit(0)).holds


def test_the_warm_up_is_not_judged() -> None:
    warm = [(float(at), min(at, 400) * 1.0) for at in range(0, 1800, 10)]
    assert judge("x", "", warm, Limit(1)).climb < 10
    assert judge("x", "", [(at, value) for at, value in warm if at < 400], Limit(1)).climb > 250


def test_two_samples_prove_nothing() -> None:
    assert not judge("x", "", [(0, 1), (10, 1)], Limit(5)).holds


def test_a_share_of_the_mean_allows_more_where_there_is_more() -> None:
    assert judge("x", "", line(0), Limit(1, share=0.05)).allowed == 5


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e6)), max_size=30))
def test_any_samples_can_be_judged_and_drawn(series: list[tuple[float, float]]) -> None:
    judge("x", "", sorted(series), Limit(1))
    assert chart({("memory", "<door>"): sorted(series)}, {}).endswith("</svg>\n")
