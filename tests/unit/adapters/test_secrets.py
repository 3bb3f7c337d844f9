"""The secret's fields, their cache, and what happens when Secrets Manager is away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.core.errors import ConfigurationError, Retryable
from infra.local.standins.control import Reply
from tests.aws_at import aws_at
from tests.unit.adapters.broken import MISBEHAVIOURS, Anything

FIELDS = {"key": "s3cret-value", "keys": ["one", "two"], "none": [], "empty": "", "number": 5, "odd": ["a", 1]}
BROKEN = {name: fields for name, fields in MISBEHAVIOURS.items() if name != "an oversized answer"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def server() -> Iterator[Anything]:
    with Anything() as server:
        yield server


@pytest.fixture(scope="module")
def _client(server: Anything) -> Iterator[Any]:
    with aws_at(server.url, ["secretsmanager"], timeout=(0.5, 0.3)) as aws:
        yield aws.client


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secrets(_client: Any, server: Anything, clock: Clock) -> Secrets:
    server.control.clear(requests=True)
    server.reply = Reply.of({"ARN": "arn", "Name": "n", "SecretString": json.dumps(FIELDS)})
    return Secrets(_client, "arn", ttl=300, clock=clock)


def test_fields_are_strings_and_lists_of_strings(secrets: Secrets) -> None:
    assert (secrets.text("key"), secrets.text("empty")) == ("s3cret-value", "")
    assert (secrets.texts("keys"), secrets.texts("none")) == (("one", "two"), ())


@pytest.mark.parametrize("name", ["missing", "keys", "number"])
def test_a_field_that_is_no_string_is_a_broken_set_up_by_name(secrets: Secrets, name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        secrets.text(name)


@pytest.mark.parametrize("name", ["missing", "key", "odd"])
def test_a_field_that_is_no_list_of_strings_is_a_broken_set_up_by_name(secrets: Secrets, name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        secrets.texts(name)


def test_the_secret_is_read_once(secrets: Secrets, server: Anything) -> None:
    secrets.text("key")
    secrets.text("empty")
    assert len(server.control.requests) == 1


def test_a_rotated_value_is_seen_after_the_ttl(secrets: Secrets, server: Anything, clock: Clock) -> None:
    secrets.text("key")
    server.reply = Reply.of({"ARN": "arn", "SecretString": '{"key": "new"}'})
    clock.now += 300
    assert secrets.text("key") == "new"


def test_the_last_values_stay_in_use_while_secrets_manager_is_away(
    secrets: Secrets, server: Anything, clock: Clock
) -> None:
    secrets.text("key")
    server.fail(times=None, status=500)
    clock.now += 300
    assert secrets.text("key") == "s3cret-value"


def test_while_it_is_away_it_is_not_asked_each_time(secrets: Secrets, server: Anything, clock: Clock) -> None:
    secrets.text("key")
    server.fail(times=None, status=500)
    clock.now += 300
    for _ in range(5):
        secrets.text("key")
    assert len(server.control.requests) == 2


@pytest.mark.parametrize("fields", BROKEN.values(), ids=list(BROKEN))
def test_a_first_read_that_fails_is_a_passing_failure(
    secrets: Secrets, server: Anything, fields: dict[str, Any]
) -> None:
    server.fail(times=None, **fields)
    with pytest.raises(Retryable, match="secrets_unavailable"):
        secrets.text("key")


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_a_secret_that_cannot_be_read_is_a_broken_set_up(secrets: Secrets, server: Anything, code: str) -> None:
    server.reply = Reply.of({"__type": code, "message": "no"}, 400)
    with pytest.raises(ConfigurationError, match="secret"):
        secrets.text("key")


@pytest.mark.parametrize("text", ["not json s3cret-value", "[]", "5", ""])
def test_a_secret_that_is_no_object_is_a_broken_set_up_and_not_shown(
    secrets: Secrets, server: Anything, text: str
) -> None:
    server.reply = Reply.of({"ARN": "arn", "SecretString": text})
    with pytest.raises(ConfigurationError) as caught:
        secrets.text("key")
    assert "s3cret-value" not in str(caught.value)


def test_nothing_shows_in_a_repr(secrets: Secrets) -> None:
    secrets.text("key")
    assert "s3cret-value" not in repr(secrets)


def test_no_value_shows_in_an_error(secrets: Secrets) -> None:
    with pytest.raises(ConfigurationError) as caught:
        secrets.texts("key")
    assert "s3cret-value" not in str(caught.value)
