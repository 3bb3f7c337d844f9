"""Guessing: failed tries are slowed down by address; who has the right credential never waits for them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.bootstrap.settings import DOOR_FIELDS, DOOR_SHORTEST
from chalicelib.core.errors import ConfigurationError
from chalicelib.intake.auth_failures import ONE_ADDRESS
from infra.local.credentials import made
from tests.app.world import ADMIN, GMAIL, HOOK, SecretsManager, World, installed, verdict

WRONG = {"Authorization": "Bearer wrong"}
AT_ONCE = ONE_ADDRESS[1]
PUSH = {"sender": "a@example.com", "subject": "Results", "body": "x"}


class From(World):
    """A world whose gateway sees the caller's address."""

    def come_from(self, address: str) -> None:
        """From now on."""
        self.client.http._local_gateway.event_converter.LOCAL_SOURCE_IP = address

    def guess(self, times: int) -> tuple[int, str]:
        """Wrong tokens on a route of the operator; the last answer."""
        return [verdict(self.request("GET", "/status", headers=WRONG)) for _ in range(times)][-1]


class Account:
    """AWS, as far as `Secrets` asks it."""

    def __init__(self, manager: SecretsManager) -> None:
        self.manager = manager

    def client(self, service: str) -> SecretsManager:
        """Secrets Manager."""
        return self.manager


@pytest.fixture
def world() -> Iterator[From]:
    with installed(From()) as world:
        assert isinstance(world, From)
        world.come_from("192.0.2.1")
        yield world


def test_a_few_wrong_tokens_are_unauthorized(world: From) -> None:
    assert world.guess(AT_ONCE) == (401, "unauthorized")


def test_a_caller_that_goes_on_guessing_has_to_wait(world: From) -> None:
    assert world.guess(AT_ONCE + 1) == (429, "rate_limited")


def test_the_answer_says_how_long(world: From) -> None:
    world.guess(AT_ONCE + 1)
    response = world.request("GET", "/status", headers=WRONG)
    assert 1 <= int(response.headers["Retry-After"]) <= 60 / ONE_ADDRESS[0]


def test_while_it_waits_a_guess_that_is_right_is_not_looked_at(world: From) -> None:
    world.guess(AT_ONCE + 1)
    assert verdict(world.request("GET", "/status", headers=ADMIN)) == (429, "rate_limited")


def test_the_operator_is_not_locked_out_by_another_address(world: From) -> None:
    world.guess(AT_ONCE + 1)
    world.come_from("192.0.2.2")
    assert world.request("GET", "/status", headers=ADMIN).status_code == 200


def test_a_right_token_asks_no_limiter(world: From) -> None:
    world.container.__dict__["limiter"] = None  # who asks it, fails
    assert world.request("GET", "/status", headers=ADMIN).status_code == 200


def test_forged_pushes_are_limited(world: From) -> None:
    answers = [verdict(world.push(PUSH, {"X-Mailroom-Signature": ""})) for _ in range(AT_ONCE + 1)]
    assert (answers[0], answers[-1]) == ((401, "unauthorized"), (429, "rate_limited"))


def test_forged_webhooks_are_limited(world: From) -> None:
    answers = [verdict(world.hook({}, headers={"X-EE-Wh-Signature": ""})) for _ in range(AT_ONCE + 1)]
    assert (answers[0], answers[-1]) == ((401, "unauthorized"), (429, "rate_limited"))


def test_a_pusher_that_shares_its_address_with_a_forger_is_let_in(world: From) -> None:
    for _ in range(AT_ONCE + 1):
        world.push(PUSH, {"X-Mailroom-Signature": ""})
    assert verdict(world.push(PUSH)) == (202, "accepted")


@pytest.mark.parametrize("path", [GMAIL, f"{GMAIL}/uploads", f"{HOOK}/praxis", "/admin/dlq", "/admin/rules"])
def test_failures_count_together_whatever_is_tried(world: From, path: str) -> None:
    world.guess(AT_ONCE)
    method = "POST" if path.startswith("/api") else "GET"
    assert verdict(world.request(method, path, json.dumps({}).encode(), WRONG)) == (429, "rate_limited")


@pytest.mark.parametrize("name", DOOR_FIELDS)
def test_a_credential_that_can_be_guessed_is_a_broken_set_up_by_name(world: From, name: str) -> None:
    manager = SecretsManager({name: ["x" * DOOR_SHORTEST, "x" * (DOOR_SHORTEST - 1)]})
    secrets = Secrets(lambda _: manager, "arn:door", shortest=DOOR_SHORTEST)
    with pytest.raises(ConfigurationError, match=name):
        secrets.texts(name)


def test_the_endpoints_secret_is_read_with_that_bound(world: From) -> None:
    del world.container.__dict__["door_secrets"]
    world.container.aws = Account(world.secrets)  # type: ignore[assignment]
    with pytest.raises(ConfigurationError, match="admin_tokens"):
        world.container.door_secrets.texts("admin_tokens")


@pytest.mark.parametrize("name", DOOR_FIELDS)
def test_the_credentials_of_a_laptop_cannot_be_guessed(name: str) -> None:
    assert all(len(entry) >= DOOR_SHORTEST for entry in made()[name])
