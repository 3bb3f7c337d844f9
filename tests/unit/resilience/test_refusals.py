"""How refused notices are parted, and how long a bare one rests."""

from __future__ import annotations

import pytest

from chalicelib.resilience import refusals


@pytest.mark.parametrize(
    ("held", "then"), [(40, 20), (3, 1), (2, 1), (1, refusals.WITHOUT_TEXT), (0, refusals.WITHOUT_TEXT)]
)
def test_a_refused_message_is_halved_and_the_last_notice_is_bare(held: int, then: int) -> None:
    assert refusals.after_refusal(held) == then


def test_the_rest_doubles_up_to_an_hour() -> None:
    assert [refusals.rest(times) for times in (0, 1, 5, 6, 10**6)] == [60, 120, 1920, 3600, 3600]
