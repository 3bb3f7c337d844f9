"""The AWS session of a container: one for all clients, each made at its first use, none with retries of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, EndpointConnectionError

ClientFactory = Callable[[str], Any]
"""Service name (`s3`, `sqs`, …) → botocore client, always the same one."""

T = TypeVar("T")


class Aws:
    """Makes clients lazily: an S3 and an SQS client cost 50 to 180 ms together.

    Of botocore, which boto3 is a layer on: boto3 loads its transfer manager too, a quarter of an endpoint's cold start.
    Region, credentials and endpoint come from the SDK's own environment variables. `timeout` is
    (connect, read) in seconds. The SDK never repeats a call, because it would sleep in a handler and
    multiply with the retries of SQS; `ask` gives one more try where a connection broke.
    """

    def __init__(self, timeout: tuple[float, float] = (2.0, 8.0)) -> None:
        self._timeout = timeout
        self._session: Any = None
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service."""
        if service not in self._clients:
            from botocore.config import Config
            from botocore.session import Session

            if self._session is None:
                self._session = Session()
            config = Config(
                connect_timeout=self._timeout[0],
                read_timeout=self._timeout[1],
                retries={"mode": "standard", "total_max_attempts": 1},
                max_pool_connections=10,
                signature_version="v4" if service != "s3" else "s3v4",  # SSE-KMS asks for it, presigned too
            )
            self._clients[service] = self._session.create_client(service, config=config)
        return self._clients[service]

    def close(self) -> None:
        """Close the kept connections; a client is made again at its next use."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()


class AwsFailure(Exception):
    """A call that AWS did not answer with success; `code` is AWS's error code, empty where it gave none."""

    def __init__(self, code: str = "") -> None:
        super().__init__(code)
        self.code = code


def ask(call: Callable[[], T]) -> T:
    """Make a call, and once more at once where no connection could be had or the kept one was closed.

    A container that was frozen between two invocations wakes up with connections that the other side
    has ended. Every call made through here is harmless when it happens twice. Raises `AwsFailure` alone:
    the SDK's parsers also let ValueError and KeyError through when the answer is garbage.
    """
    try:
        try:
            return call()
        except (ConnectionClosedError, EndpointConnectionError):
            return call()
    except ClientError as error:
        raise AwsFailure(str(error.response.get("Error", {}).get("Code", ""))) from None
    except (BotoCoreError, OSError, ValueError, KeyError):
        raise AwsFailure from None
