"""What a sender's mail was about before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.classification.history import HISTORY_SECONDS, read_history, write_history
from chalicelib.core.cache_keys import history_key
from tests.twins.cache import MemoryCache

KEY = "0f" * 16


def test_what_was_written_is_read() -> None:
    cache = MemoryCache()
    write_history(cache, "practice", KEY, {"patient": 3, "invoice": 1})
    assert read_history(cache, "practice", KEY) == {"patient": 3, "invoice": 1}


def test_writing_twice_changes_nothing() -> None:
    cache = MemoryCache()
    write_history(cache, "practice", KEY, {"patient": 3})
    write_history(cache, "practice", KEY, {"patient": 3})
    assert read_history(cache, "practice", KEY) == {"patient": 3}


def test_a_sender_without_key_has_no_history() -> None:
    cache = MemoryCache()
    write_history(cache, "practice", "", {"patient": 3})
    assert read_history(cache, "practice", "") == {}


def test_another_sender_has_no_history() -> None:
    assert read_history(MemoryCache(), "practice", KEY) == {}


def test_a_history_belongs_to_one_account() -> None:
    cache = MemoryCache()
    write_history(cache, "practice", KEY, {"patient": 3})
    write_history(cache, "media", KEY, {"newsletter": 9})
    assert read_history(cache, "practice", KEY) == {"patient": 3}
    assert read_history(cache, "personal", KEY) == {}


def test_without_redis_there_is_no_history() -> None:
    cache = MemoryCache()
    write_history(cache, "practice", KEY, {"patient": 3})
    cache.down = True
    assert read_history(cache, "practice", KEY) == {}


def test_a_history_is_forgotten_after_a_season() -> None:
    now = [0.0]
    cache = MemoryCache(lambda: now[0])
    write_history(cache, "practice", KEY, {"patient": 3})
    now[0] = HISTORY_SECONDS + 1
    assert read_history(cache, "practice", KEY) == {}


@pytest.mark.parametrize(
    "held",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"a":"b"}',
        b'{"a":0,"b":-1}',
        b'{"a":true}',
        b'{"a":1.5}',
    ],
)
def test_garbage_in_redis_is_no_history(held: bytes) -> None:
    cache = MemoryCache()
    cache.set(history_key("practice", KEY), held, 60)
    assert read_history(cache, "practice", KEY) == {}


@given(st.binary())
def test_any_bytes_in_redis_are_a_history_or_none(held: bytes) -> None:
    cache = MemoryCache()
    cache.set(history_key("practice", KEY), held, 60)
    assert all(count > 0 for count in read_history(cache, "practice", KEY).values())
