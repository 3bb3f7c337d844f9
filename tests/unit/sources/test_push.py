"""The Gmail push, field by field."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.intake.intake import Arrival
from chalicelib.mail.fields import from_push
from chalicelib.mail.sealed import FIELDS, RAW
from chalicelib.sources.gmail_push import push
from chalicelib.web.request_fields import Refused

ACCOUNTS = ("praxis", "faculty")
TEXT_FIELDS = {
    "sender": 2_000,
    "body": 4_000_000,
    "subject": 10_000,
    "date": 200,
    "id": 64,
    "thread_id": 64,
    "message_id": 1_000,
    "body_html": 4_000_000,
    "raw": 6_000_000,
    "account": 64,
    "upload": 64,
}
"""Text fields and their largest length in characters (requirements: gmail-push)."""
LIST_FIELDS = {"to": 500, "cc": 500, "labels": 200, "attachments": 200}
MAIL: dict[str, Any] = {"account": "praxis", "sender": "Ada <ada@example.com>", "body": "Hello", "subject": "Hi"}


def refusal(**changes: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        push.arrival({key: value for key, value in (MAIL | changes).items() if value is not ...}, ACCOUNTS, "")
    return caught.value.status, caught.value.field


def taken(**changes: Any) -> Arrival:
    return push.arrival({key: value for key, value in (MAIL | changes).items() if value is not ...}, ACCOUNTS, "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"1",
        b'"text"',
        b"[]",
        b"\xff\xfe",
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5_000,
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="invalid_json"):
        push.mails_of(body, 50)


def test_one_mail_is_no_batch() -> None:
    assert push.mails_of(json.dumps(MAIL).encode(), 50) == ([MAIL], False)


def test_messages_are_a_batch() -> None:
    assert push.mails_of(json.dumps({"messages": [MAIL]}).encode(), 50) == ([MAIL], True)


@pytest.mark.parametrize("messages", [None, {}, [], "text", 1])
def test_messages_of_another_type_are_refused(messages: object) -> None:
    with pytest.raises(Refused, match="invalid_field"):
        push.mails_of(json.dumps({"messages": messages}).encode(), 50)


def test_a_batch_above_the_limit_is_refused() -> None:
    with pytest.raises(Refused, match="too_large"):
        push.mails_of(json.dumps({"messages": [{}] * 51}).encode(), 50)


def test_the_last_of_two_keys_counts() -> None:
    [mail], _ = push.mails_of(b'{"body":"one","body":"two"}', 50)
    assert mail == {"body": "two"}


@pytest.mark.parametrize("name", sorted(TEXT_FIELDS))
@pytest.mark.parametrize("value", [1, 1.5, True, [], {}, ["text"]])
def test_a_text_of_another_type_is_refused(name: str, value: object) -> None:
    assert refusal(**{name: value}) == ("invalid_field", name)


@pytest.mark.parametrize("name", sorted(TEXT_FIELDS.keys() - {"sender", "body", "account"}))
def test_a_text_that_is_null_is_absent(name: str) -> None:
    assert taken(**{name: None}).kind == FIELDS


@pytest.mark.parametrize(("name", "limit"), sorted(TEXT_FIELDS.items()))
def test_a_text_above_its_length_is_refused(name: str, limit: int) -> None:
    assert refusal(**{name: "x" * (limit + 1)}) == ("too_large", name)


@pytest.mark.parametrize("name", sorted(LIST_FIELDS))
@pytest.mark.parametrize("value", [1, True, {}, [1], [None], [[]]])
def test_a_list_of_another_type_is_refused(name: str, value: object) -> None:
    assert refusal(**{name: value}) == ("invalid_field", name)


@pytest.mark.parametrize(("name", "limit"), sorted(LIST_FIELDS.items()))
def test_a_list_above_its_length_is_refused(name: str, limit: int) -> None:
    item: object = {} if name == "attachments" else "x"
    assert refusal(**{name: [item] * (limit + 1)}) == ("invalid_field", name)


@pytest.mark.parametrize("name", ["to", "cc"])
def test_recipients_may_be_a_header_s_text(name: str) -> None:
    assert name in json.loads(taken(**{name: "a@example.com, b@example.com"}).payload)


@pytest.mark.parametrize("value", [1, "text", [], [{}], {"a": 1}, {"a": None}, {"a": {"b": "c"}}, {"a": ["b", 1]}])
def test_headers_of_another_shape_are_refused(value: object) -> None:
    assert refusal(headers=value) == ("invalid_field", "headers")


@pytest.mark.parametrize("value", [None, {}, {"List-Id": "x"}, {"Received": ["a", "b"]}])
def test_headers_are_texts_or_lists_of_texts(value: object) -> None:
    assert taken(headers=value).kind == FIELDS


def test_too_many_headers_are_refused() -> None:
    assert refusal(headers={str(number): "" for number in range(501)}) == ("invalid_field", "headers")


@pytest.mark.parametrize("sender", [..., None, "", "  "])
def test_a_push_needs_its_sender(sender: object) -> None:
    assert refusal(sender=sender) == ("missing_field", "sender")


@pytest.mark.parametrize("body", [..., None])
def test_a_push_needs_its_body(body: object) -> None:
    assert refusal(body=body) == ("missing_field", "body")


def test_an_empty_body_is_real_mail() -> None:
    assert taken(body="").kind == FIELDS


def test_html_alone_is_real_mail() -> None:
    arrival = taken(body="", body_html="<p>Hello</p>")
    assert from_push(json.loads(arrival.payload)).text == "Hello"


def test_an_account_that_is_not_configured_is_refused() -> None:
    assert refusal(account="other") == ("invalid_field", "account")


def test_a_push_without_account_needs_a_default() -> None:
    assert refusal(account=...) == ("missing_field", "account")


def test_a_push_without_account_is_the_default_account_s() -> None:
    mail = {key: value for key, value in MAIL.items() if key != "account"}
    assert push.arrival(mail, ACCOUNTS, "faculty").account == "faculty"


@pytest.mark.parametrize("item", [None, 1, "text", [], True])
def test_an_item_that_is_no_object_is_refused(item: object) -> None:
    with pytest.raises(Refused, match="invalid_field"):
        push.arrival(item, ACCOUNTS, "praxis")


RAW_MAIL = b"Subject: >>>???\r\n\r\n\xff\xfe body"


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(RAW_MAIL).decode(),
        base64.urlsafe_b64encode(RAW_MAIL).decode(),
        base64.urlsafe_b64encode(RAW_MAIL).decode().rstrip("="),
        base64.encodebytes(RAW_MAIL).decode(),
        base64.encodebytes(RAW_MAIL).decode().replace("\n", "\r\n"),
    ],
    ids=["base64", "base64url", "base64url without padding", "lines", "lines with CRLF"],
)
def test_raw_mail_is_read_in_every_usual_spelling(text: str) -> None:
    assert taken(raw=text).payload == RAW_MAIL


@pytest.mark.parametrize("raw", ["*", "a", "é", "\ud800", "\x00", "A===B", "====", " ", "aGVsbG8=world", "aaaaa"])
def test_what_is_no_base64_is_refused(raw: str) -> None:
    assert refusal(raw=raw) == ("invalid_field", "raw")


def test_raw_mail_wins_over_the_fields() -> None:
    assert taken(raw=base64.b64encode(RAW_MAIL).decode()).kind == RAW


def test_raw_mail_needs_no_sender() -> None:
    assert taken(sender=..., body=..., raw=base64.b64encode(RAW_MAIL).decode()).kind == RAW


def test_what_nobody_reads_is_not_sealed() -> None:
    assert "junk" not in json.loads(taken(junk="x" * 1000).payload)


def test_an_attachment_is_sealed_as_name_type_and_size() -> None:
    file = {"name": "a.pdf", "type": "application/pdf", "size": 9, "content": "x" * 1000, "deep": {"a": 1}}
    assert json.loads(taken(attachments=[file]).payload)["attachments"] == [
        {"name": "a.pdf", "type": "application/pdf", "size": 9}
    ]


def test_a_nested_value_in_an_attachment_is_left_out() -> None:
    assert json.loads(taken(attachments=[{"name": {"a": []}}]).payload)["attachments"][0]["name"] is None


@pytest.mark.parametrize("name", sorted(TEXT_FIELDS.keys() - {"raw", "account", "upload"}))
@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\udfff", "\u202e", "9" * 60])
def test_any_character_in_a_text_is_taken(name: str, text: str) -> None:
    """Mail holds anything: the parser cleans it, the door does not lose it."""
    assert from_push(json.loads(taken(**{name: text}).payload))


def test_the_payload_is_ascii() -> None:
    assert taken(subject="é\ud800").payload.isascii()


def test_a_gmail_id_is_the_identity() -> None:
    assert taken(id="19A1B2C3D4E5F607").identity == taken(id="19a1b2c3d4e5f607", body="other").identity


def test_the_date_is_never_part_of_the_identity() -> None:
    assert taken(date="2025-03-03").identity == taken(date=...).identity


RAW_TEXT = base64.b64encode(b"Subject: x\r\n\r\ntext").decode()
BYTES = ({"raw": RAW_TEXT}, {"upload": "0" * 32})


@pytest.mark.parametrize("form", BYTES, ids=["raw", "upload"])
def test_the_mailbox_s_date_of_a_mail_in_bytes_travels(form: dict[str, str]) -> None:
    assert taken(date="2025-03-02T08:15:00.000Z", **form).date == "2025-03-02T08:15:00+00:00"


@pytest.mark.parametrize("form", BYTES, ids=["raw", "upload"])
def test_the_mailbox_s_date_of_a_mail_in_bytes_is_never_part_of_the_identity(form: dict[str, str]) -> None:
    assert taken(date="2025-03-02T08:15:00Z", **form).identity == taken(date=..., **form).identity


@pytest.mark.parametrize("form", BYTES, ids=["raw", "upload"])
@pytest.mark.parametrize("date", ["yesterday", "2025-13-01T00:00:00Z", "1969-12-31T00:00:00Z", "\ud800", 5])
def test_what_is_no_date_of_a_mail_in_bytes_is_refused(form: dict[str, str], date: object) -> None:
    assert refusal(date=date, **form) == ("invalid_field", "date")


@pytest.mark.parametrize("date", [..., None, ""])
def test_a_mail_in_bytes_needs_no_date(date: object) -> None:
    assert taken(date=date, raw=RAW_TEXT).date == ""


def test_a_mail_in_fields_is_never_refused_for_its_own_date() -> None:
    assert taken(date="yesterday").kind == FIELDS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda s: st.lists(s) | st.dictionaries(st.text(), s),
)
NAMES = st.sampled_from((*TEXT_FIELDS, *LIST_FIELDS, "headers", "junk"))


@settings(deadline=None)
@given(st.dictionaries(NAMES, JSON))
def test_any_values_are_taken_or_refused(values: dict[str, Any]) -> None:
    with suppress(Refused):
        assert push.arrival(MAIL | values, ACCOUNTS, "").payload


@settings(deadline=None)
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(Refused):
        assert push.mails_of(body, 50)[0]
