"""Everything that was seen in real mail (facts: mail parsing), one test each."""

from __future__ import annotations

import base64
import hashlib

import pytest

from chalicelib.mail.model import Address
from chalicelib.mail.parse import parse
from tests.unit.mail.making import HEAD, part, parts, plain


def without(name: bytes) -> bytes:
    return b"\r\n".join(line for line in plain(b"text").split(b"\r\n") if not line.startswith(name + b":"))


def headed(line: bytes) -> bytes:
    return line + b"\r\n\r\nbody"


def test_a_mail_without_date_has_none_and_says_so() -> None:
    mail = parse(without(b"Date"))
    assert (mail.date, mail.defects) == (None, ("no_date",))


def test_a_mail_without_message_id_says_so() -> None:
    mail = parse(without(b"Message-ID"))
    assert (mail.message_id, mail.defects) == ("", ("no_message_id",))


def test_a_mail_without_from_has_no_sender() -> None:
    mail = parse(without(b"From"))
    assert (mail.sender, mail.defects) == (None, ("no_from",))


def test_a_date_that_is_none_is_a_defect_of_its_own() -> None:
    assert "bad_date" in parse(headed(b"Date: soon")).defects


@pytest.mark.parametrize("raw", [b"", b"\0", b"\n", b"x", b"From", b"From:", b":", b"\r\n\r\n", b"\xff\xfe", b"MIME"])
def test_a_tiny_message_is_a_mail(raw: bytes) -> None:
    assert "no_from" in parse(raw).defects


def test_a_raw_utf8_header_is_read() -> None:
    mail = parse(headed("Subject: Prélèvement à jeun".encode()))
    assert mail.subject == "Prélèvement à jeun"


def test_a_raw_latin_header_is_read() -> None:
    assert parse(headed("Subject: Café".encode("latin-1"))).subject == "Café"


def test_a_raw_8bit_header_is_a_defect() -> None:
    assert "raw_8bit_headers" in parse(headed("Subject: Café".encode())).defects


def test_a_line_over_998_bytes_is_read_whole() -> None:
    assert parse(plain(b"x" * 5_000)).text == "x" * 5_000


def test_a_bare_cr_ends_a_line() -> None:
    assert parse(plain(b"one\rtwo")).text == "one\ntwo"


def test_a_nul_byte_disappears() -> None:
    assert parse(plain(b"Jo\0hn")).text == "John"


def test_the_first_of_two_subjects_counts() -> None:
    mail = parse(headed(b"Subject: first\r\nSubject: second"))
    assert mail.subject == "first"
    assert "duplicate_headers" in mail.defects


def test_an_unknown_charset_is_guessed() -> None:
    mail = parse(plain("Réunion à l'hôpital".encode(), b"text/plain; charset=x-unknown-7"))
    assert mail.text == "Réunion à l'hôpital"
    assert "unknown_charset" in mail.defects


def test_utf8_under_a_latin_label_is_read_as_utf8() -> None:
    mail = parse(plain("Réunion".encode(), b"text/plain; charset=iso-8859-1"))
    assert (mail.text, mail.defects) == ("Réunion", ("wrong_charset",))


def test_latin_under_a_utf8_label_is_read_as_latin() -> None:
    text = "Réunion à l'hôpital, dès l'été prochain, avec les élèves"
    assert parse(plain(text.encode("cp1252"), b"text/plain; charset=utf-8")).text == text


def test_latin1_means_windows_1252() -> None:
    assert parse(plain(b"10 \x80", b"text/plain; charset=iso-8859-1")).text == "10 €"


@pytest.mark.parametrize("label", ["punycode", "idna", "unicode_escape", "zlib", "rot13", "undefined", "mbcs", "../x"])
def test_a_codec_that_is_no_charset_is_not_used(label: str) -> None:
    assert "unknown_charset" in parse(plain(b"abc", b"text/plain; charset=" + label.encode())).defects


def test_other_charsets_are_decoded() -> None:
    mail = parse(plain("こんにちは".encode("iso2022_jp"), b"text/plain; charset=ISO-2022-JP"))
    assert mail.text == "こんにちは"


