"""Nothing that others wrote can be touched in Telegram, whatever it looks like there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.telegram.messenger import MAX_CHARACTERS, MAX_ENTITIES, entities
from chalicelib.core.message_text import MessageText
from chalicelib.operations.alarm_texts import alarm_message
from chalicelib.ports import Notice
from chalicelib.telegram.notice import compose, minimal_text
from infra.local.standins.telegram_rules import active, checked

NOW = datetime(2025, 3, 3, tzinfo=UTC)
ATTACKS = (
    *("/pause please", "Re: /dlq_discard_all", "Devis (/vip)", "\U0001f600 /pause@mailroom_bot", "/pause"),
    *("bit.ly/xyz", "facture.zip", "notes.md", "clip.mov", "evil.xyz", "a.link", "www.evil.example/login"),
    *("tg://resolve?domain=evil", "https://evil.example", "mailto:a@b.example", "tel:+41791234567"),
    *("@somebody", "a@b.example", "#hash", "$USD", "4111 1111 1111 1111", "ann\U0001f468‍\U0001f469‍\U0001f467.com"),
)
FOREIGN = (
    st.sampled_from(ATTACKS)
    | st.text(max_size=200)
    | st.tuples(st.text(max_size=20), st.sampled_from(ATTACKS)).map("".join)
)
FIELDS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("subject", "sender", "account", "category", "urgency", "vip"), FOREIGN)
)


def shown(message: MessageText) -> tuple[str, list[dict[str, object]]]:
    """As Telegram takes it. Raises `Refused`."""
    cut = message.cut(MAX_CHARACTERS)
    return checked({"text": cut.text, "entities": entities(cut)})


def touchable(message: MessageText) -> list[dict[str, str]]:
    return active(*shown(message))


def notice(topic: str = "email", **fields: str) -> Notice:
    return Notice(1, topic, "3f0e" if topic == "email" else None, 1, fields, NOW)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_service_would_find_each_of_these_in_plain_text(attack: str) -> None:
    assert active(attack, []) or attack.startswith(("tel:", "ann"))


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("field", ["subject", "sender", "account", "category"])
def test_no_field_of_a_notice_can_be_touched(field: str, attack: str) -> None:
    assert touchable(compose([notice(**{field: attack})], "en")[0]) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_notice_without_its_text_cannot_be_touched_either(attack: str) -> None:
    assert touchable(minimal_text(notice(account=attack), "fr")) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_system_notice_cannot_be_touched(attack: str) -> None:
    assert touchable(compose([notice("system", **{attack: attack})], "en")[0]) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_alarm_cannot_be_touched(attack: str) -> None:
    assert touchable(MessageText.inert(alarm_message("mailroom-store-backlog", True, attack, "en"))) == []


@settings(deadline=None)
@given(st.lists(FIELDS, min_size=1, max_size=40), st.sampled_from(["email", "system"]), st.integers(0, 1))
def test_no_notices_whatever_can_be_touched(all_fields: list[dict[str, str]], topic: str, doubts: int) -> None:
    notices = [replace(notice(topic, **fields), unknown_sends=doubts) for fields in all_fields]
    message, _ = compose(notices, "fr")
    assert touchable(message) == []


def test_forty_notices_stay_below_the_entities_that_telegram_keeps() -> None:
    message, taken = compose([notice(subject="/vip")] * 40, "en")
    assert (taken, len(entities(message))) == (40, 40)


def test_more_spans_than_telegram_keeps_become_one() -> None:
    message = MessageText.of([("/a ", True), ("own ", False)] * (MAX_ENTITIES + 1))
    assert (len(entities(message)), touchable(message)) == (1, [])


def test_an_emoji_before_a_span_counts_twice_in_its_offset() -> None:
    message = MessageText.of([("\U0001f534 ", False), ("a\U0001f600b", True)])
    assert entities(message) == [{"type": "pre", "offset": 3, "length": 4}]


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=[])), st.booleans())), st.integers(1, 60))
def test_a_cut_message_is_short_whole_and_its_spans_lie_in_it(parts: list[tuple[str, bool]], limit: int) -> None:
    cut = MessageText.of(parts).cut(limit)
    assert len(cut.text) <= limit
    assert cut.text.encode().decode() == cut.text
    assert all(0 <= start < end <= len(cut.text) for start, end in cut.foreign)


@given(st.lists(st.tuples(st.text(max_size=5), st.booleans()), max_size=5))
def test_a_short_message_is_not_changed(parts: list[tuple[str, bool]]) -> None:
    message = MessageText.of(parts)
    assert message.cut(100) == message
    assert "".join(message.text[start:end] for start, end in message.foreign) == "".join(
        text for text, foreign in parts if foreign
    )
