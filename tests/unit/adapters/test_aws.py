"""The AWS session: one client each, no retries but one re-connect."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from chalicelib.adapters.aws.session import AwsFailure, ask
from tests.aws_at import aws_at, closed_port
from tests.unit.adapters.broken import Anything, raw_server

EMPTY_LIST = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 26\r\n\r\n<ListAllMyBucketsResult />"


@pytest.fixture
def server() -> Iterator[Anything]:
    with Anything() as server:
        yield server


def test_a_service_has_one_client() -> None:
    with aws_at(f"http://127.0.0.1:{closed_port()}", ["sqs"]) as aws:
        assert aws.client("sqs") is aws.client("sqs")


@pytest.mark.parametrize("status", [500, 503, 429])
def test_the_sdk_repeats_nothing(server: Anything, status: int) -> None:
    server.fail(times=None, status=status)
    with aws_at(server.url, ["s3"]) as aws, pytest.raises(AwsFailure):
        ask(lambda: aws.client("s3").list_buckets())
    assert len(server.control.requests) == 1


def test_a_time_out_is_not_repeated(server: Anything) -> None:
    server.fail(times=None, delay=1.0)
    with aws_at(server.url, ["s3"], timeout=(0.5, 0.2)) as aws, pytest.raises(AwsFailure):
        ask(lambda: aws.client("s3").list_buckets())
    assert len(server.control.requests) == 1


def test_a_connection_that_was_closed_is_made_again_once() -> None:
    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(connection.recv(65_536))
        if len(seen) > 1:
            connection.sendall(EMPTY_LIST)

    with raw_server(talk) as port, aws_at(f"http://127.0.0.1:{port}", ["s3"]) as aws:
        ask(lambda: aws.client("s3").list_buckets())
    assert len(seen) == 2


def test_a_connection_that_is_always_closed_is_given_up_after_two() -> None:
    seen: list[bytes] = []
    with (
        raw_server(lambda connection: seen.append(connection.recv(65_536))) as port,
        aws_at(f"http://127.0.0.1:{port}", ["s3"]) as aws,
        pytest.raises(AwsFailure),
    ):
        ask(lambda: aws.client("s3").list_buckets())
    assert len(seen) == 2
