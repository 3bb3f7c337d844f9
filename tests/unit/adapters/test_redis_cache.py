"""Redis when it misbehaves: never an error, never a long wait."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable

import pytest

from chalicelib.adapters.redis.cache import RedisCache
from chalicelib.core.errors import ConfigurationError, Retryable
from infra.local.servers import Valkey
from tests.aws_at import closed_port
from tests.unit.adapters.broken import raw_server


def hang(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def garbage(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(b"\xff\x00\xfe garbage\r\n" * 3)


def html(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html></html>")


def hang_up(connection: socket.socket) -> None:
    connection.recv(65_536)


def reset(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def loading(connection: socket.socket) -> None:
    while connection.recv(65_536):
        connection.sendall(b"-LOADING server is loading the dataset in memory\r\n")


TALKS = [hang, garbage, html, hang_up, reset, loading]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("talk", TALKS)
def test_a_misbehaving_redis_answers_like_an_empty_one(talk: Callable[[socket.socket], None]) -> None:
    with raw_server(talk) as port:
        cache = RedisCache(f"redis://127.0.0.1:{port}/0", timeout=0.1)
        assert cache.get("key") is None
        cache.close()


@pytest.mark.parametrize("talk", TALKS)
def test_a_ping_detects_a_misbehaving_redis(talk: Callable[[socket.socket], None]) -> None:
    with raw_server(talk) as port:
        cache = RedisCache(f"redis://127.0.0.1:{port}/0", timeout=0.1)
        with pytest.raises(Retryable, match="cache_unavailable"):
            cache.ping()
        cache.close()


def test_a_hanging_redis_costs_its_time_out_and_little_more() -> None:
    with raw_server(hang) as port:
        cache = RedisCache(f"redis://127.0.0.1:{port}/0", timeout=0.1)
        started = time.monotonic()
        cache.get("key")
        assert time.monotonic() - started < 0.5
        cache.close()


def test_after_a_failure_redis_rests() -> None:
    connections: list[int] = []

    def count(connection: socket.socket) -> None:
        connections.append(1)

    with raw_server(count) as port:
        cache = RedisCache(f"redis://127.0.0.1:{port}/0", timeout=0.1, clock=Clock())
        cache.get("key")
        tried = len(connections)
        for _ in range(10):
            cache.set("key", b"value", 60)
        assert len(connections) == tried
        cache.close()


def test_after_its_rest_redis_is_asked_again() -> None:
    clock = Clock()
    cache = RedisCache(f"redis://127.0.0.1:{closed_port()}/0", clock=clock)
    cache.get("key")
    clock.now += 5
    cache.get("key")
    assert cache.unavailable == 2


def test_each_failure_is_counted_and_reported_once() -> None:
    reported: list[int] = []
    cache = RedisCache(f"redis://127.0.0.1:{closed_port()}/0", on_unavailable=lambda: reported.append(1), clock=Clock())
    for _ in range(5):
        cache.get("key")
    assert (cache.unavailable, reported) == (1, [1])


def test_a_url_that_is_none_is_a_broken_set_up_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="redis_url") as caught:
        RedisCache("http://user:s3cret@cache.example").get("key")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0?unknown=1", "redis://127.0.0.1:port/0", "not a url", ""])
def test_a_url_with_a_part_that_is_none_is_a_broken_setup(url: str) -> None:
    cache = RedisCache(url)
    for call in (cache.ping, lambda: cache.get("k")):
        with pytest.raises(ConfigurationError, match="redis_url"):
            call()


def test_a_refused_login_is_a_broken_setup_to_a_ping_and_no_answer_to_the_rest(valkey: Valkey) -> None:
    cache = RedisCache(valkey.url.replace("redis://", "redis://someone:a-secret@"), timeout=2.0)
    assert cache.get("k") is None
    with pytest.raises(ConfigurationError, match="redis_url") as caught:
        cache.ping()
    assert "secret" not in str(caught.value)
    cache.close()


def test_the_password_shows_in_no_repr() -> None:
    assert "s3cret" not in repr(RedisCache("redis://:s3cret@cache.example/0"))
