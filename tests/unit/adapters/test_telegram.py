"""Telegram's answers, true and broken, and the token that is never shown."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.telegram.messenger import Telegram, cut
from chalicelib.core.errors import MailroomError, Permanent, Retryable
from infra.local.standins.telegram import TelegramStandIn
from tests.aws_at import closed_port
from tests.unit.adapters.broken import MISBEHAVIOURS

TOKEN = "123456:invented-token"
TOPICS = {"email": 2, "general": 0}


@pytest.fixture
def stand_in() -> Iterator[TelegramStandIn]:
    with TelegramStandIn(token=TOKEN, chats=frozenset({"-100"}), limits=False) as stand_in:
        yield stand_in


@pytest.fixture
def telegram(stand_in: TelegramStandIn) -> Iterator[Telegram]:
    telegram = Telegram(f"{stand_in.url}/", TOKEN, "-100", TOPICS, timeout=(0.5, 0.3))
    yield telegram
    telegram.close()


@pytest.mark.parametrize("fields", MISBEHAVIOURS.values(), ids=list(MISBEHAVIOURS))
def test_a_misbehaving_service_is_a_passing_failure(
    stand_in: TelegramStandIn, telegram: Telegram, fields: dict[str, Any]
) -> None:
    stand_in.fail(**fields)
    with pytest.raises(Retryable, match="telegram_unavailable"):
        telegram.send("email", "text")


@pytest.mark.parametrize("status", [302, 409, 413, 500, 599])
def test_any_other_status_is_a_passing_failure(stand_in: TelegramStandIn, telegram: Telegram, status: int) -> None:
    stand_in.fail(status=status)
    with pytest.raises(Retryable, match="telegram_unavailable"):
        telegram.send("email", "text")


def test_a_200_that_is_not_ok_is_a_passing_failure(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    stand_in.fail(status=200, body='{"ok": false}')
    with pytest.raises(Retryable, match="telegram_unavailable"):
        telegram.send("email", "text")


def test_a_proxy_s_400_is_a_passing_failure(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    stand_in.fail(status=400, body="html")
    with pytest.raises(Retryable, match="telegram_unavailable"):
        telegram.send("email", "text")


def test_the_service_s_own_rate_limit_is_obeyed(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    stand_in.limits = True
    for number in range(3):
        telegram.send("email", f"text {number}")
    with pytest.raises(Retryable, match="telegram_rate_limited") as caught:
        telegram.send("email", "too soon")
    assert caught.value.after == 1


def test_a_rate_limit_without_parameters_uses_the_header(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    stand_in.fail(status=429, body="html", headers={"Retry-After": "9"})
    with pytest.raises(Retryable, match="telegram_rate_limited") as caught:
        telegram.send("email", "text")
    assert caught.value.after == 9


@pytest.mark.parametrize("token", ["999:other", "not a token/../x"])
def test_a_token_that_is_not_taken_waits_for_an_operator(stand_in: TelegramStandIn, token: str) -> None:
    telegram = Telegram(stand_in.url, token, "-100", TOPICS)
    with pytest.raises(Retryable, match="telegram_unauthorized"):
        telegram.send("email", "text")
    telegram.close()


def test_a_chat_that_is_gone_is_a_permanent_failure(stand_in: TelegramStandIn) -> None:
    telegram = Telegram(stand_in.url, TOKEN, "-200", TOPICS)
    with pytest.raises(Permanent, match="telegram_refused"):
        telegram.send("email", "text")
    telegram.close()


def test_the_text_goes_plain_to_the_topic_s_thread(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    telegram.send("email", "*text*")
    [message] = stand_in.messages
    assert message["message_thread_id"] == 2
    assert message["parameters"] == ["chat_id", "link_preview_options", "message_thread_id", "text"]


def test_the_general_topic_has_no_thread(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    telegram.send("general", "text")
    assert stand_in.messages[0]["message_thread_id"] is None


def test_nothing_is_sent_twice_by_itself(stand_in: TelegramStandIn, telegram: Telegram) -> None:
    stand_in.fail(reset=True, after=True)
    with pytest.raises(Retryable):
        telegram.send("email", "text")
    assert len(stand_in.messages) == 1


def test_the_token_is_in_no_error(stand_in: TelegramStandIn) -> None:
    telegram = Telegram(f"http://127.0.0.1:{closed_port()}", TOKEN, "-100", TOPICS)
    with pytest.raises(MailroomError) as caught:
        telegram.send("email", "text")
    assert TOKEN not in repr(caught.value)
    assert TOKEN not in str(vars(caught.value))
    assert TOKEN not in repr(telegram)


def test_the_token_is_in_no_log(
    stand_in: TelegramStandIn, telegram: Telegram, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        telegram.send("email", "text")
        stand_in.fail(reset=True)
        with pytest.raises(Retryable):
            telegram.send("email", "text")
    assert TOKEN not in caplog.text


@given(st.text(st.characters(exclude_categories=[])), st.integers(min_value=1, max_value=50))
def test_a_cut_text_is_short_and_whole(text: str, units: int) -> None:
    result = cut(text, units)
    assert len(result.encode("utf-16-le")) // 2 <= units
    assert result.encode().decode() == result


@given(st.text(max_size=20))
def test_a_short_text_is_not_changed(text: str) -> None:
    assert cut(text) == text
