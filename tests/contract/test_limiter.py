"""`ports.Limiter`: the same cases in memory and in Valkey, then what happens while Valkey is away."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.redis.cache import RedisCache
from chalicelib.adapters.redis.limiter import PREFIX, RedisLimiter
from chalicelib.ports import Limiter, Quota
from chalicelib.resilience.rates import MemoryLimiter
from infra.local.servers import Valkey
from tests.aws_at import closed_port

_keys = itertools.count(1)


@dataclass
class Clock:
    """Seconds that a test moves."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Side:
    """A limiter and its clock; every test has keys of its own."""

    limiter: Limiter
    clock: Clock

    def quota(self, per_minute: float = 60, burst: int = 2) -> Quota:
        return Quota(f"test-{next(_keys)}", per_minute, burst)

    def take(self, *quotas: Quota) -> float:
        [wait] = self.limiter.take([quotas])
        return wait


@pytest.fixture(params=["memory", "valkey"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    clock = Clock()
    if request.param == "memory":
        yield Side(MemoryLimiter(clock), clock)
    else:
        valkey: Valkey = request.getfixturevalue("valkey")
        cache = RedisCache(valkey.url, timeout=2.0)
        yield Side(RedisLimiter(cache, Never(), clock), clock)
        cache.close()


class Never:
    """A fallback that must not be asked."""

    def take(self, asks: Any) -> list[float]:
        raise AssertionError("the fallback was asked")


def test_the_burst_is_granted_at_once(side: Side) -> None:
    quota = side.quota(burst=3)
    assert [side.take(quota) for _ in range(3)] == [0, 0, 0]


def test_above_the_burst_the_wait_is_returned(side: Side) -> None:
    quota = side.quota(per_minute=30, burst=1)
    side.take(quota)
    assert side.take(quota) == pytest.approx(2.0, abs=1e-3)


def test_what_was_refused_does_not_count(side: Side) -> None:
    quota = side.quota(per_minute=30, burst=1)
    assert [round(side.take(quota), 3) for _ in range(4)] == [0, 2, 2, 2]


def test_after_the_wait_it_is_granted(side: Side) -> None:
    quota = side.quota(per_minute=30, burst=1)
    side.take(quota)
    side.clock.now += side.take(quota)
    assert side.take(quota) == 0


def test_an_unused_key_has_its_whole_burst_again(side: Side) -> None:
    quota = side.quota(burst=2)
    for _ in range(2):
        side.take(quota)
    side.clock.now += 3600
    assert [side.take(quota) for _ in range(3)][:2] == [0, 0]


def test_keys_do_not_share_their_rate(side: Side) -> None:
    for _ in range(3):
        assert side.take(side.quota(burst=1)) == 0


def test_the_asks_of_one_call_count_one_after_the_other(side: Side) -> None:
    quota = side.quota(per_minute=60, burst=2)
    assert [round(wait, 3) for wait in side.limiter.take([[quota]] * 4)] == [0, 0, 1, 1]


def test_an_ask_that_one_quota_refuses_takes_nothing_of_the_other(side: Side) -> None:
    tight, wide = side.quota(burst=1), side.quota(burst=2)
    side.take(tight, wide)
    assert side.take(wide, tight) > 0
    assert side.take(wide) == 0


def test_the_longest_wait_of_an_ask_is_returned(side: Side) -> None:
    slow, quick = side.quota(per_minute=6, burst=1), side.quota(per_minute=60, burst=1)
    side.take(slow, quick)
    assert side.take(quick, slow) == pytest.approx(10, abs=1e-3)


def test_an_ask_without_a_quota_is_granted(side: Side) -> None:
    assert side.limiter.take([[], []]) == [0, 0]


def test_a_clock_that_was_set_back_locks_nothing_for_long(side: Side) -> None:
    quota = side.quota(per_minute=60, burst=2)
    side.take(quota)
    side.clock.now -= 86_400
    assert side.take(quota) <= 1.0


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    per_minute=st.floats(1, 6000),
    burst=st.integers(1, 20),
    gaps=st.lists(st.floats(0, 5), min_size=1, max_size=60),
)
def test_no_span_grants_more_than_burst_and_rate(side: Side, per_minute: float, burst: int, gaps: list[float]) -> None:
    quota = side.quota(per_minute, burst)
    granted: list[float] = []
    for gap in gaps:
        side.clock.now += gap
        if side.take(quota) == 0:
            granted.append(side.clock.now)
    for first, start in enumerate(granted):
        for number, end in enumerate(granted[first:], start=1):
            assert number <= burst + (end - start) * per_minute / 60 + 1.01


def test_the_memory_forgets_the_key_that_was_asked_longest_ago() -> None:
    clock = Clock()
    limiter = MemoryLimiter(clock, most_keys=2)
    for key in ("a", "b", "a", "c"):
        limiter.take([[Quota(key, 1, 2)]])
    assert limiter.take([[Quota("a", 1, 2)]])[0] > 0
    assert len(limiter) == 2


def test_valkey_s_own_clock_counts_in_production(valkey: Valkey) -> None:
    cache, quota = RedisCache(valkey.url, timeout=2.0), Quota(f"real-{time.time_ns()}", 60, 1)
    limiter = RedisLimiter(cache, Never())
    limiter.take([[quota]])
    assert 0.5 < limiter.take([[quota]])[0] <= 1
    cache.close()


def test_no_key_names_what_it_limits_and_each_ends(valkey: Valkey) -> None:
    cache, quota = RedisCache(valkey.url, timeout=2.0), Quota("ada@example.com", 60, 1)
    RedisLimiter(cache, Never()).take([[quota]])
    with redis.Redis.from_url(valkey.url) as direct:
        found = list(direct.scan_iter(f"{PREFIX}*", count=10_000))
        assert found
        assert not [key for key in found if b"ada" in key]
        assert all(direct.pttl(key) != -1 for key in found)  # -1: never ends; -2: has ended meanwhile
    cache.close()


def test_while_valkey_is_away_this_process_limits() -> None:
    clock, quota = Clock(), Quota("a", 60, 1)
    limiter = RedisLimiter(RedisCache(f"redis://127.0.0.1:{closed_port()}/0"), MemoryLimiter(clock))
    assert [limiter.take([[quota]])[0] > 0 for _ in range(2)] == [False, True]


def test_while_valkey_is_away_nobody_waits_for_it() -> None:
    limiter = RedisLimiter(RedisCache(f"redis://127.0.0.1:{closed_port()}/0"), MemoryLimiter(time.monotonic))
    started = time.perf_counter()
    for _ in range(200):
        limiter.take([[Quota("a", 60, 1)]])
    assert time.perf_counter() - started < 1.5


def test_a_valkey_that_forgot_the_script_gets_it_again(valkey: Valkey) -> None:
    cache, quota = RedisCache(valkey.url, timeout=2.0), Quota("flushed", 60, 5)
    limiter = RedisLimiter(cache, Never())
    limiter.take([[quota]])
    with redis.Redis.from_url(valkey.url) as direct:
        direct.script_flush()
    assert limiter.take([[quota]]) == [0]
    cache.close()


def test_many_at_once_are_granted_no_more_than_the_burst(valkey: Valkey) -> None:
    quota, granted = Quota(f"crowd-{time.time_ns()}", 0.001, 50), []

    def work() -> None:
        cache = RedisCache(valkey.url, timeout=5.0)
        limiter = RedisLimiter(cache, Never())
        granted.extend(wait for _ in range(10) for wait in limiter.take([[quota], [quota]]) if wait == 0)
        cache.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(granted) == 50
