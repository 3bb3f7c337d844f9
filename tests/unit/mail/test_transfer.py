"""Transfer encodings as they are found: footers below base64, blanks after soft breaks, files inside the text."""

from __future__ import annotations

import base64
import time

import pytest

from chalicelib.mail.identity import claims
from chalicelib.mail.parse import parse
from chalicelib.mail.transfer import base64_lines, decoded, quoted_printable, without_uuencoded
from tests.unit.mail.making import part, parts, plain

TEXT = ("Bonjour, la réunion du groupe est avancée à lundi. " * 6).encode()
LINES = base64.encodebytes(TEXT)
FOOTER = b"_______________________________________________\nListe mailing list\nliste@lists.example"


@pytest.mark.parametrize("footer", [FOOTER, b"-- \nSent by the list", b"To unsubscribe, write to us\nlist@x.example"])
def test_a_footer_below_base64_is_text(footer: bytes) -> None:
    assert base64_lines(LINES + footer + b"\n") == (TEXT, footer)


@pytest.mark.parametrize("junk", [b"!", b"\x00", b"\xa0", b" ", b"\t", b"?"])
def test_junk_inside_base64_is_passed_over(junk: bytes) -> None:
    assert base64_lines(LINES[:30] + junk + LINES[30:]) == (TEXT, b"")


def test_base64_in_two_padded_pieces_is_read_whole() -> None:
    assert base64_lines(b"Zm9v\nYg==\nYmFy\n") == (b"foobbar", b"")


def test_base64_without_its_padding_is_read() -> None:
    assert base64_lines(LINES.rstrip(b"\n=")) == (TEXT, b"")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"=c3=a9t=C3=A9", "été"),
        (b"a=  \nb", "ab"),
        (b"a=\t\nb", "ab"),
        (b"100=% =zz", "100=% =zz"),
        (b"a=20\nb", "a \nb"),
        (b"end=", "end"),
    ],
)
def test_quoted_printable_of_other_hands_is_read(data: bytes, text: str) -> None:
    assert quoted_printable(data).decode() == text


@pytest.mark.parametrize("name", ["quoted/printable", "Quoted Printable", "QP", "quoted_printable; x=y"])
def test_a_misspelt_encoding_is_known(name: str) -> None:
    assert decoded(b"=C3=A9", name) == ("é".encode(), b"", True)


@pytest.mark.parametrize("data", [LINES, TEXT.replace("é".encode(), b"=C3=A9").replace("à".encode(), b"=C3=A0")])
def test_an_unknown_encoding_is_known_by_its_look(data: bytes) -> None:
    assert decoded(data, "x-whatever") == (TEXT, b"", False)


def test_a_uuencoded_file_leaves_the_text() -> None:
    text = "Hello,\nbegin 644 a b.txt\n%:&5L;&\\\n`\nend\nbye"
    assert without_uuencoded(text) == ("Hello,\nbye", [("a b.txt", b"hello")])


@pytest.mark.parametrize("text", ["begin 644 the work\nat the end\nend", "begin again\nend", "the end\nbegin 644 x"])
def test_words_about_a_beginning_are_no_file(text: str) -> None:
    assert without_uuencoded(text) == (text, [])


FILE = b"name;date\r\nAna;3 mars\r\n"
FORMS = {
    "7bit": FILE,
    "quoted-printable": FILE.replace(b";", b"=3B"),
    "base64": base64.encodebytes(FILE),
    "base64 of LF": base64.encodebytes(FILE.replace(b"\r\n", b"\n")),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [b"text/csv", b"application/xml", b"text/plain"])
def test_a_file_sent_in_another_encoding_is_the_same_mail(form: str, kind: bytes) -> None:
    def sent(name: str) -> tuple[str, ...]:
        head = (b"Content-Transfer-Encoding: " + name.split()[0].encode(), b"Content-Disposition: attachment")
        mail = parse(parts(part(b"text/plain", b"See."), part(kind + b"; name=a.csv", FORMS[name], *head)))
        return claims(mail, "", "raw")[0]  # by full content, then by what fields tell as well

    assert sent(form)[:1] == sent("7bit")[:1]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [(b"8bit", "été".encode()), (b"quoted-printable", b"=C3=A9t=C3=A9"), (b"base64", base64.b64encode("été".encode()))],
)
def test_a_text_in_another_encoding_is_the_same_mail(encoding: bytes, body: bytes) -> None:
    same = claims(parse(plain("été".encode())), "", "raw")
    assert claims(parse(plain(body, encoding=encoding)), "", "raw") == same


@pytest.mark.parametrize("unit", [b"=", b"= ", b"=\t", b"A", b"begin 644 x\n", b"a b\n", b"\nend\nbegin 644 x\n"])
def test_hostile_encodings_cost_linear_time(unit: bytes) -> None:
    started = time.process_time()
    data = unit * (1_000_000 // len(unit))
    base64_lines(data)
    quoted_printable(data)
    without_uuencoded(data.decode() + "\nend")
    assert time.process_time() - started < 4.0
