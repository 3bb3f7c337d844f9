"""The rate that `make load` is made of: what messages carry in the long run, not in the first quick minute."""

from __future__ import annotations

from chalicelib.resilience.pacing import BURST
from infra.bench.steady import rate

QUICK = [(float(second), 40) for second in range(BURST)]


def test_the_quick_first_messages_and_the_last_one_do_not_count() -> None:
    slow = [(100.0, 40), (104.0, 40), (108.0, 40), (112.0, 1)]
    assert rate([*QUICK, *slow]) == 10.0


def test_too_few_messages_say_nothing() -> None:
    assert rate([*QUICK, (100.0, 40), (104.0, 40)]) == 0.0
