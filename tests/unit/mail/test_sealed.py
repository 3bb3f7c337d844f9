"""The sealed object: what intake puts in is what the pipeline takes out."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.core.errors import Permanent
from chalicelib.mail.identity import provider_id
from chalicelib.mail.sealed import HEADER_BYTES, KINDS, RAW, UPLOAD, Header, labels_text, seal, unseal

HEADER = Header(RAW, "praxis", "8f6d0c5e-3a51-5b8e-9d0f-6f2f4a1c7b90", "2025-03-03T09:00:00.000+00:00", "trace-1", "1")
LINE = json.loads(seal(HEADER, b""))


def test_the_header_is_one_line_of_ascii() -> None:
    line, newline, rest = seal(HEADER, b"payload").partition(b"\n")
    assert (line.isascii(), newline, rest) == (True, b"\n", b"payload")


@given(st.binary(), st.sampled_from(KINDS), st.text(), st.text())
def test_what_is_sealed_is_unsealed(payload: bytes, kind: str, provider: str, account: str) -> None:
    header = Header(kind, account, HEADER.mail_id, HEADER.received_at, "trace", provider)
    assert unseal(seal(header, payload)) == (header, payload)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"garbage",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b"\xff\xfe\n",
        b"[" * 100_000,
        b"9" * 5_000,
        json.dumps(LINE | {"v": 2}).encode(),
        json.dumps(LINE | {"v": None}).encode(),
        json.dumps(LINE | {"kind": "other"}).encode(),
        json.dumps(LINE | {"kind": []}).encode(),
        json.dumps(LINE | {"provider_id": 1}).encode(),
        json.dumps(LINE | {"account": None}).encode(),
    ],
)
def test_anything_else_cannot_be_read(data: bytes) -> None:
    with pytest.raises(Permanent, match="sealed_unreadable"):
        unseal(data)


def test_an_object_of_a_newer_door_is_read() -> None:
    header, payload = unseal(json.dumps(LINE | {"extra": 1}).encode() + b"\nbody")
    assert (header, payload) == (unseal(json.dumps(LINE).encode() + b"\n")[0], b"body")


def test_an_object_of_before_the_provider_s_id_is_read() -> None:
    line = {name: value for name, value in LINE.items() if name != "provider_id"}
    assert unseal(json.dumps(line).encode() + b"\nbody")[0].provider_id == ""


@given(st.binary())
def test_any_bytes_are_unsealed_or_permanent(data: bytes) -> None:
    try:
        unseal(data)
    except Permanent as error:
        code = error.code
    else:
        code = "sealed_unreadable"
    assert code == "sealed_unreadable"


def test_an_object_of_before_the_mailbox_s_date_is_read() -> None:
    line = {name: value for name, value in LINE.items() if name != "date"}
    assert unseal(json.dumps(line).encode() + b"\nbody")[0].date == ""


ALPHABETS = ("Работа", "Αρχείο", "仕事", "업무", "📎📬", "\x00\x7f", "\ud800", 'a"\\', "ﬁ")


def mailbox_labels() -> st.SearchStrategy[list[str]]:
    """Labels of one alphabet each, and of any."""
    words = st.sampled_from(ALPHABETS).flatmap(lambda alphabet: st.text(alphabet, min_size=1, max_size=60))
    return st.lists(words | st.text(max_size=60), max_size=60)


@given(mailbox_labels(), st.text(max_size=200), st.uuids())
@example(["📎" * 100] * 60, "📎" * 200, uuid.UUID(int=0))
@example([f"Папка {number} для писем от клиентов" for number in range(20)], "", uuid.UUID(int=0))
def test_who_reads_headers_alone_reads_every_header(labels: list[str], provider: str, upload: uuid.UUID) -> None:
    header = Header(UPLOAD, "p" * 64, HEADER.mail_id, HEADER.received_at, "t" * 64, provider_id(provider), "gmail")
    header = replace(header, labels=labels_text(labels))
    payload = json.dumps({"upload": str(upload)}).encode()
    assert unseal(seal(header, payload)[:HEADER_BYTES]) == (header, payload)


def test_a_header_that_they_could_not_read_is_not_written() -> None:
    with pytest.raises(ValueError, match="bytes"):
        seal(replace(HEADER, labels="x" * HEADER_BYTES), b"")