def test_winmail_dat_is_an_attachment_and_a_defect() -> None:
    mail = parse(parts(part(b"text/plain", b"see"), part(b"application/ms-tnef; name=winmail.dat", b"x")))
    assert [item.filename for item in mail.attachments] == ["winmail.dat"]
    assert mail.defects == ("tnef",)


def test_the_text_of_a_nested_multipart_is_found() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=y\r\n\r\n--y\r\n\r\ndeep\r\n--y--"
    assert parse(parts(inner)).text == "deep"


def test_an_unterminated_multipart_keeps_its_text() -> None:
    mail = parse(parts(part(b"text/plain", b"kept"), end=b""))
    assert (mail.text, mail.defects) == ("kept", ("unterminated_multipart",))


def test_a_multipart_without_its_boundary_is_text() -> None:
    mail = parse(HEAD + b"Content-Type: multipart/mixed; boundary=never\r\n\r\nstill here")
    assert (mail.text, mail.defects) == ("still here", ("broken_multipart",))


def test_a_multipart_without_boundary_parameter_is_text() -> None:
    assert parse(HEAD + b"Content-Type: multipart/mixed\r\n\r\nstill here").text == "still here"


def test_an_encoded_word_inside_quotes_is_decoded() -> None:
    mail = parse(headed(b'From: "=?utf-8?q?No=C3=A9mie?=" <n@example.com>'))
    assert mail.sender == Address("Noémie", "n@example.com")


def test_a_character_cut_between_encoded_words_is_joined() -> None:
    assert parse(headed(b"Subject: =?utf-8?b?w6nD?= =?utf-8?b?qQ==?=")).subject == "éé"


def test_encoded_words_without_space_around_them_are_decoded() -> None:
    assert parse(headed(b"Subject: a=?utf-8?q?=C3=A9?=b")).subject == "aéb"


@pytest.mark.parametrize("word", ["=?utf-8?b?a?=", "=?utf-8?x?a?=", "=??q?a?=", "=?utf-8?q?a", "=?nope?q?a?=", "=?="])
def test_a_broken_encoded_word_is_no_reason_to_fail(word: str) -> None:
    assert isinstance(parse(headed(b"Subject: " + word.encode())).subject, str)


def test_a_folded_subject_is_one_line() -> None:
    assert parse(headed(b"Subject: one\r\n  two\r\n\tthree")).subject == "one two three"


def test_the_members_of_a_group_are_recipients() -> None:
    mail = parse(headed(b"To: Team: ann@example.com, Bob <bob@example.com>;, eve@example.org"))
    assert [item.address for item in mail.to] == ["ann@example.com", "bob@example.com", "eve@example.org"]


def test_an_empty_group_has_no_recipients() -> None:
    assert parse(headed(b"To: undisclosed-recipients:;")).to == ()


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ("ann@example.com", "", "ann@example.com"),
        ("<ann@example.com>", "", "ann@example.com"),
        ("Ann Lee <ann@example.com>", "Ann Lee", "ann@example.com"),
        ('"Lee, Ann" <ann@example.com>', "Lee, Ann", "ann@example.com"),
        ("ann@example.com (Ann Lee)", "Ann Lee", "ann@example.com"),
        ('"Ann \\"A\\" Lee" <ann@example.com>', 'Ann "A" Lee', "ann@example.com"),
        ("Ann Lee ann@example.com", "Ann Lee", "ann@example.com"),
        ("'Ann' <ann@example.com>", "Ann", "ann@example.com"),
        ('"ann@example.com" <ann@example.com>', "ann@example.com", "ann@example.com"),
        ("Ann Lee <ann@example.com", "Ann Lee", "ann@example.com"),
        ("Ann Lee", "Ann Lee", ""),
        ("Dr: Ann <ann@example.com>", "Ann", "ann@example.com"),
    ],
)
def test_a_sender_is_read(value: str, name: str, address: str) -> None:
    assert parse(headed(b"From: " + value.encode())).sender == Address(name, address)


def test_a_plain_alternative_wins_over_html() -> None:
    raw = parts(part(b"text/html", b"<p>markup"), part(b"text/plain", b"words"), kind=b"alternative")
    assert parse(raw).text == "words"


