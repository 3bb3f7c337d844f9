"""Runtime flags: Redis, then the durable copy, then what keeps mail flowing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.core.errors import ConfigurationError, MailroomError, Permanent, Retryable
from chalicelib.policy.flags import CACHE_SECONDS, DEFAULTS, MEMORY_SECONDS, UNCHECKED_SECONDS, Flags
from tests.twins.cache import MemoryCache
from tests.twins.flags import MemoryFlagStore

NAME = "gmail_ingress_enabled"
KEY = f"flag:{NAME}"


class World:
    """Flags over twins and a clock that stands still. `asked` counts how often the durable copy was reached for."""

    def __init__(self) -> None:
        self.now = 0.0
        self.cache = MemoryCache(lambda: self.now)
        self.durable = MemoryFlagStore()
        self.error: MailroomError | ConfigurationError | None = None
        self.asked = 0
        self.flags = self.another()

    def another(self) -> Flags:
        """The flags of another container."""
        return Flags(self.cache, self._durable, self._clock())

    def _clock(self) -> Callable[[], float]:
        return lambda: self.now

    def _durable(self) -> MemoryFlagStore:
        self.asked += 1
        if self.error:
            raise self.error
        return self.durable


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_a_flag_that_nobody_set_keeps_mail_flowing(world: World, name: str) -> None:
    assert world.flags.on(name) is True


def test_a_name_that_is_no_flag_is_an_error(world: World) -> None:
    with pytest.raises(KeyError):
        world.flags.on("other")


@pytest.mark.parametrize("value", [True, False])
def test_redis_is_believed_where_the_durable_copy_does_not_answer(world: World, value: bool) -> None:
    world.error = Retryable("database_unavailable")
    world.cache.set(KEY, b"1" if value else b"0", 60)
    assert world.flags.on(NAME) is value


def test_a_container_asks_the_durable_copy_first_and_then_believes_redis(world: World) -> None:
    for _ in range(int(CACHE_SECONDS / MEMORY_SECONDS)):
        assert world.flags.on(NAME) is True
        world.now += MEMORY_SECONDS
    assert world.asked == 1


def test_a_durable_copy_that_is_unavailable_is_not_asked_for_every_mail(world: World) -> None:
    world.error = Retryable("database_unavailable")
    world.cache.set(KEY, b"0", 10**6)
    for _ in range(int(UNCHECKED_SECONDS / MEMORY_SECONDS)):
        assert world.flags.on(NAME) is False
        world.now += MEMORY_SECONDS
    assert world.asked == 1


@pytest.mark.parametrize("real", [True, False])
def test_a_switch_made_in_redis_alone_is_not_believed_by_a_new_container(world: World, real: bool) -> None:
    world.durable.set_flag(NAME, real, "ada")
    world.cache.set(KEY, b"0" if real else b"1", 10**6)
    assert world.another().on(NAME) is real
    assert world.cache.get(KEY) == (b"1" if real else b"0")


def test_a_switch_made_in_redis_alone_lasts_minutes_at_most(world: World) -> None:
    world.flags.on(NAME)
    world.cache.set(KEY, b"0", 10**6)
    world.now += CACHE_SECONDS
    assert world.flags.on(NAME) is True


def test_the_durable_copy_decides_when_redis_does_not_know(world: World) -> None:
    world.durable.set_flag(NAME, False, "ada")
    assert world.flags.on(NAME) is False


def test_redis_learns_what_the_durable_copy_says(world: World) -> None:
    world.durable.set_flag(NAME, False, "ada")
    world.flags.on(NAME)
    assert world.cache.get(KEY) == b"0"


@pytest.mark.parametrize("garbage", [b"", b"true", b"\xff", b"2"])
def test_garbage_in_redis_counts_as_no_answer(world: World, garbage: bytes) -> None:
    world.cache.set(KEY, garbage, 60)
    assert world.flags.on(NAME) is True


@pytest.mark.parametrize(
    "error",
    [
        Retryable("database_unavailable"),
        Permanent("database_rejected"),
        ConfigurationError("database_url", "the server refuses this login", "Check it"),
    ],
)
def test_when_neither_answers_mail_keeps_flowing(world: World, error: MailroomError | ConfigurationError) -> None:
    world.error, world.cache.down = error, True
    assert world.flags.on(NAME) is True


def test_a_default_is_not_written_to_redis(world: World) -> None:
    world.error = Retryable("database_unavailable")
    world.flags.on(NAME)
    assert world.cache.get(KEY) is None


def test_an_answer_is_kept_for_seconds(world: World) -> None:
    world.flags.on(NAME)
    world.cache.set(KEY, b"0", 60)
    world.now += MEMORY_SECONDS - 0.1
    assert world.flags.on(NAME) is True


def test_after_seconds_a_change_is_seen(world: World) -> None:
    world.flags.on(NAME)
    world.cache.set(KEY, b"0", 60)
    world.now += MEMORY_SECONDS
    assert world.flags.on(NAME) is False


def test_a_switch_is_seen_at_once_where_it_was_made(world: World) -> None:
    world.flags.on(NAME)
    world.flags.switch(NAME, False, "ada")
    assert world.flags.on(NAME) is False


def test_a_switch_is_seen_by_another_container(world: World) -> None:
    other = world.another()
    other.on(NAME)
    world.flags.switch(NAME, False, "ada")
    world.now += MEMORY_SECONDS
    assert other.on(NAME) is False


def test_a_switch_is_recorded_with_its_author(world: World) -> None:
    world.flags.switch(NAME, False, "ada")
    assert world.durable.changes == [(NAME, None, False, "ada")]


def test_a_switch_outlives_redis(world: World) -> None:
    world.flags.switch(NAME, False, "ada")
    world.now += CACHE_SECONDS + 1
    assert world.flags.on(NAME) is False


def test_a_switch_without_redis_is_durable(world: World) -> None:
    world.cache.down = True
    world.flags.switch(NAME, False, "ada")
    assert world.flags.on(NAME) is False


def test_a_switch_that_is_not_durable_is_none(world: World) -> None:
    world.error = Retryable("database_unavailable")
    with pytest.raises(Retryable):
        world.flags.switch(NAME, False, "ada")
    assert world.flags.on(NAME) is True


def test_a_name_that_is_no_flag_cannot_be_switched(world: World) -> None:
    with pytest.raises(KeyError):
        world.flags.switch("other", False, "ada")
    assert world.durable.changes == []
