"""The Gmail push and EmailEngine's JSON, whatever is in their fields."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.mail.emailengine_message import from_message
from chalicelib.mail.fields import from_push
from chalicelib.mail.model import Address, Attachment

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)),
    max_leaves=8,
)
PUSH_KEYS = ["sender", "body", "subject", "date", "message_id", "to", "cc", "headers", "body_html", "attachments"]
ENGINE_KEYS = ["from", "to", "subject", "date", "messageId", "inReplyTo", "text", "headers", "attachments", "replyTo"]


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.sampled_from(PUSH_KEYS), JSON))
def test_any_push_gives_a_mail(push: dict[str, object]) -> None:
    from_push(push).text.encode("utf-8")


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.sampled_from(ENGINE_KEYS), JSON))
def test_any_emailengine_answer_gives_a_mail(message: dict[str, object]) -> None:
    from_message(message).text.encode("utf-8")


def test_a_push_is_read_field_by_field() -> None:
    mail = from_push(
        {
            "sender": "Ada <ada@example.com>",
            "subject": "Hi",
            "body": "text",
            "date": "2025-03-03T10:00:00Z",
            "to": ["bob@example.org", "Eve <eve@example.org>"],
            "cc": "x@example.org, y@example.org",
            "headers": {"In-Reply-To": "<0@x>", "List-Id": ["<a>", "<b>"]},
            "attachments": [{"name": "../a.pdf", "type": "Application/PDF", "size": 7}],
        }
    )
    assert mail.sender == Address("Ada", "ada@example.com")
    assert [len(mail.to), len(mail.cc)] == [2, 2]
    assert mail.in_reply_to == "<0@x>"
    assert mail.attachments == (Attachment("a.pdf", "application/pdf", 7),)
    assert mail.defects == ("no_message_id",)


def test_an_rfc_5322_date_is_read_as_well() -> None:
    assert from_push({"date": "Mon, 3 Mar 2025 10:00:00 +0100"}).date is not None


def test_a_push_with_html_alone_has_its_text() -> None:
    assert from_push({"body": "", "body_html": "<p>Hello"}).text == "Hello"


def test_an_emailengine_answer_is_read_field_by_field() -> None:
    mail = from_message(
        {
            "from": {"name": "Ada", "address": "ada@example.com"},
            "to": [{"address": "bob@example.org"}],
            "messageId": "<1@x>",
            "inReplyTo": "<0@x>",
            "date": "2025-03-03T10:00:00.000Z",
            "text": {"html": "<p>Hello", "hasMore": True},
            "attachments": [{"filename": "a.pdf", "contentType": "application/pdf", "encodedSize": 400}],
        }
    )
    assert (mail.text, mail.in_reply_to, mail.defects) == ("Hello", "<0@x>", ("truncated_text",))
    assert mail.attachments == (Attachment("a.pdf", "application/pdf", 300),)


def test_a_placeholder_gives_way_to_the_html_as_in_a_raw_mail() -> None:
    html = "<p>The inspection of the boiler is moved to Thursday.</p>"
    assert "boiler" in from_push({"body": "Please view this in your browser.", "body_html": html}).text


def test_what_a_push_quotes_is_kept_apart() -> None:
    mail = from_push({"subject": "Re: x", "body": "Merci.\n\nLe 2 nov. 2026, Ana a écrit :\n> URGENT"})
    assert (mail.text, mail.quoted) == ("Merci.", "Le 2 nov. 2026, Ana a écrit :\n> URGENT")
