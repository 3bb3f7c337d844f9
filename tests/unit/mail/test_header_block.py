"""One odd line never swallows the rest of a header, and never takes the text for header."""

from __future__ import annotations

import time

import pytest

from chalicelib.mail.header_block import repaired
from chalicelib.mail.parse import parse

HEAD = b"From: Ana Lopes <ana@shop.example>\n"
REST = b"Subject: Bail\nTo: desk@mailroom.example\n\nTexte.\n"


@pytest.mark.parametrize(
    "odd",
    [
        b"To : x@y.example\n", b"a line without a colon\n", b">From ana@shop.example Tue Nov 3\n", b"\t\n",
        "Référence: 12\n".encode("latin-1"), "Référence: 12\n".encode(), b"X-A\0B: c\n", b"X-A: b\rc\n", b"::\n",
        b": value\n", b"X-Long:\n", b"Content-Type: text/plain;\ncharset=utf-8\n", b"(comment)\n", b"From ana Tue\n",
        b"=?utf-8?q?x?=\n", b"References: <a@b>\n<c@d>\n", b"X-Bad name: x\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\r\n"])
def test_an_odd_line_costs_itself_alone(odd: bytes, end: bytes) -> None:
    mail = parse((HEAD + odd + REST).replace(b"\n", end))
    assert mail.sender is not None
    assert (mail.sender.address, mail.subject, mail.text) == ("ana@shop.example", "Bail", "Texte.")
    assert mail.to[0].address == ("x@y.example" if odd.startswith(b"To") else "desk@mailroom.example")


@pytest.mark.parametrize(
    "before",
    [
        b"\n", b"\r\n\r\n", b" \n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"From ana Tue Nov 3\n", b">From ana Tue\n",
        b"+OK 210 octets\n", b"X-Pipe: 1\n\n", b" ",
    ],
)  # fmt: skip
def test_what_stands_before_the_header_is_passed_over(before: bytes) -> None:
    mail = parse(before + HEAD + REST)
    assert mail.sender is not None
    assert (mail.sender.address, mail.subject, mail.text) == ("ana@shop.example", "Bail", "Texte.")


@pytest.mark.parametrize(
    "text", ["Bonjour, ceci est le texte.\nDeuxième ligne.", "Bonjour :\nvoici.", "Objet perdu", "1\n2", "Été: oui"]
)
def test_a_text_that_begins_without_a_blank_line_is_text(text: str) -> None:
    mail = parse(HEAD + b"Subject: Bail\n" + text.encode())
    assert (mail.subject, mail.text) == ("Bail", text)


def test_a_subject_that_goes_on_without_its_blank_is_whole() -> None:
    assert parse(HEAD + b"Subject: one\ntwo three\nTo: a@b\n\nx").subject == "one two three"


def test_a_field_that_matters_is_read_behind_many_others() -> None:
    mail = parse(b"X-Hop: 1\n" * 900 + b"Auto-Submitted: auto-replied\nList-Id: <a>\nPrecedence: bulk\n" + HEAD + REST)
    assert {"auto-submitted", "list-id", "precedence"} <= {name for name, _ in mail.headers}


@pytest.mark.parametrize("odd", [b"Content-Type : text/html", b"odd line\nContent-Type: text/html"])
def test_an_odd_line_in_the_header_of_a_part_costs_itself_alone(odd: bytes) -> None:
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" + odd + b"\n\n<p>words</p>\n--x--\n"
    assert parse(raw).text == "words"


def test_a_sound_header_is_left_alone() -> None:
    assert repaired(HEAD + REST) == (HEAD + REST, False)


@pytest.mark.parametrize(
    "unit", [b"a\n", b":\n", b"X: a\n", b"Subject : a\n", b"\n", b" \n", b"From \n", b"\xff\n", b"\r"]
)
def test_a_hostile_header_is_repaired_in_linear_time(unit: bytes) -> None:
    started = time.process_time()
    repaired(HEAD + unit * (1_000_000 // len(unit)) + REST)
    assert time.process_time() - started < 3.0
