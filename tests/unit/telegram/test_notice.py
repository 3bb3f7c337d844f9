"""The text that people read."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.plain_text import plain
from chalicelib.ports import Notice
from chalicelib.telegram.notice import compose

NOW = datetime(2025, 3, 3, tzinfo=UTC)
TEXTS = st.text(max_size=300) | st.sampled_from(("😀" * 300, "é" * 300, "\ud800" * 10, ""))
NOTICES = st.builds(
    Notice,
    st.integers(),
    st.sampled_from(("email", "system")),
    st.none() | st.text(),
    st.integers(0, 2),
    st.dictionaries(st.sampled_from(("subject", "sender", "category", "account", "urgency", "vip")) | st.text(), TEXTS),
    st.just(NOW),
)


def notice(topic: str = "email", **fields: str) -> Notice:
    mail = {
        "account": "praxis",
        "category": "patient",
        "urgency": "normal",
        "subject": "Results",
        "sender": "<PERSON_1>",
    }
    return Notice(1, topic, None, 1, (mail if topic == "email" else {}) | fields, NOW)


def text_of(*notices: Notice, language: str = "en") -> str:
    return compose(notices, language)[0].text


def test_one_mail_is_one_short_text() -> None:
    assert text_of(notice()) == "New mail\n\npatient · praxis\nResults\nfrom <PERSON_1>"


def test_one_mail_in_french() -> None:
    assert text_of(notice(), language="fr") == "Nouveau message\n\npatient · praxis\nResults\nde <PERSON_1>"


@pytest.mark.parametrize(("language", "head"), [("en", "3 new mails"), ("fr", "3 nouveaux messages")])
def test_several_mails_are_counted(language: str, head: str) -> None:
    assert text_of(notice(), notice(), notice(), language=language).splitlines()[0] == head


def test_an_urgent_mail_is_marked() -> None:
    assert "URGENT · patient" in text_of(notice(urgency="high"))


def test_a_vip_s_mail_is_marked() -> None:
    assert "VIP · patient" in text_of(notice(vip="1"))


def test_the_outbox_s_order_is_kept() -> None:
    text = text_of(notice(subject="first", urgency="high"), notice(subject="second"))
    assert text.index("first") < text.index("second")


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "(no subject)\nfrom (unknown sender)"), ("fr", "(sans objet)\nde (expéditeur inconnu)")],
)
def test_what_is_missing_is_named(language: str, expected: str) -> None:
    assert text_of(notice(subject="", sender=""), language=language).endswith(expected)


def test_a_built_in_category_is_translated_and_an_operator_s_own_is_not() -> None:
    texts = [text_of(notice(category=category), language="fr") for category in ("invoice", "own_one")]
    assert ["facture · praxis" in texts[0], "own_one · praxis" in texts[1]] == [True, True]


def test_a_system_notice_is_its_fields() -> None:
    assert text_of(notice("system", queue="store", oldest="90 s")) == "queue: store\noldest: 90 s"


def test_a_line_break_in_a_subject_makes_no_line() -> None:
    assert "a b" in text_of(notice(subject="a\r\nb"))


@pytest.mark.parametrize(
    "hidden",
    "\x00 \x0b \x1b \x7f \x85 \xad \u061c \u180e \u200b \u200d \u200e \u200f \u2028 \u2029 \u202a \u202e \u2060 \u2066"
    " \u2069 \ufeff \ufff9 \ud800 \udfff \U000e0041".split(" "),
)
def test_what_cannot_be_seen_is_removed(hidden: str) -> None:
    assert plain(f"a{hidden}b") == "a b"


def test_a_long_value_is_cut() -> None:
    assert plain("x" * 161) == "x" * 159 + "…"


def test_as_many_notices_as_fit_are_taken() -> None:
    message, taken = compose([notice(subject="x" * 160)] * 40, "en")
    assert 10 < taken < 40
    assert message.text.startswith(f"{taken} new mails")


@settings(deadline=None)
@given(st.lists(NOTICES, min_size=1, max_size=40), st.sampled_from(("en", "fr")))
def test_any_notices_fit_into_one_message(notices: list[Notice], language: str) -> None:
    message, taken = compose(notices, language)
    assert len(message.text) <= 4096
    assert 1 <= taken <= len(notices)


@settings(deadline=None)
@given(st.integers(10, 500), st.text(min_size=1, max_size=3))
def test_a_system_notice_of_many_wide_fields_fits_into_one_message(count: int, text: str) -> None:
    fields = {f"{number}{'😀' * 300}": f"{text}{'😀' * 300}" for number in range(count)}
    assert len(text_of(notice("system", **fields))) <= 4096


@settings(deadline=None)
@given(st.text())
def test_nothing_of_any_text_hides_or_turns(text: str) -> None:
    shown = plain(text)
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")]
    assert not [
        char for char in shown if unicodedata.bidirectional(char) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI")
    ]


def test_a_mail_in_a_topic_of_a_rule_is_shown_as_a_mail() -> None:
    sent = replace(notice(), topic="lab", mail_id="1")
    assert text_of(sent) == text_of(notice())


def test_a_mail_that_a_rule_sends_to_system_is_shown_as_a_mail() -> None:
    sent = replace(notice(), topic="system", mail_id="1")
    assert text_of(sent) == text_of(notice())


def test_a_mail_among_system_notices_has_no_head_of_its_own() -> None:
    system = replace(notice("system", alarm="x"), mail_id=None)
    assert text_of(system, replace(notice(), topic="system", mail_id="1")).startswith("alarm: x\n\npatient")


def test_a_message_that_holds_as_much_as_telegram_takes_is_not_cut_short_by_emoji() -> None:
    """Telegram counts an emoji as one character of a text."""
    assert compose([notice(subject="😀" * 160)] * 40, "en")[1] == compose([notice(subject="x" * 160)] * 40, "en")[1]


@pytest.mark.parametrize(
    ("language", "head"), [("en", "New mail · may be a repeat"), ("fr", "Nouveau message · peut-être une répétition")]
)
def test_a_notice_that_may_have_arrived_before_says_so(language: str, head: str) -> None:
    assert text_of(replace(notice(), unknown_sends=1), language=language).splitlines()[0] == head


def test_a_system_notice_that_may_have_arrived_before_says_so() -> None:
    assert text_of(replace(notice("system", queue="store"), unknown_sends=2)) == "may be a repeat\n\nqueue: store"
