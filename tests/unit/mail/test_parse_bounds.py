"""Hostile mail costs time in proportion to its bytes, and what is too much is cut, not refused."""

from __future__ import annotations

import random
import time

import pytest

from chalicelib.mail import bounds
from chalicelib.mail.parse import parse
from tests.unit.mail.making import HEAD, part, parts, plain

SECONDS = 10.0
"""Far above what is measured (under 2 s on a slow machine), far below what a quadratic step would take."""

HTML = HEAD + b"Content-Type: text/html\n\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n"


def levels(count: int) -> bytes:
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(count))


HOSTILE = {
    "On On On": HEAD + b"\n" + b"On " * 400_000,
    "one line of 1 MB": HEAD + b"\n" + b"a" * 1_000_000,
    "1 MB of spaces": HEAD + b"\n" + b" " * 1_000_000 + b"x",
    "100,000 short lines": HEAD + b"\n" + b"a\n" * 100_000,
    "2 million lines": HEAD + b"\n" + b"\n" * 2_000_000,
    "bare CRs": HEAD + b"\n" + b"a\r" * 500_000,
    "100,000 headers": b"X: a\n" * 100_000 + HEAD + b"\n",
    "5,000 nested multiparts": HEAD + levels(5_000) + b"\nhi\n",
    "lines in nested multiparts": HEAD + levels(19) + b"\n" + b"x\n" * 200_000,
    "100,000 parts": MIXED + b"--x\n\na\n" * 100_000,
    "a part type of quotes": MIXED + (b"--x\nContent-Type: text/plain; " + b'a="\\"\\"' * 450 + b"\n\nx\n") * 1_000,
    "nested messages": HEAD + b"Content-Type: message/rfc822\n\n" * 5_000,
    "guessed charsets": MIXED + (b"--x\n\n" + random.Random(2).randbytes(5_000) + b"\n") * 900,
    "nested div": HTML + b"<div>" * 19_000,
    "end tags without start": HTML + b"<span>" * 9_900 + b"</x>" * 9_900,
    "misnested formatting": HTML + b"<a><b><i>" * 6_000 + b"</b>" * 1_000,
    "300,000 tags": HTML + b"<p>" * 300_000,
    "100,000 attributes": HTML + b"<p " + b"".join(b"a%d=1 " % n for n in range(100_000)) + b">",
    "attributes behind a quote": HTML + b"<p a='\">" + b"".join(b"a%d=1 " % n for n in range(100_000)) + b">",
    "attributes to the end": HTML + b"<p>x<q " + b"".join(b"a%d " % n for n in range(100_000)),
    "open comments": HTML + b"<!--" * 200_000,
    "scripts that end without ending": HTML + b"<script>" + b"</script" * 120_000,
    "styles that end without ending": HTML + b"<style>" + b"</style " * 120_000,
    "open scripts": HTML + b"<script>" * 100_000,
    "900 HTML parts": MIXED + (b"--x\nContent-Type: text/html\n\n" + b"<div>" * 8_000 + b"\n") * 900,
}
for sign in (
    b'"',
    b'"\\',
    b"(",
    b"<",
    b"a@b,",
    b":",
    b";",
    b"((a)",
    b"=?",
    b"=?a?q?",
    b"=?utf-8?b?w6k=?=",
    b"\xff",
    b" ",
):
    flood = sign * (120_000 // len(sign))
    HOSTILE[f"headers of {sign!r}"] = b"".join(
        name + b": " + flood + b"\n" for name in (b"From", b"To", b"Subject", b"Date", b"References", b"Content-Type")
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_parsed_in_bounded_time(name: str) -> None:
    started = time.perf_counter()
    mail = parse(HOSTILE[name])
    assert time.perf_counter() - started < SECONDS
    assert len(mail.text) <= bounds.MAX_TEXT_CHARS


def test_text_over_the_limit_is_cut_and_says_so() -> None:
    mail = parse(plain(b"a" * (bounds.MAX_TEXT_CHARS + 1)))
    assert (len(mail.text), mail.defects) == (bounds.MAX_TEXT_CHARS, ("truncated_text",))


def test_many_texts_together_keep_the_limit() -> None:
    mail = parse(parts(*[part(b"text/plain", b"a" * 60_000)] * 5))
    assert (len(mail.text), mail.defects) == (bounds.MAX_TEXT_CHARS, ("truncated_text",))


def test_parts_over_the_limit_are_left_out() -> None:
    mail = parse(parts(*[part(b"text/plain", b"a")] * (bounds.MAX_PARTS + 5)))
    assert "too_many_parts" in mail.defects


def test_the_text_before_the_part_limit_is_kept() -> None:
    mail = parse(parts(part(b"text/plain", b"first"), *[part(b"text/plain", b"")] * bounds.MAX_PARTS))
    assert mail.text == "first"


def test_attachments_over_the_limit_are_left_out() -> None:
    mail = parse(parts(*[part(b"application/pdf", b"a")] * (bounds.MAX_ATTACHMENTS + 1)))
    assert (len(mail.attachments), mail.defects) == (bounds.MAX_ATTACHMENTS, ("too_many_attachments",))


def test_multiparts_below_the_depth_limit_are_text() -> None:
    mail = parse(HEAD + levels(bounds.MAX_DEPTH + 3) + b"\nbottom\n")
    assert "too_deep" in mail.defects
    assert "bottom" in mail.text


def test_headers_over_the_limit_are_left_out_but_the_needed_ones() -> None:
    mail = parse(b"X-Filler: a\r\n" * 10_000 + plain(b"text"))
    assert len(mail.headers) <= bounds.MAX_HEADERS + 12
    assert (mail.subject, mail.defects) == ("Hello", ("truncated_headers",))


def test_a_long_header_is_cut() -> None:
    mail = parse(b"X-Long: " + b"a" * 1_000_000 + b"\r\n" + plain(b"text"))
    assert len(mail.header("x-long")) <= bounds.MAX_HEADER_CHARS


def test_a_mail_over_the_input_limit_is_cut() -> None:
    mail = parse(plain(b"a" * bounds.MAX_INPUT_BYTES))
    assert "truncated_input" in mail.defects


def test_html_over_the_tag_limit_still_gives_its_text() -> None:
    mail = parse(plain(b"<p>word</p>" * bounds.MAX_HTML_TAGS, b"text/html"))
    assert mail.text.startswith("word\n\nword")
    assert "html_simplified" in mail.defects
