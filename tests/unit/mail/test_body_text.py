"""The text that a person reads in a mail client is the mail's text, wherever it stands."""

from __future__ import annotations

import pytest

from chalicelib.mail.parse import parse
from tests.unit.mail.making import HEAD, part, parts, plain

INLINE = b'Content-Disposition: inline; filename="a.txt"'
ATTACHED = b'Content-Disposition: attachment; filename="a.txt"'
LONG = b"<p>The inspection of the boiler is moved to Thursday, please leave the cellar door open.</p>"


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b'Content-Type: text/plain; name="a.txt"\r\n\r\nwords',
        HEAD + INLINE + b"\r\nContent-Type: text/plain\r\n\r\nwords",
        HEAD + ATTACHED + b"\r\nContent-Type: text/plain\r\n\r\nwords",
        parts(part(b"text/plain; name=a.txt", b"words")),
        parts(part(b"text/plain", b"words", INLINE), part(b"application/pdf; name=a.pdf", b"x")),
        parts(part(b"application/pdf; name=a.pdf", b"x"), part(b"text/plain", b"words", INLINE)),
        parts(part(b"text/plain; name=a", b"words"), part(b"text/html; name=b", b"<p>words"), kind=b"alternative"),
        parts(part(b"text/html; name=b", b"<p>words"), kind=b"related"),
        parts(part(b"text/plain", b" "), part(b"text/enriched", b"<bold>words</bold>"), kind=b"alternative"),
        HEAD + b"Content-Type: text/enriched\r\n\r\n<bold>words</bold>",
        HEAD + b"Content-Type: text/richtext\r\n\r\n<bold>words</bold>",
        HEAD + b"Content-Type: text/rtf\r\n\r\n{\\rtf1 words}",
        HEAD + b"Content-Type: application/rtf\r\n\r\n{\\rtf1 words}",
        HEAD + b"Content-Type: application/xhtml+xml\r\n\r\n<p>words</p>",
        HEAD + b"Content-Type: text/x-amp-html\r\n\r\n<p>words</p>",
        parts(
            part(b"text/plain", b"words"),
            end=b"--x--\r\n\r\n--x\r\nContent-Type: image/png; name=a.png\r\n\r\ny\r\n--x--",
        ),
        plain(b"words", b"text/plain; format=flowed"),
    ],
)
def test_the_only_text_is_the_text(raw: bytes) -> None:
    assert parse(raw).text == "words"


def test_a_named_text_beside_the_mails_own_stays_a_file() -> None:
    mail = parse(parts(part(b"text/plain", b"own"), part(b"text/plain", b"log", INLINE)))
    assert (mail.text, [item.filename for item in mail.attachments]) == ("own", ["a.txt"])


@pytest.mark.parametrize(
    "placeholder",
    [
        b"This message was written in HTML.", b"Please use a mail program that shows HTML.", b"View it in your browser",
        b"Votre messagerie ne prend pas en charge le format HTML.", b"See attached",
    ],
)  # fmt: skip
def test_a_placeholder_gives_way_to_the_html(placeholder: bytes) -> None:
    mail = parse(parts(part(b"text/plain", placeholder), part(b"text/html", LONG), kind=b"alternative"))
    assert "boiler" in mail.text


def test_a_plain_part_that_says_the_same_is_the_text() -> None:
    same = b"The inspection of the boiler is moved to Thursday,\r\nplease leave the cellar door open."
    mail = parse(parts(part(b"text/plain", same), part(b"text/html", LONG), kind=b"alternative"))
    assert mail.text == same.decode().replace("\r\n", "\n")


def test_a_text_that_stands_twice_is_read_once() -> None:
    mail = parse(
        parts(part(b"text/plain", b"Your order is ready."), part(b"text/html", b"<p>Your order is ready.</p>"))
    )
    assert mail.text == "Your order is ready."


def test_parts_after_the_closing_boundary_are_read_and_named() -> None:
    end = b"--x--\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nbehind\r\n--x\r\n\r\nmore\r\n--x--\r\n"
    mail = parse(parts(part(b"text/plain", b"before"), end=end))
    assert (mail.text, mail.defects) == ("before\n\nbehind\n\nmore", ("parts_after_end",))


def test_a_forwarded_mail_is_read_below_its_header_lines() -> None:
    inner = b"From: Bo Kern <bo@shop.example>\r\nSubject: =?utf-8?q?D=C3=A9j=C3=A0?=\r\n\r\ninner"
    mail = parse(parts(part(b"text/plain", b"outer"), part(b"message/rfc822", inner)))
    assert mail.text == "outer\n\nSubject: Déjà\nFrom: Bo Kern <bo@shop.example>\n\ninner"


def test_mails_in_mails_are_read_to_a_depth() -> None:
    raw = HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5 + b"\r\nbottom"
    assert "message_not_read" in parse(raw).defects


def test_a_picture_that_calls_itself_text_is_a_file() -> None:
    mail = parse(plain(b"\x89PNG\r\n\x1a\n\xff\xd8", b"text/plain"))
    assert (mail.text, len(mail.attachments)) == ("", 1)


def test_a_uuencoded_file_inside_the_text_is_listed() -> None:
    mail = parse(plain(b"Hello,\r\nbegin 644 a.txt\r\n%:&5L;&\\\r\n`\r\nend\r\n"))
    assert (mail.text, [(item.filename, item.size) for item in mail.attachments]) == ("Hello,", [("a.txt", 5)])


def test_a_calendar_beside_a_text_is_a_file_only() -> None:
    event = b"BEGIN:VEVENT\r\nSUMMARY:Point\r\nEND:VEVENT"
    assert parse(parts(part(b"text/plain", b"own"), part(b"text/calendar", event))).text == "own"
    assert parse(parts(part(b"text/calendar", event), part(b"application/ics; name=i.ics", event))).text == "Point"


QUOTED = [
    "<div>new</div><blockquote>URGENT</blockquote>",
    "<div>new</div><br><blockquote type=cite><div>On 2 Nov 2026, at 09:00, Ana wrote:</div>URGENT</blockquote>",
    "<div>new</div><div class='gmail_quote'><div>On 2 Nov 2026 Ana wrote:</div><blockquote>URGENT</blockquote></div>",
    "<div>new</div><div class='yahoo_quoted'><div>On 2 Nov 2026, Ana wrote:</div><div>URGENT</div></div>",
    "<p>new</p><div class='moz-cite-prefix'>Le 02/11/2026 à 09:00, Ana a écrit :</div><blockquote type='cite'>URGENT",
    "<p>new</p><hr><p><b>De :</b> Ana<br><b>Envoyé :</b> lundi<br><b>À :</b> Bo<br><b>Objet :</b> Bail</p><p>URGENT",
    "<p>new</p><div id='divRplyFwdMsg'><b>Von:</b> Ana<br><b>Gesendet:</b> Montag<br><b>An:</b> B<br><b>Betreff:</b> M"
    "</div><div>URGENT</div>",
]


@pytest.mark.parametrize("html", QUOTED)
def test_a_quotation_in_html_is_kept_apart(html: str) -> None:
    mail = parse(plain(html.encode(), b"text/html"))
    assert mail.text == "new"
    assert "URGENT" in mail.quoted
