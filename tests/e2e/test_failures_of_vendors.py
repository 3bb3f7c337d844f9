"""Telegram and EmailEngine as they are on a bad day."""

from __future__ import annotations

import pytest
import redis

from chalicelib.core.stages import stage
from infra.local.watch import lying
from tests.e2e.world import World, states


def test_telegram_is_left_alone_for_as_long_as_it_asks(world: World) -> None:
    world.wait(world.idle, "the queues to run empty")
    before = len(world.sends())
    world.fail("telegram", status=429, path="/sendMessage")  # the stand-in's own answer asks for 3 seconds
    mail_id = world.mail("Rate limit of the messenger")
    assert world.lost(mail_id) == []
    refused, taken = world.sends()[before : before + 2]
    assert taken["at"] - refused["at"] >= 3


@pytest.mark.parametrize(
    "fault",
    [{"body": "garbage"}, {"reset": True}, {"body": "html", "status": 502}],
    ids=["garbage", "reset", "html"],
)
def test_a_notice_that_telegram_did_not_take_is_sent_later(world: World, fault: dict[str, object]) -> None:
    world.fail("telegram", path="/sendMessage", **fault)
    mail_id = world.mail("Messenger stumbles over the label")
    assert world.lost(mail_id) == []


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"reset": True}, {"body": "html"}, {"body": "garbage"}],
    ids=["down", "reset", "html", "garbage"],
)
def test_a_mail_that_emailengine_cannot_give_now_is_fetched_later(world: World, fault: dict[str, object]) -> None:
    before = len(world.asked("emailengine", "/v1/"))
    world.fail("emailengine", times=None, path="/v1/", **fault)
    mail_id = world.mail("Mail server is away for a minute", via="emailengine")
    world.wait(lambda: len(world.asked("emailengine", "/v1/")) > before, "EmailEngine to be asked in vain")
    world.restore()
    assert world.lost(mail_id) == []


def test_mail_of_the_other_door_does_not_wait_for_emailengine(world: World) -> None:
    world.fail("emailengine", times=None, path="/v1/", status=503)
    waiting = world.mail("Mail server is away for an hour", via="emailengine")
    passing = world.mail("Passing by the mail server")
    assert states(world.ends(passing), [passing]) == [("stored", "")]
    assert waiting not in world.ends(waiting, timeout=0)
    world.restore()
    assert world.lost(waiting, passing) == []


def test_mail_waits_uncounted_for_a_service_that_is_down_and_the_operator_sees_which(world: World) -> None:
    world.fail("emailengine", times=None, path="/v1/", status=503)
    ids = [
        world.mail(f"Mail server is down for the {which} time", via="emailengine") for which in ("1st", "2nd", "3rd")
    ]
    world.wait(lambda: state(world, "emailengine") == "open", "the breaker to open")
    queue = stage("anonymize").queue
    world.wait(lambda: any("postponements" in held["MessageAttributes"] for held in lying(world.info, queue)), "a copy")
    world.restore()
    redis.Redis.from_url(world.info.redis_url).delete("breaker:emailengine")  # as an operator who does not want to wait
    assert world.lost(*ids) == []
    assert state(world, "emailengine") == "closed"


def state(world: World, name: str) -> str:
    """Of a circuit breaker, as the operator reads it."""
    token = world.info.credentials["admin_tokens"][0]
    reported = world.request("GET", "/status", headers={"Authorization": f"Bearer {token}"}).json()["breakers"]
    return str({breaker["name"]: breaker["state"] for breaker in reported}[name])
