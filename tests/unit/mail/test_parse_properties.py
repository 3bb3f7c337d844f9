"""Any bytes parse, within the bounds, always to the same; and what the standard library writes is read back."""

from __future__ import annotations

from email.message import EmailMessage

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.mail import bounds
from chalicelib.mail.characters import clean, tidy
from chalicelib.mail.identity import claims, identity_of_raw, thread_root
from chalicelib.mail.model import Mail
from chalicelib.mail.parse import parse
from chalicelib.mail.traits import traits

SLOW = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.sampled_from(
    [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"References", b"Content-Type", b"X-Y", b"", b"From "]
)
VALUES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"multipart/mixed; boundary=b",
            b"multipart/alternative; boundary=b",
            b"text/html; charset=utf-16",
            b"text/plain; charset*0*=''%FF",
            b"message/rfc822",
            b"=?utf-8?q?=ff=fe?= <a@b>",
            b"=?utf-7?b?2D0=?=",
            b"Mon, 31 Feb 2025 25:61:61 +9999",
        ]
    ),
)
LINES = st.one_of(
    st.binary(max_size=80),
    st.sampled_from([b"--b", b"--b--", b"", b"Content-Type: text/html", b"Content-Type: multipart/mixed; boundary=b"]),
    st.sampled_from([b"Content-Transfer-Encoding: base64", b"<p style='display:none'>", b"<!--", b"begin 644 x"]),
)


@st.composite
def mail_like(draw: st.DrawFn) -> bytes:
    """Bytes that get past the first line of a parser."""
    headers = draw(st.lists(st.tuples(NAMES, VALUES), max_size=8))
    body = draw(st.lists(LINES, max_size=30))
    end = draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    return end.join((*(name + b": " + value for name, value in headers), b"", *body))


def strings(mail: Mail) -> list[str]:
    people = [mail.sender] if mail.sender else []
    found = [mail.subject, mail.text, mail.html, mail.message_id, mail.in_reply_to, *mail.references]
    found += [
        text for person in (*people, *mail.to, *mail.cc, *mail.reply_to) for text in (person.name, person.address)
    ]
    found += [text for item in mail.attachments for text in (item.filename, item.content_type)]
    return found + [text for pair in mail.headers for text in pair]


@SLOW
@given(st.one_of(st.binary(max_size=400), mail_like()))
def test_any_bytes_parse_to_clean_text_within_the_bounds(raw: bytes) -> None:
    mail = parse(raw)
    for text in strings(mail):
        text.encode("utf-8")
        assert "\0" not in text
    assert len(mail.text) <= bounds.MAX_TEXT_CHARS
    assert mail.date is None or mail.date.utcoffset() is not None


@SLOW
@given(mail_like())
def test_parsing_and_identity_are_deterministic(raw: bytes) -> None:
    first, second = parse(raw), parse(raw)
    assert first == second
    assert claims(first, "", "raw") == claims(second, "", "raw")
    assert (traits(first), thread_root(first)) == (traits(second), thread_root(second))


@SLOW
@given(mail_like())
def test_twice_is_once_for_the_identity_of_any_bytes(raw: bytes) -> None:
    assert identity_of_raw(raw) == identity_of_raw(raw)


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=12)
SENTENCES = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@SLOW
@given(SENTENCES, st.lists(SENTENCES, max_size=5), st.sampled_from(["8bit", "quoted-printable", "base64"]))
def test_a_mail_that_the_standard_library_writes_is_read_back(subject: str, lines: list[str], encoding: str) -> None:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content("\n".join(lines), cte=encoding)
    message.add_attachment(b"data", maintype="application", subtype="pdf", filename="a.pdf")
    mail = parse(message.as_bytes())
    # Python 3.11 loses spaces between words when it folds a header, so they are not compared.
    assert "".join(mail.subject.split()) == "".join(clean(subject).split())
    assert mail.text == tidy("\n".join(lines))


@SLOW
@given(st.text(max_size=200))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
