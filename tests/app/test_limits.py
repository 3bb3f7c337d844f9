"""Rate limits at both doors: each mail by itself, nothing dropped."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.policy.document import Rate
from tests.app.rules_world import at_night, mail
from tests.app.world import World, installed, verdict

TIGHT = {"sender": {"per_minute": 6, "burst": 2}, "global": {"per_minute": 600, "burst": 5}}


@pytest.fixture
def limited() -> Iterator[World]:
    with installed(World()) as world:
        world.clock = at_night(world)  # type: ignore[attr-defined]
        world.rule({"rate_limits": TIGHT})
        yield world


def statuses(world: World, *pushes: dict[str, Any]) -> list[str]:
    return [given["status"] for given in world.push({"messages": list(pushes)}).json_body["verdicts"]]


def test_above_its_rate_a_sender_gets_the_wait(limited: World) -> None:
    for number in range(2):
        limited.push(mail(number))
    response = limited.push(mail(3))
    assert verdict(response) == (429, "rate_limited")
    assert (response.headers["Retry-After"], response.json_body["retry_after"]) == ("10", 10)


def test_in_a_batch_each_mail_is_limited_by_itself(limited: World) -> None:
    pushes = [mail(number) for number in range(3)] + [mail(9, sender="other@example.com")]
    assert statuses(limited, *pushes) == ["accepted", "accepted", "rate_limited", "accepted"]


def test_in_a_batch_the_wait_stands_at_the_mail(limited: World) -> None:
    answered = limited.push({"messages": [mail(number) for number in range(3)]}).json_body["verdicts"]
    assert answered[2]["retry_after"] == 10


def test_all_senders_together_are_limited(limited: World) -> None:
    pushes = [mail(number, sender=f"s{number}@example.com") for number in range(7)]
    assert statuses(limited, *pushes) == ["accepted"] * 5 + ["rate_limited"] * 2


def test_a_sender_in_another_spelling_is_the_same(limited: World) -> None:
    senders = ["a@example.com", "A@Example.COM", "Ada <a+x@example.com>"]
    assert statuses(limited, *(mail(n, sender=s) for n, s in enumerate(senders)))[-1] == "rate_limited"


def test_a_raw_mail_counts_for_its_sender(limited: World) -> None:
    raws = [base64.b64encode(b"From: a@example.com\r\nSubject: %d\r\n\r\nx" % n).decode() for n in range(3)]
    assert statuses(limited, *({"raw": raw} for raw in raws)) == ["accepted", "accepted", "rate_limited"]


def test_mail_without_a_sender_is_limited_with_all(limited: World) -> None:
    raws = [base64.b64encode(b"Subject: %d\r\n\r\nx" % n).decode() for n in range(6)]
    assert statuses(limited, *({"raw": raw} for raw in raws)) == ["accepted"] * 5 + ["rate_limited"]


def test_nothing_that_was_limited_is_kept_or_lost(limited: World) -> None:
    pushes = [mail(number) for number in range(4)]
    while "rate_limited" in (answered := statuses(limited, *pushes)):
        assert set(answered) <= {"accepted", "rate_limited", "already_processed"}
        limited.clock.now += 10  # type: ignore[attr-defined]
    assert len(limited.queued) == len(limited.spool.objects) == 4


def test_a_repeat_costs_no_rate(limited: World) -> None:
    for _ in range(9):
        limited.push(mail(1))
    assert verdict(limited.push(mail(2))) == (202, "accepted")


def test_where_the_rules_name_no_rate_the_settings_do() -> None:
    with installed(World()) as world:
        at_night(world, sender=Rate(6, 1))
        assert statuses(world, mail(1), mail(2)) == ["accepted", "rate_limited"]


def test_the_settings_limit_by_themselves() -> None:
    with installed(World(rate_sender="6:1", rate_total="off")) as world:
        assert statuses(world, mail(1), mail(2)) == ["accepted", "rate_limited"]


def test_no_key_of_a_limit_names_a_sender(limited: World) -> None:
    limited.push(mail(sender="ada@example.com"))
    keys = limited.container.limiter._arrivals  # type: ignore[attr-defined]
    assert keys
    assert not [key for key in keys if "ada" in key or "example" in key]


def test_the_emailengine_endpoint_knows_the_limit_in_all_alone(limited: World) -> None:
    def event(number: int) -> dict[str, Any]:
        return {"account": "praxis", "event": "messageNew", "path": "INBOX", "data": {"id": str(number)}}

    answered = [limited.hook(event(number)) for number in range(6)]
    assert [verdict(response) for response in answered] == [(202, "accepted")] * 5 + [(429, "rate_limited")]
    assert answered[-1].headers["Retry-After"] == "1"


def test_an_event_that_was_limited_is_taken_when_emailengine_repeats_it(limited: World) -> None:
    for number in range(5):
        limited.push(mail(number, sender=f"s{number}@example.com"))
    event = {"account": "praxis", "event": "messageNew", "path": "INBOX", "data": {"id": "1"}}
    headers = {"X-EE-Wh-Event-Id": "event-1"}
    assert verdict(limited.hook(event, headers=headers)) == (429, "rate_limited")
    limited.clock.now += 60  # type: ignore[attr-defined]
    assert verdict(limited.hook(event, headers=headers)) == (202, "accepted")
