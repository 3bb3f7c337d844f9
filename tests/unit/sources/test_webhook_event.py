"""The EmailEngine webhook: what an event is, and whether its mail enters."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.mail.identity import mail_id
from chalicelib.sources.emailengine import webhook_event
from chalicelib.sources.gmail_push import push
from chalicelib.web.request_fields import Refused

TEXTS = ("id", "emailId", "messageId", "path", "date")
DATA: dict[str, Any] = {
    "id": "AAAADAAABy4",
    "emailId": "1846582163124353543",
    "messageId": "<1@example.com>",
    "flags": ["\\Seen"],
}
EVENT: dict[str, Any] = {
    "account": "praxis",
    "event": "messageNew",
    "path": "INBOX",
    "specialUse": "\\Inbox",
    "data": DATA,
}


def event(**changes: Any) -> webhook_event.Event:
    return webhook_event.read(json.dumps(EVENT | changes).encode())


def data_event(**changes: Any) -> webhook_event.Event:
    return event(data={key: value for key, value in (DATA | changes).items() if value is not ...})


def folder(path: str, use: str = "", message_use: str = "") -> webhook_event.Event:
    return event(path=path, specialUse=use, data=DATA | ({"messageSpecialUse": message_use} if message_use else {}))


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"1", b"\xff", b"<html>", b"[" * 100_000, b"9" * 5_000])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="invalid_json"):
        webhook_event.read(body)


@pytest.mark.parametrize("name", ["account", "event"])
def test_a_missing_name_is_named(name: str) -> None:
    with pytest.raises(Refused) as caught:
        webhook_event.read(json.dumps({key: value for key, value in EVENT.items() if key != name}).encode())
    assert (caught.value.status, caught.value.field) == ("missing_field", name)


@pytest.mark.parametrize("name", ["account", "event"])
@pytest.mark.parametrize("value", [None, 1, [], {}, True, "x" * 257])
def test_a_name_of_another_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(Refused) as caught:
        event(**{name: value})
    assert (caught.value.status, caught.value.field) == ("invalid_field", name)


@pytest.mark.parametrize("value", [1, [], "text", True])
def test_data_of_another_type_is_refused(value: object) -> None:
    with pytest.raises(Refused, match="invalid_field"):
        event(data=value)


@pytest.mark.parametrize("name", ["path", "specialUse"])
def test_an_odd_folder_counts_as_none(name: str) -> None:
    assert "" in (event(**{name: 1}).path, event(**{name: 1}).special_use)


@pytest.mark.parametrize(
    "made", [folder("INBOX", "\\Inbox"), folder("Inbox"), folder("[Gmail]/All Mail", "\\All", "\\Inbox")]
)
def test_the_inbox_enters_by_default(made: webhook_event.Event) -> None:
    assert webhook_event.wanted(made, ("\\Inbox",))


@pytest.mark.parametrize(
    "made",
    [
        folder("Junk", "\\Junk"),
        folder("Sent", "\\Sent"),
        folder("Drafts", "\\Drafts"),
        folder("Trash", "\\Trash"),
        folder("Lists"),
        folder("[Gmail]/All Mail", "\\All"),
        folder("[Gmail]/All Mail", "\\All", "\\Sent"),
        folder("INBOX", "\\Inbox", "\\Junk"),
        folder(""),
    ],
)
def test_other_folders_do_not_enter_by_default(made: webhook_event.Event) -> None:
    assert not webhook_event.wanted(made, ("\\Inbox",))


@pytest.mark.parametrize("folders", [("Lists",), ("\\Inbox", "Lists"), ("*",)])
def test_a_configured_folder_enters(folders: tuple[str, ...]) -> None:
    assert webhook_event.wanted(folder("Lists"), folders)


def test_junk_enters_where_it_is_configured() -> None:
    assert webhook_event.wanted(folder("Junk", "\\Junk"), ("\\Inbox", "\\Junk"))


@pytest.mark.parametrize("use", sorted(webhook_event.NEVER_BY_STAR))
def test_the_star_leaves_out_what_is_no_incoming_mail(use: str) -> None:
    assert not webhook_event.wanted(folder("Any", use), ("*",))


@pytest.mark.parametrize("answer", [True, False, None, "no"])
def test_seems_like_new_is_never_asked(answer: object) -> None:
    assert webhook_event.wanted(data_event(seemsLikeNew=answer), ("\\Inbox",))


def test_the_reference_is_sealed() -> None:
    sealed = json.loads(webhook_event.arrival(event()).payload)
    answered = {name: sealed[name] for name in ("account", "id", "emailId", "messageId", "path", "flags", "specialUse")}
    assert answered == DATA | {"account": "praxis", "path": "INBOX", "specialUse": "\\Inbox"}


def test_nothing_but_the_reference_is_sealed() -> None:
    sealed = json.loads(webhook_event.arrival(data_event(subject="secret", text={"plain": "secret"})).payload)
    assert "secret" not in json.dumps(sealed)


@pytest.mark.parametrize("value", [..., None, ""])
def test_a_reference_needs_its_id(value: object) -> None:
    with pytest.raises(Refused) as caught:
        webhook_event.arrival(data_event(id=value))
    assert (caught.value.status, caught.value.field) == ("missing_field", "data.id")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", [1, [], {}, True])
def test_a_field_of_another_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(Refused) as caught:
        webhook_event.arrival(data_event(**{name: value}))
    assert (caught.value.status, caught.value.field) == ("invalid_field", f"data.{name}")


def test_an_id_that_is_none_of_emailengine_s_is_refused() -> None:
    with pytest.raises(Refused, match="invalid_field"):
        webhook_event.arrival(data_event(id="x" * 257))


@pytest.mark.parametrize("email_id", [..., "1846582163124353543"])
@pytest.mark.parametrize("name", ["emailId", "messageId", "path", "date", "subject"])
def test_no_text_of_a_sender_is_too_long(name: str, email_id: object) -> None:
    long = {"emailId": email_id, name: "x" * 500_000}
    first, again = (webhook_event.arrival(data_event(**long)) for _ in range(2))
    assert first == again
    assert len(first.payload) < 5_000


@pytest.mark.parametrize("name", ["size", "subject", "from"])
@pytest.mark.parametrize("value", [None, -1, True, [], {}, "x", {"address": 5}])
def test_an_odd_fact_counts_as_absent(name: str, value: object) -> None:
    assert webhook_event.arrival(data_event(**{name: value})).payload


@pytest.mark.parametrize("flags", [None, 1, "text", {}, [1, None], ["x" * 1_000] * 1_000])
def test_odd_flags_are_bounded(flags: object) -> None:
    assert len(webhook_event.arrival(data_event(flags=flags)).payload) < 10_000


def test_gmail_s_decimal_and_hexadecimal_ids_are_one_mail() -> None:
    pushed = push.arrival({"sender": "a@example.com", "body": "", "id": "19a06462e1d08a47"}, ("praxis",), "praxis")
    hooked = webhook_event.arrival(data_event(emailId=str(int("19a06462e1d08a47", 16))))
    assert mail_id("praxis", pushed.identity) == mail_id("praxis", hooked.identity)


def test_without_a_permanent_id_a_reused_id_of_another_mail_is_another_mail() -> None:
    first, second = (webhook_event.arrival(data_event(emailId=..., messageId=text)) for text in ("<1@x>", "<2@x>"))
    assert first.identity != second.identity


def test_what_finds_a_mail_without_message_id_is_sealed_with_it() -> None:
    stated = {"subject": "Results", "from": {"name": "Ada", "address": "Ada@x.example"}, "size": 9}
    sealed = json.loads(webhook_event.arrival(data_event(messageId=..., **stated)).payload)
    assert (sealed["subject"], sealed["from"], sealed["size"]) == ("Results", {"address": "ada@x.example"}, 9)


@pytest.mark.parametrize(
    ("labels", "enters"), [(["\\Sent"], False), (["\\Draft"], False), (["\\Sent", "\\Inbox"], True), (["Work"], True)]
)
def test_in_gmail_s_folder_of_everything_the_labels_decide(labels: list[str], enters: bool) -> None:
    made = event(path="[Gmail]/All Mail", specialUse="\\All", data=DATA | {"labels": labels})
    assert webhook_event.wanted(made, ("*",)) is enters


def test_the_delivery_key_holds_nothing_of_the_event_id() -> None:
    assert "jean" not in webhook_event.delivery_key("practice", "jean@example.com\ud800")


def test_an_event_id_of_another_account_is_another_delivery() -> None:
    assert webhook_event.delivery_key("practice", "1") != webhook_event.delivery_key("media", "1")


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(("account", "event", "path", "specialUse", "data")), st.none() | st.text() | st.integers()
    )
)
def test_any_object_is_an_event_or_refused(values: dict[str, Any]) -> None:
    with suppress(Refused):
        made = webhook_event.read(json.dumps(EVENT | values).encode())
        webhook_event.wanted(made, ("\\Inbox", "*"))
        assert webhook_event.arrival(made).payload


def test_the_date_that_emailengine_states_travels_as_iso_8601() -> None:
    assert webhook_event.arrival(data_event(date="2025-03-02T08:15:00.000Z")).date == "2025-03-02T08:15:00+00:00"


@pytest.mark.parametrize("date", [..., None, "", "yesterday"])
def test_what_is_no_date_of_emailengine_s_is_left_out(date: object) -> None:
    assert webhook_event.arrival(data_event(date=date)).date == ""
