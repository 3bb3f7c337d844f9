"""The schedule of `make chaos`: drawn from the seed alone, every kind in the full one, each family in the short one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bootstrap.functions import FUNCTIONS
from infra.chaos.plan import BY_NAME, COLD, FLOWING, KINDS, schedule
from infra.chaos.workers import victim

SEEDS = st.integers(0, 10**6)


@given(SEEDS, st.booleans())
def test_the_same_seed_gives_the_same_schedule(seed: int, short: bool) -> None:
    assert schedule(seed, 100, short) == schedule(seed, 100, short)


def test_another_seed_gives_another_schedule() -> None:
    assert schedule(1, 100, short=True) != schedule(2, 100, short=True)


@given(SEEDS)
def test_the_full_run_has_every_kind(seed: int) -> None:
    assert {strike.kind for strike in schedule(seed, 700, short=False)} == {kind.name for kind in KINDS}


@given(SEEDS)
def test_the_short_run_has_one_of_each_family_that_it_has_time_for(seed: int) -> None:
    strikes = schedule(seed, 22, short=True)
    families = [BY_NAME[strike.kind].family for strike in strikes]
    assert set(families) == {kind.family for kind in KINDS if not kind.full_only}
    assert {strike.kind for strike in strikes} >= {*FLOWING, *COLD}


@given(SEEDS, st.booleans())
def test_the_last_fifth_of_the_time_begins_no_fault(seed: int, short: bool) -> None:
    assert all(0 <= strike.at <= 80.1 for strike in schedule(seed, 100, short))


@given(SEEDS, st.booleans())
def test_a_fault_lasts_no_longer_than_its_kind_allows(seed: int, short: bool) -> None:
    for strike in schedule(seed, 300, short):
        low, high = BY_NAME[strike.kind].holds
        assert low <= strike.seconds <= high


def test_the_workers_of_every_function_are_killed() -> None:
    assert {f"kill {victim(row)}" for row in FUNCTIONS} <= BY_NAME.keys()
