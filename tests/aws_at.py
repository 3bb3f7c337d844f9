"""The AWS adapter against an endpoint of the test's choice: an emulator, a broken server, or nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from chalicelib.adapters.aws.session import Aws


@contextmanager
def aws_at(
    url: str,
    services: Iterable[str] = ("s3", "sqs"),
    timeout: tuple[float, float] = (2.0, 8.0),
    secret: str = "test",
) -> Iterator[Aws]:
    """Clients are made inside, so that the environment is the caller's own again afterwards."""
    aws = Aws(timeout)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", url)
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", secret)
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for service in services:
            aws.client(service)
    try:
        yield aws
    finally:
        aws.close()


def closed_port() -> int:
    """A loopback port where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
