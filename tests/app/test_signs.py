"""Signs of life: heartbeats, and what the doors count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.app.rules_world import ROWS, RULES, at_night, mail
from tests.app.world import World, installed, verdict


@pytest.fixture
def ruled() -> Iterator[World]:
    with installed(World()) as world:
        at_night(world)
        world.rule(RULES)
        yield world


def test_a_heartbeat_is_answered(world: World) -> None:
    assert verdict(world.push({"heartbeat": True})) == (200, "alive")


def test_a_heartbeat_is_answered_while_the_door_is_switched_off(world: World) -> None:
    world.container.flags.switch("gmail_ingress_enabled", False, "ada")
    assert verdict(world.push({"heartbeat": True})) == (200, "alive")


def test_a_heartbeat_needs_the_credentials(world: World) -> None:
    assert verdict(world.push({"heartbeat": True}, {"X-Mailroom-Signature": ""})) == (401, "unauthorized")


def test_a_heartbeat_that_is_none_is_a_mail_without_sender(world: World) -> None:
    assert verdict(world.push({"heartbeat": "yes"})) == (400, "missing_field")


@pytest.mark.parametrize("data", [{"heartbeat": True}, mail(), {"messages": [mail()]}, b"{"])
def test_whoever_has_the_credentials_gives_a_sign(world: World, data: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.push(data)
    assert metrics(capsys, "Sign") == [{"door": "gmail"}]


def test_an_unauthorized_caller_gives_no_sign(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.push(mail(), {"X-Mailroom-Signature": ""})
    assert metrics(capsys, "Sign") == []


def metrics(capsys: pytest.CaptureFixture[str], name: str) -> list[dict[str, Any]]:
    """The dimensions of a metric, line by line, without the service."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [{k: line[k] for k in ("door", "status") if k in line} for line in lines if name in line]


def value(capsys: pytest.CaptureFixture[str], name: str) -> float:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return sum(sum(line[name]) for line in lines if name in line)


def test_every_mail_of_a_batch_is_counted(ruled: World, capsys: pytest.CaptureFixture[str]) -> None:
    ruled.push({"messages": list(ROWS.values())})
    assert value(capsys, "Ingress") == len(ROWS)


def test_every_answer_has_its_time(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.push(mail())
    assert 0 < value(capsys, "DoorSeconds") < 10


@pytest.mark.parametrize(
    ("data", "failed"), [(mail(), 1), ({"messages": [mail(), mail(2)]}, 1), (b"{", 0), (mail(subject=1), 0)]
)
def test_only_the_door_s_own_faults_are_errors(
    world: World, data: Any, failed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    world.spool.down = True
    world.push(data)
    assert value(capsys, "DoorErrors") == failed


def test_a_door_that_is_switched_off_has_no_error(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.container.flags.switch("emailengine_ingress_enabled", False, "ada")
    event = {"account": "praxis", "event": "messageNew", "path": "INBOX", "data": {"id": "1"}}
    assert world.hook(event).status_code == 503
    assert value(capsys, "DoorErrors") == 0