def test_an_empty_plain_alternative_gives_way_to_html() -> None:
    raw = parts(part(b"text/plain", b" "), part(b"text/html", b"<p>markup"), kind=b"alternative")
    assert parse(raw).text == "markup"


def test_a_list_footer_does_not_replace_the_html_body() -> None:
    raw = parts(part(b"text/html", b"<p>body"), part(b"text/plain", b"footer"))
    assert parse(raw).text == "body\n\nfooter"


def test_a_message_inside_is_an_attachment_and_can_be_read() -> None:
    raw = parts(part(b"text/plain", b"outer"), part(b"message/rfc822", b"Subject: inner\r\n\r\ninner text"))
    mail = parse(raw)
    assert (mail.text, [item.content_type for item in mail.attachments]) == (
        "outer\n\nSubject: inner\n\ninner text",
        ["message/rfc822"],
    )


def test_a_bounce_keeps_its_own_text_only() -> None:
    raw = parts(part(b"text/plain", b"failed"), part(b"message/delivery-status", b"Action: failed"), kind=b"report")
    assert parse(raw).text == "failed"


def test_an_attachment_is_measured_and_hashed() -> None:
    data = bytes(range(256))
    lines = base64.encodebytes(data).replace(b"\n", b"\r\n")
    head = b"Content-Transfer-Encoding: base64"
    mail = parse(parts(part(b"application/pdf; name=a.pdf", lines, head)))
    [item] = mail.attachments
    assert (item.filename, item.size, item.sha256) == ("a.pdf", 256, hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'attachment; filename="a b.pdf"', "a b.pdf"),
        (b"attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
        (b"attachment; filename*0=lo; filename*1=ng.pdf", "long.pdf"),
        (b"attachment; filename*0*=utf-8''r%C3; filename*1*=%A9.pdf", "ré.pdf"),
        (b'attachment; filename="=?utf-8?q?r=C3=A9.pdf?="', "ré.pdf"),
        (b'attachment; filename="../../etc/passwd"', "passwd"),
        (b'attachment; filename="C:\\\\temp\\\\x.doc"', "x.doc"),
        (b'attachment; filename="a;b.pdf"', "a;b.pdf"),
        (b'attachment; filename="open.pdf', "open.pdf"),
        (b"attachment", ""),
    ],
)
def test_a_file_name_is_read(disposition: bytes, name: str) -> None:
    mail = parse(parts(part(b"application/pdf", b"x", b"Content-Disposition: " + disposition)))
    assert [item.filename for item in mail.attachments] == [name]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"base64", b"aGVs\nbG8"),
        (b"BASE64", b"aG Vs!bG8=\n"),
        (b"quoted-printable", b"hel=\r\nlo"),
        (b"x-uuencode", b"begin 644 x\r\n%:&5L;&\\\r\n`\r\nend\r\n"),
        (b"7bit", b"hello"),
        (b"nonsense", b"hello"),
    ],
)
def test_a_transfer_encoding_is_undone(encoding: bytes, body: bytes) -> None:
    assert parse(plain(body, encoding=encoding)).text == "hello"


def test_ids_are_in_angle_brackets_and_in_order() -> None:
    mail = parse(headed(b"Message-ID: 3@x\r\nIn-Reply-To: <2@x> (Ann's message)\r\nReferences: <1@x>\r\n <2@x>"))
    assert (mail.message_id, mail.in_reply_to, mail.references) == ("<3@x>", "<2@x>", ("<1@x>", "<2@x>"))


def test_a_date_is_timezone_aware() -> None:
    date = parse(plain(b"")).date
    assert date is not None
    assert date.isoformat() == "2025-03-03T10:00:00+01:00"


@pytest.mark.parametrize(
    "value",
    ["Mon, 99 Mar 2025 10:00:00 +0000", "Mon, 3 Mar 99999 1:1:1", "3 Mar 2025 10:00 +9999999", "0", "-", "1 1 1 1"],
)
def test_an_impossible_date_is_none(value: str) -> None:
    assert parse(headed(b"Date: " + value.encode())).date is None


def test_an_escape_sequence_in_a_subject_loses_its_escape() -> None:
    assert parse(headed(b"Subject: \x1b[31mred")).subject == "[31mred"
