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
        ({"text": "\U0001f4e8" * 4097}, 400),
        ({"text": "\u2800 \u3000\ufffc"}, 400),
        ({"text": "x" * 32_769}, 400),
        ({"text": "a <b", "parse_mode": "HTML"}, 400),
        ({"message_thread_id": 1}, 400),
        ({"entities": "code"}, 400),
        ({"entities": [{"type": "code", "offset": 0}]}, 400),
        ({"entities": [{"type": "script", "offset": 0, "length": 1}]}, 400),
        ({"entities": [{"type": "code", "offset": 2, "length": 3}]}, 400),
        ({"text": "\U0001f4e8", "entities": [{"type": "code", "offset": 1, "length": 1}]}, 400),
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


def call(server: TelegramStandIn, method: str, **parameters: Any) -> tuple[int, Any]:
    answer = requests.post(f"{server.url}/bot1:t/{method}", json={"chat_id": "-100"} | parameters, timeout=5)
    body = answer.json()
    return answer.status_code, body["result"] if body["ok"] else body["description"]


def settle(server: TelegramStandIn, **settings: Any) -> None:
    requests.post(f"{server.url}/_control/settings", json={"limits": False} | settings, timeout=5).raise_for_status()


def test_a_text_is_counted_in_characters(server: TelegramStandIn) -> None:
    assert send(server, text="\U0001f4e8" * 4096).status_code == 200


@pytest.mark.parametrize(
    "text",
    ["/pause please", "Devis (/vip)", "facture.zip", "tg://x", "a@b.example", "@ann", "#tag", "\U0001f600 bit.ly/x"],
)
def test_what_looks_like_a_link_or_a_command_becomes_one(server: TelegramStandIn, text: str) -> None:
    send(server, text=text)
    assert server.messages[0]["active"] != []


def test_nothing_inside_code_becomes_a_link(server: TelegramStandIn) -> None:
    send(server, text="\U0001f600 /pause x.zip", entities=[{"type": "code", "offset": 3, "length": 12}])
    assert server.messages[0]["active"] == []


def test_what_stands_beside_code_becomes_one(server: TelegramStandIn) -> None:
    send(server, text="/pause /vip", entities=[{"type": "code", "offset": 0, "length": 6}])
    assert server.messages[0]["active"] == [{"type": "bot_command", "text": "/vip"}]


def test_entities_beyond_a_hundred_are_dropped_without_a_word(server: TelegramStandIn) -> None:
    send(server, text="/a " * 101, entities=[{"type": "pre", "offset": 3 * n, "length": 2} for n in range(101)])
    assert len(server.messages[0]["active"]) == 1


def test_a_group_that_moved_names_its_new_id(server: TelegramStandIn) -> None:
    settle(server, moved={"-100": -500})
    answer = send(server).json()
    assert (answer["error_code"], answer["parameters"]) == (400, {"migrate_to_chat_id": -500})
    assert send(server, chat_id="-500").json()["result"]["chat"]["id"] == -500


def test_the_threads_of_a_group_that_moved_are_void(server: TelegramStandIn) -> None:
    settle(server, moved={"-100": -500})
    assert call(server, "sendMessage", chat_id=-500, message_thread_id=2, text="x")[0] == 400


def test_in_a_group_without_topics_a_thread_is_ignored(server: TelegramStandIn) -> None:
    settle(server, forum=False)
    assert "message_thread_id" not in send(server, message_thread_id=7).json()["result"]


@pytest.mark.parametrize(
    ("settings", "parameters", "expected"),
    [
        ({"deleted": [2]}, {"message_thread_id": 2}, (400, "Bad Request: message thread not found")),
        ({"closed": [2]}, {"message_thread_id": 2}, (400, "Bad Request: TOPIC_CLOSED")),
        ({"closed": [1]}, {}, (400, "Bad Request: TOPIC_CLOSED")),
        ({"kicked": True}, {}, (403, "Forbidden: bot was kicked from the supergroup chat")),
        ({"may_write": False}, {}, (400, "Bad Request: not enough rights to send text messages to the chat")),
    ],
)
def test_a_place_that_cannot_be_written_to_says_why(
    server: TelegramStandIn, settings: dict[str, Any], parameters: dict[str, Any], expected: tuple[int, str]
) -> None:
    settle(server, **settings)
    assert call(server, "sendMessage", text="x", **parameters) == expected


def test_a_bot_with_the_right_makes_and_reopens_topics(server: TelegramStandIn) -> None:
    assert call(server, "createForumTopic", name="email")[0] == 400
    settle(server, may_manage_topics=True, closed=[2])
    thread = call(server, "createForumTopic", name="email")[1]["message_thread_id"]
    assert call(server, "sendMessage", text="x", message_thread_id=thread)[0] == 200
    assert call(server, "reopenForumTopic", message_thread_id=2) == (200, True)
    assert call(server, "sendMessage", text="x", message_thread_id=2)[0] == 200


def test_an_own_message_is_edited_and_deleted(server: TelegramStandIn) -> None:
    settle(server)
    number = call(server, "sendMessage", text="one")[1]["message_id"]
    assert call(server, "editMessageText", message_id=number, text="two")[0] == 200
    assert server.messages[0]["text"] == "two"
    assert call(server, "deleteMessage", message_id=number) == (200, True)
    assert server.messages == []


def test_what_cannot_be_edited_or_deleted_says_why(server: TelegramStandIn) -> None:
    settle(server)
    number = call(server, "sendMessage", text="one")[1]["message_id"]
    assert "message is not modified" in call(server, "editMessageText", message_id=number, text="one")[1]
    assert call(server, "editMessageText", message_id=99, text="x") == (400, "Bad Request: message to edit not found")
    assert call(server, "deleteMessage", message_id=99) == (400, "Bad Request: message to delete not found")


def test_sends_edits_and_new_topics_share_one_pace(server: TelegramStandIn, clock: Clock) -> None:
    settle(server, limits=True, may_manage_topics=True)
    number, statuses = call(server, "sendMessage", text="0")[1]["message_id"], []
    for step in range(30):
        clock.now += 1
        method, given = [
            ("sendMessage", {"text": "x"}),
            ("editMessageText", {"message_id": number, "text": str(step)}),
            ("createForumTopic", {"name": "topic"}),
        ][step % 3]
        statuses.append(call(server, method, **given)[0])
    assert statuses == [200] * 19 + [429] * 11


def test_no_webhook_is_set(server: TelegramStandIn) -> None:
    assert call(server, "getWebhookInfo")[1]["url"] == ""
