"""Header facts for the classifier."""

from __future__ import annotations

import pytest

from chalicelib.mail.language import detect
from chalicelib.mail.parse import parse
from chalicelib.mail.traits import traits
from tests.unit.mail.making import part, parts, plain


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Auto-Submitted: auto-generated", "auto_submitted"),
        ("Auto-Submitted: auto-replied; x=y", "auto_reply"),
        ("X-Autoreply: yes", "auto_reply"),
        ("Precedence: bulk", "bulk"),
        ("Precedence: list", "list"),
        ("List-Id: <x>", "list"),
        ("List-Unsubscribe: <https://x.example>", "unsubscribe"),
        ("Return-Path: <>", "null_sender"),
        ("From: MAILER-DAEMON@mx.example", "bounce"),
        ("From: no-reply@x.example", "no_reply"),
        ("From: ne-pas-repondre@x.example", "no_reply"),
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=x", "delivery_report"),
        ("In-Reply-To: <0@x>", "reply"),
        ("Subject: RE: x", "reply"),
        ("Subject: Tr: x", "forward"),
        ("Importance: High", "important"),
        ("Subject: x", "no_sender"),
    ],
)
def test_a_header_gives_its_trait(header: str, code: str) -> None:
    assert code in traits(parse(header.encode() + b"\r\n\r\nbody"))


@pytest.mark.parametrize("header", ["Auto-Submitted: no", "X-Auto-Response-Suppress: All", "From: norbert@x.example"])
def test_a_header_that_says_nothing_is_not_automatic(header: str) -> None:
    assert "automatic" not in traits(parse(header.encode() + b"\r\n\r\nbody"))


def test_an_ordinary_mail_has_no_traits() -> None:
    assert traits(parse(plain(b"text"))) == ()


def test_a_calendar_part_is_a_calendar() -> None:
    assert traits(parse(parts(part(b"text/calendar; name=i.ics", b"BEGIN")))) == ("calendar", "has_attachment")


def test_a_picture_in_the_text_is_no_attachment() -> None:
    assert traits(parse(parts(part(b"image/png; name=logo.png", b"x"), kind=b"related"))) == ()


def test_a_picture_that_the_html_shows_is_no_attachment() -> None:
    picture = part(b"image/png; name=logo.png", b"x", b"Content-ID: <A@x>")
    assert traits(parse(parts(part(b"text/html", b"<img src='cid:a@x'>"), picture))) == ()


def test_a_photo_by_itself_is_an_attachment() -> None:
    photo = part(b"image/jpeg; name=IMG_1.jpeg", b"x", b"Content-Disposition: inline")
    assert traits(parse(parts(photo))) == ("has_attachment",)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bonjour, pouvez-vous me rappeler pour le rendez-vous ?", "fr"),
        ("Please let me know if you are coming to the meeting.", "en"),
        ("Vorrei sapere se il documento è pronto, grazie.", "it"),
        ("Bitte rufen Sie mich wegen der Rechnung an.", "de"),
        ("Hola, necesito el informe para la reunión con los clientes.", "es"),
        ("12345", "und"),
        ("", "und"),
    ],
)
def test_a_paragraph_shows_its_language(text: str, language: str) -> None:
    assert detect(text) == language
