"""The AWS session of a container: one for all clients, each made at its first use, none with retries of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

ClientFactory = Callable[[str], Any]
"""Service name (`s3`, `sqs`, …) → boto3 client, always the same one."""

T = TypeVar("T")


class Aws:
    """Makes clients lazily: an S3 and an SQS client cost 50 to 180 ms together (`facts/aws.md`).

    Region, credentials and endpoint come from the SDK's own environment variables. `timeout` is
    (connect, read) in seconds. The SDK never repeats a call, because it would sleep in a handler and
    multiply with the retries of SQS; `reconnected` gives one more try where a connection broke.
    """

    def __init__(self, timeout: tuple[float, float] = (2.0, 8.0)) -> None:
        self._timeout = timeout
        self._session: Any = None
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service."""
        if service not in self._clients:
            import boto3
            from botocore.config import Config

            if self._session is None:
                self._session = boto3.session.Session()
            config = Config(
                connect_timeout=self._timeout[0],
                read_timeout=self._timeout[1],
                retries={"mode": "standard", "total_max_attempts": 1},
                max_pool_connections=10,
            )
            self._clients[service] = self._session.client(service, config=config)
        return self._clients[service]

    def close(self) -> None:
        """End the kept connections; clients are made anew when asked for."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()


def reconnected(call: Callable[[], T]) -> T:
    """Make a call, and once more at once where no connection could be had or the kept one was closed.

    A container that was frozen between two invocations wakes up with connections that the other side
    has ended. Every call made through here is harmless when it happens twice.
    """
    try:
        return call()
    except (ConnectionClosedError, EndpointConnectionError):
        return call()
