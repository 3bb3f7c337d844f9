"""What travels in a queue: whole, in ASCII, and strictly read."""

from __future__ import annotations

import json
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Permanent
from chalicelib.core.messages import (
    Classification,
    Content,
    Envelope,
    Exclusion,
    Message,
    Quarantine,
    Receipt,
    Routing,
    decode,
    encode,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
IDS = st.uuids().map(str)
RECEIPTS = st.builds(Receipt, TEXT, TEXT, TEXT, NUMBER, TEXT, st.none() | NUMBER)
CONTENT = st.builds(
    Content, TEXT, TEXT, TEXTS, TEXT, TEXT, TEXT, TEXTS, st.none() | TEXT, TEXT, TEXT, TEXT, TEXTS, TEXTS, TEXTS, TEXTS
)
VERDICT = st.builds(Classification, TEXT, TEXT, TEXT, NUMBER, TEXT, TEXT)
COUNT = st.integers(min_value=0, max_value=2**31)
ROUTING = st.builds(Routing, COUNT, TEXTS, TEXT, TEXT, TEXT, TEXTS, st.booleans(), TEXT)
ENVELOPES = st.builds(
    Envelope,
    *(IDS, TEXT, TEXT, TEXT, TEXT, TEXT),
    receipts=st.lists(RECEIPTS, max_size=2).map(tuple),
    content=st.none() | CONTENT,
    classification=st.none() | VERDICT,
    routing=st.none() | ROUTING,
)
NOTES = st.builds(Quarantine, IDS, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, COUNT, TEXT, TEXT)
EXCLUSIONS = st.builds(Exclusion, IDS, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, COUNT, TEXT, TEXT)
ENVELOPE = Envelope(str(uuid.UUID(int=1)), "praxis", "gmail", "sealed/praxis/1", "2025", "trace")
WIRE = json.loads(encode(ENVELOPE))


@settings(deadline=None)
@given(ENVELOPES | NOTES | EXCLUSIONS)
def test_what_is_encoded_is_decoded(message: Message) -> None:
    assert decode(encode(message)) == message


@settings(deadline=None)
@given(ENVELOPES | NOTES | EXCLUSIONS)
def test_a_message_is_ascii(message: Message) -> None:
    assert encode(message).isascii()


def test_a_message_has_no_character_that_sqs_refuses() -> None:
    text = "\x00\x0b\ufffe\uffff"
    assert encode(Envelope(ENVELOPE.mail_id, text, text, text, text, text)).isprintable()


@pytest.mark.parametrize(
    "changes",
    [
        {"mail_id": None},
        {"mail_id": ""},
        {"mail_id": "x"},
        {"mail_id": ENVELOPE.mail_id.upper() + " "},
        {"mail_id": f"{ENVELOPE.mail_id}/.."},
        {"account": 1},
        {"receipts": {}},
        {"receipts": [{}]},
        {"content": []},
        {"content": {"subject": 1}},
        {"classification": "patient"},
        {"v": "1"},
        {"v": None},
        {"kind": "quarantine"},
        {"kind": "tomorrow"},
        {"kind": None},
        {"v": True},
    ],
)
def test_a_message_of_another_shape_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(Permanent, match="malformed_message"):
        decode(json.dumps(WIRE | changes))


@pytest.mark.parametrize("name", ["kind", "mail_id", "account", "source", "spool_key", "received_at", "trace_id"])
def test_a_message_that_lacks_a_field_is_malformed(name: str) -> None:
    with pytest.raises(Permanent, match="malformed_message"):
        decode(json.dumps({key: value for key, value in WIRE.items() if key != name}))


@pytest.mark.parametrize("version", [0, 2, -1, 10**30])
def test_a_message_of_another_version_is_recognised(version: int) -> None:
    with pytest.raises(Permanent, match="unknown_version"):
        decode(json.dumps(WIRE | {"v": version}))


def test_a_field_of_tomorrow_is_ignored() -> None:
    assert decode(json.dumps(WIRE | {"new": 1})) == ENVELOPE


@settings(deadline=None)
@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_a_message_or_permanent(body: str) -> None:
    with pytest.raises(Permanent):
        decode(body)


@pytest.mark.parametrize("kind", [Envelope, Exclusion, Quarantine])
def test_the_pointer_of_a_message_is_the_pointer_of_a_note_about_it(kind: type[Message]) -> None:
    pointer = ENVELOPE.pointer()
    more = {Envelope: (), Exclusion: ("", "", 1, "", ""), Quarantine: ("", "", "", 1, "", "")}[kind]
    assert kind(*pointer, *more).pointer() == pointer
