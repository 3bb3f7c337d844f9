"""The Telegram stand-in keeps to the Bot API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from infra.local.standins.telegram import TelegramStandIn


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[TelegramStandIn]:
    chats = frozenset({"-100", "5"})
    with TelegramStandIn(token="1:t", chats=chats, threads=frozenset({2}), clock=clock) as server:
        yield server


def send(server: TelegramStandIn, token: str = "1:t", **parameters: Any) -> requests.Response:
    given = {"chat_id": "-100", "text": "text"} | parameters
    return requests.post(f"{server.url}/bot{token}/sendMessage", json=given, timeout=5)


def test_a_message_is_answered_in_the_api_s_form(server: TelegramStandIn) -> None:
    answer = send(server, message_thread_id=2).json()
    assert answer["ok"] is True
    assert (answer["result"]["message_thread_id"], answer["result"]["text"]) == (2, "text")


def test_what_arrived_is_kept_with_its_thread_and_time(server: TelegramStandIn) -> None:
    send(server, message_thread_id=2)
    [message] = requests.get(f"{server.url}/_control/messages", timeout=5).json()
    assert (message["chat_id"], message["message_thread_id"], message["text"]) == ("-100", 2, "text")
    assert message["at"] > 1_600_000_000


def test_a_form_is_taken_too(server: TelegramStandIn) -> None:
    requests.post(f"{server.url}/bot1:t/sendMessage", data={"chat_id": "5", "text": "é"}, timeout=5)
    assert server.messages[0]["text"] == "é"


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"chat_id": "-999"}, 400),
        ({"text": ""}, 400),
        ({"text": "x" * 4097}, 400),
        ({"text": "\U0001f4e8" * 2049}, 400),
        ({"message_thread_id": 7}, 400),
        ({"token": "9:wrong"}, 401),
    ],
)
def test_what_the_api_refuses_is_refused(server: TelegramStandIn, parameters: dict[str, Any], status: int) -> None:
    answer = send(server, **parameters)
    assert (answer.status_code, answer.json()["ok"], answer.json()["error_code"]) == (status, False, status)


def test_more_than_a_message_a_second_is_too_many_after_a_short_burst(server: TelegramStandIn) -> None:
    statuses = [send(server).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_too_many_requests_tell_how_long_to_wait(server: TelegramStandIn) -> None:
    for _ in range(3):
        send(server)
    assert send(server).json()["parameters"] == {"retry_after": 1}


def test_after_the_wait_a_message_is_taken(server: TelegramStandIn, clock: Clock) -> None:
    for _ in range(4):
        send(server)
    clock.now += 1
    assert send(server).status_code == 200


def test_a_group_takes_twenty_in_a_minute(server: TelegramStandIn, clock: Clock) -> None:
    statuses = []
    for _ in range(21):
        clock.now += 1
        statuses.append(send(server).status_code)
    assert statuses == [200] * 20 + [429]


def test_a_person_s_chat_has_no_limit_by_the_minute(server: TelegramStandIn, clock: Clock) -> None:
    statuses = set()
    for _ in range(25):
        clock.now += 1
        statuses.add(send(server, chat_id="5").status_code)
    assert statuses == {200}


def test_the_limits_can_be_switched_off(server: TelegramStandIn) -> None:
    requests.post(f"{server.url}/_control/settings", json={"limits": False}, timeout=5)
    assert {send(server).status_code for _ in range(30)} == {200}


def test_the_token_is_not_kept(server: TelegramStandIn) -> None:
    send(server)
    assert server.control.requests[0]["path"] == "/bot***/sendMessage"


def test_a_429_on_command_has_the_api_s_form(server: TelegramStandIn) -> None:
    server.fail(status=429)
    assert send(server).json()["parameters"] == {"retry_after": 3}
