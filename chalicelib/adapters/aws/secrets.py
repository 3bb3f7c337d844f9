"""Reads one JSON secret from Secrets Manager, keeps it for minutes, and never shows it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from chalicelib.adapters.aws.session import AwsFailure, ClientFactory, ask
from chalicelib.core.errors import ConfigurationError, Retryable

UNAVAILABLE = "secrets_unavailable"
TRY_AGAIN_SECONDS = 30.0
BROKEN = frozenset({"ResourceNotFoundException", "AccessDeniedException", "InvalidRequestException"})
"""Answers that no retry fixes: the secret is missing, not readable for us, or being deleted."""


class Secrets:
    """The fields of one secret. `ttl` is in seconds: a rotated value is seen after it at the latest.

    `shortest` is the number of characters that an entry of a list must have: what is shorter can be guessed.

    When Secrets Manager is away after the first read, the values read last stay in use.
    """

    def __init__(
        self,
        client_factory: ClientFactory,
        arn: str,
        ttl: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        shortest: int = 1,
    ) -> None:
        self._client_factory = client_factory
        self._arn = arn
        self._ttl = ttl
        self._clock = clock
        self._shortest = shortest
        self._fields: dict[str, Any] | None = None
        self._until = 0.0

    def __repr__(self) -> str:
        return "Secrets(***)"

    def text(self, name: str) -> str:
        """A field that is a string, perhaps an empty one. `ConfigurationError`, `Retryable`."""
        value = self._field(name)
        if not isinstance(value, str):
            raise ConfigurationError(name, "the field of the secret is not a string", "Write a JSON string there")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A field that is a list of strings, such as keys valid at once. `ConfigurationError`, `Retryable`."""
        value = self._field(name)
        if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
            raise ConfigurationError(
                name,
                "the field of the secret is not a list of strings that are not empty",
                'Write ["…"], or [] for none',
            )
        if not all(len(entry) >= self._shortest for entry in value):
            raise ConfigurationError(
                name,
                f"an entry of the secret's field has less than {self._shortest} characters",
                "Write `openssl rand -hex 32`, and give it to who sends",
            )
        return tuple(value)

    def named(self, name: str) -> dict[str, tuple[str, ...]]:
        """A field that is an object of lists of strings, such as signing keys by name. As `texts`."""
        value = self._field(name)
        lists = list(value.values()) if isinstance(value, dict) else [None]
        if not all(isinstance(held, list) and all(isinstance(e, str) and e for e in held) for held in lists):
            raise ConfigurationError(
                name,
                "the field of the secret is not an object of lists of strings that are not empty",
                'Write {"default": ["…"]}, or {} for none',
            )
        return {key: tuple(held) for key, held in value.items()}

    def _field(self, name: str) -> Any:
        fields = self._load()
        if name not in fields:
            raise ConfigurationError(name, "the secret has no such field", "Add it to the secret's JSON object")
        return fields[name]

    def _load(self) -> dict[str, Any]:
        if self._fields is not None and self._clock() < self._until:
            return self._fields
        try:
            self._fields = self._read()
            self._until = self._clock() + self._ttl
        except Retryable:
            if self._fields is None:
                raise
            self._until = self._clock() + TRY_AGAIN_SECONDS
        return self._fields

    def _read(self) -> dict[str, Any]:
        client = self._client_factory("secretsmanager")
        try:
            answer = ask(lambda: client.get_secret_value(SecretId=self._arn))
        except AwsFailure as failure:
            if failure.code in BROKEN:
                raise ConfigurationError(
                    "secret", "Secrets Manager does not give it out", "Check that it exists and the function's policy"
                ) from None
            raise Retryable(UNAVAILABLE) from None
        if not answer.get("ARN"):  # a 200 that is not Secrets Manager's
            raise Retryable(UNAVAILABLE)
        text = answer.get("SecretString", "")
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ConfigurationError("secret", "it is not a JSON object", "Store the fields as one JSON object")
        return value
