"""The circuit breakers of a container: what an operator reads of them."""

from __future__ import annotations

import pytest

from chalicelib.adapters.breaker import SERVICES
from chalicelib.bootstrap.breakers import Breakers
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.resilience.circuit import POLICY
from tests.twins.cache import MemoryCache
from tests.unit.bootstrap.logs import captured

UNAVAILABLE = Retryable("unavailable")


class World:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.breakers = Breakers(MemoryCache(lambda: self.now), clock=lambda: self.now)

    def fail(self, name: str, error: Exception = UNAVAILABLE) -> None:
        def action() -> None:
            raise error

        for _ in range(POLICY.failures):
            with pytest.raises((Retryable, Permanent)):
                self.breakers(name).call(action)

    def shown(self, name: str) -> dict[str, object]:
        [shown] = [shown for shown in self.breakers.shown(["webhook:crm"]) if shown["name"] == name]
        return shown


@pytest.fixture
def world() -> World:
    return World()


def test_a_name_has_one_breaker_a_container(world: World) -> None:
    assert world.breakers("webhook:crm") is world.breakers("webhook:crm") is not world.breakers("webhook:archive")


def test_all_services_are_shown_and_what_is_named_besides(world: World) -> None:
    assert [shown["name"] for shown in world.breakers.shown(["webhook:crm"])] == [*SERVICES, "webhook:crm"]


def test_an_open_breaker_shows_when_the_next_attempt_is_and_since_when(world: World) -> None:
    world.fail("telegram")
    world.now += 12
    assert world.shown("telegram") == {
        "name": "telegram",
        "state": "open",
        "failures": 0,
        "retry_in_seconds": 18,
        "since_seconds": 12,
    }


def test_an_open_breaker_whose_pause_is_over_is_shown_half_open(world: World) -> None:
    world.fail("webhook:crm")
    world.now += POLICY.rest
    assert world.shown("webhook:crm")["state"] == "half_open"


def test_a_refused_key_of_the_llm_is_the_llm_s_failure(world: World) -> None:
    world.fail("llm", Permanent("llm_unauthorized"))
    assert world.shown("llm")["state"] == "open"


def test_a_change_is_logged_with_name_and_state(world: World) -> None:
    with captured() as lines:
        world.fail("webhook:crm")
    [line] = [line for line in lines.getvalue().splitlines() if '"breaker"' in line]
    assert '"code":"webhook:crm"' in line
    assert '"state":"open"' in line
