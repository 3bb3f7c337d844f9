"""Telegram's answers, true and broken, and the token that is never shown."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.adapters.http.client import Answer
from chalicelib.adapters.telegram import answers
from chalicelib.adapters.telegram.answers import Meaning, meaning
from chalicelib.adapters.telegram.messenger import Telegram
from chalicelib.adapters.telegram.places import MemoryChatBook
from chalicelib.core.errors import MailroomError, Permanent, Retryable
from chalicelib.core.message_text import MessageText
from chalicelib.ports import ChatChanges, Sent
from chalicelib.resilience.refusals import CHAT_MOVED, CHAT_REFUSED, OUTCOME_UNKNOWN, TOPIC_LOST, TOPIC_REMADE
from infra.local.standins.telegram import TelegramStandIn
from tests.aws_at import closed_port
from tests.unit.adapters.broken import MISBEHAVIOURS

TOKEN = "123456:invented-token"
TOPICS = {"email": 2, "general": 0, "first": 1}
NEW = -1001234567890


def send(telegram: Telegram, topic: str, text: str) -> Sent:
    return telegram.send(topic, MessageText.inert(text))


@pytest.fixture
def stand_in() -> Iterator[TelegramStandIn]:
    with TelegramStandIn(token=TOKEN, chats=frozenset({"-100"}), limits=False) as stand_in:
        yield stand_in


@pytest.fixture
def telegram(stand_in: TelegramStandIn) -> Iterator[Telegram]:
    telegram = Telegram(f"{stand_in.url}/", TOKEN, "-100", TOPICS, MemoryChatBook(), timeout=(0.5, 0.3))
    yield telegram
    telegram.close()


@pytest.mark.parametrize("fields", MISBEHAVIOURS.values(), ids=list(MISBEHAVIOURS))
def test_a_misbehaving_service_is_a_passing_failure(
    stand_in: TelegramStandIn, telegram: Telegram, fields: dict[str, Any]
) -> None:
    stand_in.fail(**fields)
    with pytest.raises(Retryable, match=r"telegram_(unavailable|outcome_unknown)"):
        send(telegram, "email", "text")


@pytest.mark.parametrize("status", [302, 409, 413, 500, 599])
def test_any_other_status_is_a_passing_failure(stand_in: TelegramStandIn, telegram: Telegram, status: int) -> None:
    stand_in.fail(status=status)
    with pytest.raises(Retryable, match="telegram_unavailable"):
        send(telegram, "email", "text")


@pytest.mark.parametrize("body", ['{"ok": false}', "html", '{"ok": true}', '{"ok": true, "result": {}}', "truncated"])
def test_a_200_that_says_nothing_leaves_the_outcome_unknown(
    stand_in: TelegramStandIn, telegram: Telegram, body: str
) -> None:
    stand_in.fail(status=200, body=body)
    with pytest.raises(Retryable, match=OUTCOME_UNKNOWN):
        send(telegram, "email", "text")


def test_a_proxy_s_400_is_a_passing_failure(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    stand_in.fail(status=400, body="html")
    with pytest.raises(Retryable, match="telegram_unavailable"):
        send(telegram, "email", "text")


def test_the_service_s_own_rate_limit_is_obeyed(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    stand_in.limits = True
    for number in range(3):
        send(telegram, "email", f"text {number}")
    with pytest.raises(Retryable, match="telegram_rate_limited") as caught:
        send(telegram, "email", "too soon")
    assert caught.value.after == 1


def test_a_rate_limit_without_parameters_uses_the_header(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    stand_in.fail(status=429, body="html", headers={"Retry-After": "9"})
    with pytest.raises(Retryable, match="telegram_rate_limited") as caught:
        send(telegram, "email", "text")
    assert caught.value.after == 9


@pytest.mark.parametrize("token", ["999:other", "not a token/../x"])
def test_a_token_that_is_not_taken_waits_for_an_operator(stand_in: TelegramStandIn, token: str) -> None:
    telegram = Telegram(stand_in.url, token, "-100", TOPICS, MemoryChatBook())
    with pytest.raises(Retryable, match="telegram_unauthorized"):
        send(telegram, "email", "text")
    telegram.close()


def test_an_unknown_chat_is_no_fault_of_the_text(stand_in: TelegramStandIn) -> None:
    telegram = Telegram(stand_in.url, TOKEN, "-200", TOPICS, MemoryChatBook())
    with pytest.raises(Retryable, match=CHAT_REFUSED):
        send(telegram, "email", "text")
    telegram.close()


def test_the_text_goes_as_code_to_the_topic_s_thread(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    sent = send(telegram, "email", "*text* /pause")
    [message] = stand_in.messages
    assert (message["message_thread_id"], message["active"]) == (2, [])
    assert message["parameters"] == ["chat_id", "entities", "link_preview_options", "message_thread_id", "text"]
    assert sent == Sent(1, "-100", 2)


@pytest.mark.parametrize("topic", ["general", "first"])
def test_the_general_topic_has_no_thread(stand_in: TelegramStandIn, telegram: Telegram, topic: str) -> None:
    assert send(telegram, topic, "text").thread is None
    assert "message_thread_id" not in stand_in.messages[0]["parameters"]


def test_nothing_is_sent_twice_by_itself(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    stand_in.fail(reset=True, after=True)
    with pytest.raises(Retryable):
        send(telegram, "email", "text")
    assert len(stand_in.messages) == 1


def test_the_token_is_in_no_error(stand_in: TelegramStandIn) -> None:
    telegram = Telegram(f"http://127.0.0.1:{closed_port()}", TOKEN, "-100", TOPICS, MemoryChatBook())
    with pytest.raises(MailroomError) as caught:
        send(telegram, "email", "text")
    assert TOKEN not in repr(caught.value)
    assert TOKEN not in str(vars(caught.value))
    assert TOKEN not in repr(telegram)


def test_the_token_is_in_no_log(
    stand_in: TelegramStandIn, telegram: Telegram, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        send(telegram, "email", "text")
        stand_in.fail(reset=True)
        with pytest.raises(Retryable):
            send(telegram, "email", "text")
    assert TOKEN not in caplog.text


def described(status: int, description: str, **parameters: int) -> Answer:
    body = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
    return Answer(status, "application/json", {}, json.dumps(body).encode())


CLASSES = {
    Meaning.MOVED: ["400 Bad Request: group chat was upgraded to a supergroup chat"],
    Meaning.TOPIC_GONE: [
        "400 Bad Request: message thread not found",
        "400 Bad Request: TOPIC_DELETED",
        "400 Bad Request: TOPIC_ID_INVALID",
    ],
    Meaning.TOPIC_CLOSED: ["400 Bad Request: TOPIC_CLOSED"],
    Meaning.CHAT: [
        "400 Bad Request: chat not found",
        "400 Bad Request: CHAT_WRITE_FORBIDDEN",
        "400 Bad Request: CHAT_RESTRICTED",
        "400 Bad Request: not enough rights to send text messages to the chat",
        "400 Bad Request: have no rights to send a message",
        "400 Bad Request: PEER_ID_INVALID",
        "403 Forbidden: bot was kicked from the supergroup chat",
        "403 Forbidden: bot was kicked from the group chat",
        "403 Forbidden: bot is not a member of the supergroup chat",
        "403 Forbidden: the group chat was deleted",
        "403 Forbidden: bot was blocked by the user",
        "403 Forbidden: user is deactivated",
        "403 Forbidden: bot can't initiate conversation with a user",
        "403 Forbidden: something that is new",
    ],
    Meaning.TEXT: [
        "400 Bad Request: message is too long",
        "400 Bad Request: text is too long",
        "400 Bad Request: message text is empty",
        "400 Bad Request: text must be non-empty",
        "400 Bad Request: strings must be encoded in UTF-8",
        "400 Bad Request: can't parse entities: unsupported start tag",
        "400 Bad Request: can't parse MessageEntity: field length",
        "400 Bad Request: BUTTON_DATA_INVALID",
        "400 Bad Request: wrong HTTP URL",
        "400 Bad Request: reply markup is too long",
        "400 Bad Request: something that is new",
    ],
    Meaning.NOTHING_TO_DO: [
        "400 Bad Request: message is not modified: specified new message content",
        "400 Bad Request: message to edit not found",
        "400 Bad Request: message can't be edited",
        "400 Bad Request: message to delete not found",
        "400 Bad Request: message can't be deleted for everyone",
        "400 Bad Request: query is too old and response timeout expired or query ID is invalid",
    ],
    Meaning.TOKEN: ["401 Unauthorized", "404 Not Found", "421 Misdirected Request", "400 Logged out"],
    Meaning.TWO_READERS: [
        "409 Conflict: terminated by other getUpdates request",
        "409 Conflict: can't use getUpdates method while webhook is active",
    ],
    Meaning.LIMITED: ["429 Too Many Requests: retry after 5"],
    Meaning.PASSING: ["500 Internal Server Error: restart", "413 Request Entity Too Large", "502 Bad Gateway"],
}


@pytest.mark.parametrize(
    ("expected", "text"),
    [(kind, text) for kind, texts in CLASSES.items() for text in texts],
)
def test_each_description_of_telegram_has_its_class(expected: Meaning, text: str) -> None:
    status, _, description = text.partition(" ")
    assert meaning(described(int(status), description)) is expected


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_a_description_s_case_does_not_count(case: Any) -> None:
    assert meaning(described(400, case("Bad Request: message thread not found"))) is Meaning.TOPIC_GONE


@pytest.mark.parametrize(
    ("parameters", "headers", "seconds"),
    [
        ({"retry_after": 7200}, {}, 7200),
        ({"retry_after": 7200}, {"Retry-After": "5"}, 7200),
        ({}, {"Retry-After": "7200"}, 7200),
        ({}, {}, answers.DEFAULT_WAIT),
        ({"retry_after": "soon"}, {"Retry-After": "never"}, answers.DEFAULT_WAIT),
        ({"retry_after": True}, {}, answers.DEFAULT_WAIT),
        ({"retry_after": -5}, {}, 0),
        ({"retry_after": 1e300}, {}, 14 * 24 * 3600),
    ],
)
def test_a_wait_is_obeyed_as_it_was_asked_for(parameters: Any, headers: dict[str, str], seconds: float) -> None:
    body = json.dumps({"ok": False, "error_code": 429, "description": "", "parameters": parameters}).encode()
    assert answers.wait(Answer(429, "application/json", headers, body)) == seconds


@pytest.fixture
def world(stand_in: TelegramStandIn) -> Iterator[World]:
    world = World(stand_in)
    yield world
    world.telegram.close()


class World:
    """A group with topics, and a book that outlives a container."""

    def __init__(self, stand_in: TelegramStandIn) -> None:
        self.stand_in = stand_in
        self.book = MemoryChatBook()
        self.telegram = self.another()

    def another(self) -> Telegram:
        return Telegram(self.stand_in.url, TOKEN, "-100", TOPICS, self.book, timeout=(1, 5))

    def settle(self, **settings: Any) -> None:
        self.stand_in.chats.settle(settings)

    def send(self, topic: str = "email") -> Sent:
        return send(self.telegram, topic, "text")

    def methods(self) -> list[str]:
        return [request["path"].rpartition("/")[2] for request in self.stand_in.control.requests]


def test_a_group_that_moves_is_followed_at_once(world: World) -> None:
    world.send()
    world.settle(moved={"-100": NEW})
    sent = world.send()
    assert (sent.chat, sent.thread, sent.changes) == (str(NEW), None, (CHAT_MOVED,))
    assert [message["chat_id"] for message in world.stand_in.messages] == ["-100", str(NEW)]


def test_a_move_is_kept_for_other_containers(world: World) -> None:
    world.settle(moved={"-100": NEW})
    world.send()
    other = world.another()
    before = len(world.methods())
    send(other, "email", "text")
    other.close()
    assert (world.book.changes("-100"), len(world.methods()) - before) == (ChatChanges(str(NEW)), 1)


def test_a_group_that_moves_twice_is_followed_again(world: World) -> None:
    world.settle(moved={"-100": -5})
    world.send()
    world.settle(moved={"-100": -5, "-5": NEW})
    assert world.send().chat == str(NEW)


def test_a_group_that_moves_in_a_circle_is_given_up(world: World) -> None:
    world.settle(moved={"-100": -5, "-5": -100})
    with pytest.raises(Retryable, match=CHAT_REFUSED):
        world.send()
    assert len(world.methods()) < 5


def test_a_move_without_a_new_id_is_no_fault_of_the_text(world: World) -> None:
    body = '{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat"}'
    world.stand_in.fail(status=400, body=body)
    with pytest.raises(Retryable, match=CHAT_REFUSED):
        world.send()


@pytest.mark.parametrize("fault", [{"deleted": [2]}, {"closed": [2]}])
def test_a_lost_topic_s_notices_arrive_in_the_general_one(world: World, fault: dict[str, list[int]]) -> None:
    world.settle(**fault)
    sent = [world.send(), world.send()]
    assert [(one.thread, one.changes) for one in sent] == [(None, (TOPIC_LOST,))] * 2


def test_a_lost_topic_is_not_asked_for_each_notice(world: World) -> None:
    world.settle(deleted=[2])
    for _ in range(3):
        world.send()
    assert world.methods() == ["sendMessage", "createForumTopic", "sendMessage", "sendMessage", "sendMessage"]


def test_another_topic_does_not_suffer_from_a_lost_one(stand_in: TelegramStandIn) -> None:
    telegram = Telegram(stand_in.url, TOKEN, "-100", {"email": 2, "system": 3}, MemoryChatBook())
    stand_in.chats.settle({"deleted": [2]})
    assert [send(telegram, topic, "text").thread for topic in ("email", "system")] == [None, 3]
    telegram.close()


def test_a_deleted_topic_is_made_again_where_the_bot_may(world: World) -> None:
    world.settle(deleted=[2], may_manage_topics=True)
    sent = world.send()
    assert (sent.thread, sent.changes) == (1000, (TOPIC_REMADE,))
    assert world.stand_in.chats.made == {("-100", 1000): "email"}


def test_a_topic_that_was_made_again_is_used_from_then_on(world: World) -> None:
    world.settle(deleted=[2], may_manage_topics=True)
    world.send()
    other = world.another()
    again = [world.send(), send(other, "email", "text")]
    other.close()
    assert [(one.thread, one.changes) for one in again] == [(1000, ())] * 2


def test_a_closed_topic_is_reopened_where_the_bot_may(world: World) -> None:
    world.settle(closed=[2], may_manage_topics=True)
    assert world.send().thread == 2


def test_a_topic_that_closes_again_at_once_is_lost(world: World) -> None:
    body = '{"ok":false,"error_code":400,"description":"Bad Request: TOPIC_CLOSED"}'
    world.settle(closed=[2], may_manage_topics=True)
    world.stand_in.fail(status=400, body=body, path="/sendMessage", times=2)
    assert TOPIC_LOST in world.send().changes


def test_a_closed_general_topic_is_no_fault_of_the_text(world: World) -> None:
    world.settle(closed=[1])
    with pytest.raises(Retryable, match=CHAT_REFUSED):
        world.send("general")


def test_in_a_group_without_topics_a_message_arrives_all_the_same(world: World) -> None:
    world.settle(forum=False)
    assert (world.send().thread, world.send("first").thread) == (None, None)


@pytest.mark.parametrize("fault", [{"kicked": True}, {"may_write": False}])
def test_a_chat_that_cannot_be_written_to_is_a_failure_of_the_place(world: World, fault: dict[str, bool]) -> None:
    world.settle(**fault)
    with pytest.raises(Retryable, match=CHAT_REFUSED):
        world.send()


def test_a_book_that_cannot_be_read_keeps_no_alarm_from_its_reader(stand_in: TelegramStandIn) -> None:
    class Broken(MemoryChatBook):
        def changes(self, configured: str) -> ChatChanges:
            raise Retryable("database_unavailable")

        def moved(self, configured: str, chat: str) -> None:
            raise Retryable("database_unavailable")

    telegram = Telegram(stand_in.url, TOKEN, "-100", TOPICS, Broken())
    stand_in.chats.settle({"moved": {"-100": NEW}})
    assert [send(telegram, "email", "text").chat for _ in range(2)] == [str(NEW)] * 2
    telegram.close()


def test_telegram_has_time_to_answer_after_eight_seconds() -> None:
    with TelegramStandIn(token=TOKEN, limits=False) as stand_in:
        stand_in.fail(delay=8.5)
        telegram = Telegram(stand_in.url, TOKEN, "-100", TOPICS, MemoryChatBook())
        assert send(telegram, "email", "text").message_id == 1
        telegram.close()


@pytest.mark.parametrize(
    "fault", [{"reset": True, "after": True}, {"hold": 2.0}, {"status": 200, "body": "garbage", "after": True}]
)
def test_a_message_whose_answer_is_lost_has_an_unknown_outcome(
    stand_in: TelegramStandIn, telegram: Telegram, fault: dict[str, Any]
) -> None:
    stand_in.fail(**fault)
    with pytest.raises(Retryable, match=OUTCOME_UNKNOWN):
        send(telegram, "email", "text")
    assert len(stand_in.messages) == 1


def test_a_service_that_cannot_be_reached_certainly_got_nothing() -> None:
    telegram = Telegram(f"http://127.0.0.1:{closed_port()}", TOKEN, "-100", TOPICS, MemoryChatBook())
    with pytest.raises(Retryable, match="telegram_unavailable"):
        send(telegram, "email", "text")


def test_no_further_call_begins_late(stand_in: TelegramStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.adapters.telegram.messenger.FOLLOW_UP", 0.2)
    telegram = Telegram(stand_in.url, TOKEN, "-100", TOPICS, MemoryChatBook())
    stand_in.chats.settle({"moved": {"-100": NEW}})
    stand_in.fail(delay=0.4)
    began = time.monotonic()
    with pytest.raises(Retryable, match="telegram_unavailable"):
        send(telegram, "email", "text")
    assert (stand_in.messages, time.monotonic() - began < 2) == ([], True)
    telegram.close()


def test_a_lone_surrogate_does_not_move_a_span(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    telegram.send("email", MessageText.of([("\ud83d ", False), ("/pause", True)]))
    assert stand_in.messages[0]["active"] == []


def test_a_refused_text_is_permanent(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    stand_in.refuses = "poison"
    with pytest.raises(Permanent, match="telegram_refused"):
        send(telegram, "email", "poison")
