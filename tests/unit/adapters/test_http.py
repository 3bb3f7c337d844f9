"""The HTTP client's bounds."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.http.client import MAX_WAIT, Answer, AnswerTooLarge, HttpClient, Unanswered, bounded_wait
from chalicelib.core.errors import Retryable
from infra.local.standins.control import Reply
from tests.aws_at import closed_port
from tests.unit.adapters.broken import Anything, raw_server


@pytest.fixture
def server() -> Iterator[Anything]:
    with Anything() as server:
        yield server


@pytest.fixture
def client() -> Iterator[HttpClient]:
    client = HttpClient("service_unavailable", timeout=(0.5, 0.3), deadline=0.4)
    yield client
    client.close()


def test_an_answer_is_whole(server: Anything, client: HttpClient) -> None:
    server.reply = Reply(201, b"body", "Text/Plain; charset=utf-8", {"X-Kind": "a"})
    answer = client.call("GET", server.url, limit=100)
    assert (answer.status, answer.body, answer.content_type, answer.headers["x-kind"]) == (
        201,
        b"body",
        "text/plain",
        "a",
    )


def test_an_answer_of_the_limit_is_taken(server: Anything, client: HttpClient) -> None:
    server.reply = Reply(200, b"x" * 100)
    assert len(client.call("GET", server.url, limit=100).body) == 100


def test_an_answer_above_the_limit_is_not_read(server: Anything, client: HttpClient) -> None:
    server.fail(body="huge")
    with pytest.raises(AnswerTooLarge):
        client.call("GET", server.url, limit=1000)


def test_an_answer_that_does_not_tell_its_length_is_cut_off_at_the_limit(client: HttpClient) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(100_000):
            connection.sendall(b"x" * 65_536)

    with raw_server(talk) as port, pytest.raises(AnswerTooLarge):
        client.call("GET", f"http://127.0.0.1:{port}/", limit=100_000)


def test_an_answer_that_drips_is_given_up_at_the_deadline(client: HttpClient) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"1\r\nx\r\n")
            time.sleep(0.05)

    started = time.monotonic()
    with raw_server(talk) as port, pytest.raises(Retryable, match="service_unavailable"):
        client.call("GET", f"http://127.0.0.1:{port}/", limit=100_000)
    assert time.monotonic() - started < 2


def test_an_answer_that_tells_its_length_and_drips_is_given_up_at_the_deadline(client: HttpClient) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.05)

    started = time.monotonic()
    with raw_server(talk) as port, pytest.raises(Retryable, match="service_unavailable"):
        client.call("GET", f"http://127.0.0.1:{port}/", limit=100_000)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("fields", [{"delay": 1.0}, {"reset": True}, {"body": "truncated"}])
def test_a_broken_transfer_is_a_passing_failure(
    server: Anything, client: HttpClient, fields: dict[str, object]
) -> None:
    server.fail(**fields)
    with pytest.raises(Retryable, match="service_unavailable"):
        client.call("GET", server.url, limit=1_000_000)


def test_nobody_listening_is_a_passing_failure(client: HttpClient) -> None:
    with pytest.raises(Retryable, match="service_unavailable"):
        client.call("GET", f"http://127.0.0.1:{closed_port()}/", limit=100)


def test_a_request_that_certainly_never_arrived_is_not_unanswered(client: HttpClient) -> None:
    for url in (f"http://127.0.0.1:{closed_port()}/", "http://[::1", "no address", "http://name.invalid/"):
        with pytest.raises(Retryable) as caught:
            client.call("POST", url, limit=100)
        assert not isinstance(caught.value, Unanswered), url


def test_a_connection_that_breaks_after_the_request_leaves_it_unanswered(client: HttpClient) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)

    with raw_server(talk) as port, pytest.raises(Unanswered):
        client.call("POST", f"http://127.0.0.1:{port}/", limit=100)


def test_what_does_not_speak_http_is_a_passing_failure(client: HttpClient) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"+OK this is something else\r\n" * 10)

    with raw_server(talk) as port, pytest.raises(Retryable):
        client.call("GET", f"http://127.0.0.1:{port}/", limit=100)


def test_a_failure_shows_neither_address_nor_cause(client: HttpClient) -> None:
    with pytest.raises(Retryable) as caught:
        client.call("GET", f"http://127.0.0.1:{closed_port()}/bot1:secret/send", limit=100)
    assert "secret" not in repr(caught.value)
    assert caught.value.__suppress_context__


def test_a_redirect_is_not_followed(server: Anything, client: HttpClient) -> None:
    server.reply = Reply(302, headers={"Location": f"{server.url}/elsewhere"})
    assert client.call("GET", server.url, limit=100).status == 302
    assert len(server.control.requests) == 1


def test_nothing_is_tried_twice(server: Anything, client: HttpClient) -> None:
    server.fail(times=None, status=503)
    assert client.call("POST", server.url, limit=100, payload={}).status == 503
    assert len(server.control.requests) == 1


def test_the_environment_s_proxy_is_not_asked(
    server: Anything, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert client.call("GET", server.url, limit=100).status == 200


def answer(headers: dict[str, str]) -> Answer:
    return Answer(429, "", headers, b"")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17.0),
        ({"Retry-After": "999999999999999999999"}, MAX_WAIT),
        ({"X-RateLimit-Reset": "60"}, 60.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_the_wait_that_was_asked_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert answer(headers).retry_after == seconds


def test_a_date_to_wait_for_is_read() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    wait = answer({"Retry-After": date}).retry_after
    assert wait is not None
    assert 110 < wait <= 120


@given(st.text())
def test_any_retry_after_is_a_bounded_wait_or_none(text: str) -> None:
    wait = answer({"Retry-After": text}).retry_after
    assert wait is None or 0 <= wait <= MAX_WAIT


@given(st.one_of(st.floats(), st.integers(), st.text(), st.booleans(), st.none()))
def test_any_asked_wait_is_bounded_or_none(value: object) -> None:
    wait = bounded_wait(value)
    assert wait is None or 0 <= wait <= MAX_WAIT


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"{", b"\xff\xfe", b"1", b"[" * 100_000])
def test_what_is_no_json_object_is_none(body: bytes) -> None:
    assert Answer(200, "", {}, body).json() is None
