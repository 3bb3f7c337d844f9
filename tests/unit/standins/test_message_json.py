"""Any bytes become EmailEngine's JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.standins.message_json import detail

NOW = datetime(2025, 10, 17, 6, 42, 7, tzinfo=UTC)
IDENTITY = {"id": "AAAAAQAAAAE", "uid": 1, "path": "INBOX", "flags": []}

HEADERS = st.sampled_from(
    [b"Subject", b"From", b"To", b"Date", b"Message-ID", b"Content-Type", b"Content-Transfer-Encoding", b"Cc"]
)
VALUES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"=?utf-8?b?w6k=?=",
            b"=?x-none?q?=ff?=",
            b"=?utf-8?b?@@@?=",
            b"Mon, 99 Foo 0000",
            b"multipart/mixed; boundary=b",
            b"text/plain; charset=none",
            b"group: a@x.example;",
            b"base64",
        ]
    ),
)


@given(st.lists(st.tuples(HEADERS, VALUES), max_size=8), st.binary(max_size=200))
def test_any_bytes_become_json(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    raw = b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + body
    json.dumps(detail(raw, IDENTITY, NOW, "*", 100)).encode()


@given(st.binary(max_size=400))
def test_any_noise_becomes_json(raw: bytes) -> None:
    json.dumps(detail(raw, IDENTITY, NOW, "*", 100), ensure_ascii=False).encode()


def test_a_mail_without_a_sender_has_no_from() -> None:
    assert "from" not in detail(b"Subject: x\r\n\r\ntext", IDENTITY, NOW, "", 0)


@pytest.mark.parametrize("date", [b"", b"Date: nonsense\r\n"])
def test_a_mail_without_a_date_has_that_of_its_arrival(date: bytes) -> None:
    assert detail(date + b"Subject: x\r\n\r\n", IDENTITY, NOW, "", 0)["date"] == "2025-10-17T06:42:07.000Z"


def test_attachments_are_told_with_type_and_name() -> None:
    raw = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n'
        b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n"
    )
    value = detail(raw, IDENTITY, NOW, "*", 100)
    assert [(part["contentType"], part["filename"]) for part in value["attachments"]] == [("application/pdf", "a.pdf")]
    assert value["text"]["plain"].strip() == "text"
