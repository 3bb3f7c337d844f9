"""Every person that a mail names in its headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.intake.load_mail import parse_source
from chalicelib.mail import bounds
from chalicelib.mail.everyone import MOST, OTHERS, all_addresses
from chalicelib.mail.fields import from_push
from chalicelib.mail.parse import parse


@pytest.mark.parametrize("field", OTHERS)
def test_every_address_field_counts(field: str) -> None:
    assert "ann@example.org" in all_addresses(parse(f"{field}: Ann <ann@example.org>\r\n\r\nbody".encode()))


def test_an_address_in_the_text_does_not_count() -> None:
    assert all_addresses(parse(b"From: ann@example.org\r\n\r\nask bob@example.org")) == ("ann@example.org",)


def test_who_is_named_twice_counts_once() -> None:
    assert all_addresses(parse(b"From: ann@example.org\r\nTo: ann@example.org\r\n\r\n")) == ("ann@example.org",)


@pytest.mark.parametrize("field", ["To", "Cc", "Bcc", "Resent-Cc"])
def test_a_field_of_thousands_names_all_of_them(field: str) -> None:
    boxes = [f"p{number}@example.org" for number in range(5_000)]
    assert all_addresses(parse(f"{field}: {', '.join(boxes)}\r\n\r\n".encode())) == tuple(boxes)


def test_no_field_that_the_parser_reads_whole_names_more_than_are_kept() -> None:
    shortest = len("a@b.c,")
    assert shortest < bounds.MAX_HEADER_CHARS / MOST


def test_what_names_more_than_the_limit_is_cut() -> None:
    boxes = ",".join(f"{number:x}@b.c" for number in range(11_000))
    fields = "".join(f"{name}: {boxes.replace('b.c', f'{name}.c')}\r\n" for name in ("to", "cc", "bcc"))
    assert len(all_addresses(parse(f"{fields}\r\n".encode()))) == MOST


def test_a_push_in_fields_names_its_sender_and_recipients() -> None:
    mail = from_push(
        {"sender": "Ann <ann@example.org>", "to": ["bob@example.org"], "headers": {"Bcc": "cy@example.org"}}
    )
    assert set(all_addresses(mail)) == {"ann@example.org", "bob@example.org", "cy@example.org"}


@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda data: b"{" + data))
def test_any_bytes_are_an_original(source: bytes) -> None:
    all_addresses(parse_source(source))
