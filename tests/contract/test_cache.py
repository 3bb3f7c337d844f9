"""What every cache does, in memory and in Valkey."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from chalicelib.adapters.redis.cache import RedisCache
from chalicelib.core.errors import Retryable
from chalicelib.ports import Cache
from infra.local.servers import Valkey
from tests.aws_at import closed_port
from tests.twins.cache import MemoryCache

_keys = itertools.count(1)


@pytest.fixture
def key() -> str:
    return f"contract:{next(_keys)}"


@pytest.fixture(params=["memory", "valkey"])
def cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    if request.param == "memory":
        yield MemoryCache()
    else:
        valkey: Valkey = request.getfixturevalue("valkey")
        real = RedisCache(valkey.url, timeout=2.0)
        yield real
        real.close()


@pytest.fixture(params=["memory", "valkey"])
def unreachable(request: pytest.FixtureRequest) -> Cache:
    if request.param == "memory":
        twin = MemoryCache()
        twin.down = True
        return twin
    return RedisCache(f"redis://127.0.0.1:{closed_port()}/0")


def test_what_was_set_is_got_back(cache: Cache, key: str) -> None:
    assert cache.set(key, b"\x00\xff value", 60)
    assert cache.get(key) == b"\x00\xff value"


def test_an_unknown_key_is_nothing(cache: Cache, key: str) -> None:
    assert cache.get(key) is None


def test_setting_again_overwrites(cache: Cache, key: str) -> None:
    cache.set(key, b"first", 60)
    assert cache.set(key, b"second", 60)
    assert cache.get(key) == b"second"


def test_only_the_first_sets_what_must_be_absent(cache: Cache, key: str) -> None:
    assert cache.set(key, b"first", 60, only_if_absent=True)
    assert not cache.set(key, b"second", 60, only_if_absent=True)
    assert cache.get(key) == b"first"


def test_a_deleted_key_is_nothing(cache: Cache, key: str) -> None:
    cache.set(key, b"value", 60)
    cache.delete(key)
    assert cache.get(key) is None


def test_deleting_what_is_not_there_is_no_error(cache: Cache, key: str) -> None:
    cache.delete(key)


def test_a_ttl_below_a_second_is_a_second(cache: Cache, key: str) -> None:
    assert cache.set(key, b"value", 0)


def test_a_cache_that_answers_can_be_pinged(cache: Cache) -> None:
    cache.ping()


def test_an_unreachable_cache_answers_like_an_empty_one(unreachable: Cache, key: str) -> None:
    assert unreachable.get(key) is None


def test_an_unreachable_cache_writes_nothing_and_says_so(unreachable: Cache, key: str) -> None:
    assert unreachable.set(key, b"value", 60) is False


def test_deleting_from_an_unreachable_cache_is_no_error(unreachable: Cache, key: str) -> None:
    unreachable.delete(key)


def test_only_a_ping_tells_that_the_cache_is_unreachable(unreachable: Cache) -> None:
    with pytest.raises(Retryable, match="cache_unavailable"):
        unreachable.ping()


def test_what_is_looked_at_is_what_was_written(cache: Cache, key: str) -> None:
    assert cache.read(key) is None
    cache.set(key, b"\x00\xff value", 60)
    assert cache.read(key) == b"\x00\xff value"


def test_a_swap_of_nothing_writes(cache: Cache, key: str) -> None:
    assert cache.compare_and_set(key, None, b"\x00 first", 60)
    assert cache.read(key) == b"\x00 first"


def test_a_swap_of_what_stands_there_writes(cache: Cache, key: str) -> None:
    cache.compare_and_set(key, None, b"\x00 first", 60)
    assert cache.compare_and_set(key, b"\x00 first", b"second", 60)
    assert cache.read(key) == b"second"


@pytest.mark.parametrize("old", [None, b"other", b"firs"])
def test_a_swap_of_what_does_not_stand_there_changes_nothing(cache: Cache, key: str, old: bytes | None) -> None:
    cache.compare_and_set(key, None, b"first", 60)
    assert not cache.compare_and_set(key, old, b"second", 60)
    assert cache.read(key) == b"first"


def test_a_swap_of_what_is_gone_changes_nothing(cache: Cache, key: str) -> None:
    assert not cache.compare_and_set(key, b"first", b"second", 60)
    assert cache.read(key) is None


def test_what_is_certain_cannot_be_known_of_an_unreachable_cache(unreachable: Cache, key: str) -> None:
    with pytest.raises(Retryable, match="cache_unavailable"):
        unreachable.read(key)
    with pytest.raises(Retryable, match="cache_unavailable"):
        unreachable.compare_and_set(key, None, b"value", 60)
