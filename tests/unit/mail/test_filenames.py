"""File names from headers, and made safe."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.mail.filenames import MAX_BYTES, disposition, from_headers, safe

URL = "https://files.example/s/abcd/from%20url.zip?dl=1"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="report.pdf"', "report.pdf"),
        ("attachment; filename=report.pdf", "report.pdf"),
        ('attachment; FileName="report.pdf"; size=3', "report.pdf"),
        ('attachment; filename="a; b.pdf"', "a; b.pdf"),
        ('attachment; filename="say \\"hi\\".pdf"', "say _hi_.pdf"),
        ("attachment; filename*=UTF-8''%e2%82%ac%20rates.pdf", "€ rates.pdf"),
        ("attachment; filename=\"EURO.pdf\"; filename*=utf-8'en'%e2%82%ac.pdf", "€.pdf"),
        ("attachment; filename*=iso-8859-1''%A3.pdf; filename=\"p.pdf\"", "£.pdf"),
        ("attachment; filename*=UTF-8''%ff%fe; filename=\"plain.pdf\"", "plain.pdf"),
        ('attachment; filename*=nonsense; filename="plain.pdf"', "plain.pdf"),
        ('attachment; filename="caf\xc3\xa9.pdf"', "café.pdf"),
        ('attachment; filename="caf\xe9.pdf"', "café.pdf"),
        ('attachment; filename="a%20b.pdf"', "a b.pdf"),
        ("attachment", "from url.zip"),
        ("", "from url.zip"),
        ('attachment; filename=""', "from url.zip"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\temp\\\\x.exe"', "x.exe"),
        ("attachment; filename*=UTF-8''..%2f..%2fetc%2fpasswd", "passwd"),
    ],
)
def test_the_header_names_the_file_before_the_address_does(header: str, name: str) -> None:
    assert from_headers(header, URL) == name


@pytest.mark.parametrize("url", ["https://files.example/", "https://files.example", "https://[broken", ""])
def test_a_file_that_nobody_names_has_a_name(url: str) -> None:
    assert from_headers("", url) == "file"


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("   ", "file"),
        (".htaccess", "htaccess"),
        ("a/b/c.txt", "c.txt"),
        ("a\\b\\c.txt", "c.txt"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("console.txt", "console.txt"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("trailing. . ", "trailing"),
        ("e\u0301.txt", "é.txt"),
        ("\ud800.txt", "_.txt"),
    ],
)
def test_a_name_is_made_safe(name: str, made: str) -> None:
    assert safe(name) == made


def test_a_long_name_keeps_its_extension() -> None:
    made = safe("é" * 300 + ".docx")
    assert (len(made.encode()) <= MAX_BYTES, made.endswith(".docx")) == (True, True)


@given(st.text(), st.text(max_size=50))
def test_any_header_gives_one_safe_component(header: str, path: str) -> None:
    name = from_headers(f"attachment; filename={header}", f"https://files.example/{path}")
    assert name
    assert name not in (".", "..")
    assert not set(name) & set('/\\<>:"|?*\x00')
    assert len(name.encode()) <= MAX_BYTES + 1
    assert not [c for c in name if unicodedata.category(c) in ("Cc", "Cf", "Cs")]


@given(st.text())
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert safe(safe(name)) == safe(name)


@given(st.text())
def test_a_disposition_says_the_name_in_ascii(name: str) -> None:
    header = disposition(safe(name))
    assert header.isascii()
    assert from_headers(header, "") == safe(name)
