"""How failed tries are counted: by address, in all, and without costing a rightful caller anything."""

from __future__ import annotations

import pytest

from chalicelib.core.errors import Retryable
from chalicelib.intake.auth_failures import ALL, CROWDED, MOST, ONE_ADDRESS, AuthFailureLimiter
from chalicelib.resilience.rates import MemoryLimiter

AT_ONCE = ONE_ADDRESS[1]


class World:
    """The failures of two containers that share a limiter, and a clock; `asked` counts the limiter's calls."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.shared = MemoryLimiter(lambda: self.now)
        self.asked = 0
        self.down = False
        self.one, self.other = self.container(), self.container()

    def container(self) -> AuthFailureLimiter:
        return AuthFailureLimiter(self.limiter, lambda: b"k" * 32, lambda: self.now)

    def limiter(self) -> MemoryLimiter:
        self.asked += 1
        if self.down:
            raise Retryable("secrets_unavailable")
        return self.shared

    def fail(self, times: int, address: str = "192.0.2.1", at: AuthFailureLimiter | None = None) -> float:
        return max([(at or self.one).record(address) for _ in range(times)])


@pytest.fixture
def world() -> World:
    return World()


def test_a_few_failures_are_no_guessing(world: World) -> None:
    assert world.fail(AT_ONCE) == 0


def test_an_address_that_goes_on_failing_waits(world: World) -> None:
    world.fail(AT_ONCE + 1)
    assert 0 < world.one.blocked_for("192.0.2.1") <= 60 / ONE_ADDRESS[0]


def test_after_its_wait_the_address_may_try_again(world: World) -> None:
    world.now += world.fail(AT_ONCE + 1) + 0.01
    assert (world.one.blocked_for("192.0.2.1"), world.fail(1)) == (0, 0)


def test_guesses_of_an_hour_are_as_few_as_its_rate_allows(world: World) -> None:
    tried = 0
    while world.now < 1_000 + 3600:
        if not world.one.blocked_for("192.0.2.1"):
            tried += 1
            world.one.record("192.0.2.1")
        world.now += 0.5
    assert tried <= 2 * (AT_ONCE + 60 * ONE_ADDRESS[0])


def test_another_address_does_not_wait(world: World) -> None:
    world.fail(AT_ONCE + 1)
    assert (world.one.blocked_for("192.0.2.2"), world.fail(1, "192.0.2.2")) == (0, 0)


def test_containers_count_together(world: World) -> None:
    world.fail(AT_ONCE)
    assert world.fail(1, at=world.other) > 0


def test_an_ipv6_network_is_one_address(world: World) -> None:
    for number in range(AT_ONCE + 1):
        world.fail(1, f"2001:db8::{number:x}")
    assert world.one.blocked_for("2001:db8::ffff") > 0


def test_ipv6_networks_are_counted_separately(world: World) -> None:
    world.fail(AT_ONCE + 1, "2001:db8::1")
    assert world.one.blocked_for("2001:db8:0:1::1") == 0


def test_when_all_fail_too_often_each_failure_costs_a_minute(world: World) -> None:
    for number in range(ALL[1]):
        world.fail(1, f"198.51.{number // 256}.{number % 256}")
    assert world.fail(1, "203.0.113.1") == CROWDED


def test_when_all_fail_too_often_an_address_that_never_failed_is_not_blocked(world: World) -> None:
    for number in range(ALL[1] + 1):
        world.fail(1, f"198.51.{number // 256}.{number % 256}")
    assert world.one.blocked_for("203.0.113.1") == 0


def test_who_never_failed_costs_no_question(world: World) -> None:
    world.one.blocked_for("192.0.2.1")
    assert world.asked == 0


def test_a_blocked_address_costs_no_call(world: World) -> None:
    world.fail(AT_ONCE + 1)
    before = world.asked
    world.fail(5)
    assert world.asked == before


def test_without_redis_and_its_key_the_container_counts_for_itself(world: World) -> None:
    world.down = True
    assert world.fail(AT_ONCE + 1) > 0


def test_the_keys_of_the_limiter_name_no_address(world: World) -> None:
    world.fail(1)
    assert not [key for key in world.shared._arrivals if "192.0.2.1" in key]


def test_what_a_container_remembers_is_bounded(world: World) -> None:
    world.fail(AT_ONCE + 1)
    for number in range(ALL[1] + MOST + 10):
        world.fail(1, f"host-{number}")
    assert len(world.one._blocked) == MOST
