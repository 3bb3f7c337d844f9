"""Text that is safe to store, compare and show."""

from __future__ import annotations

import pytest

from chalicelib.mail.characters import clean, one_line, tidy


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("Jo\0hn", "John"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
        ("a\r\nb\rc\x0bd", "a\nb\nc\nd"),
        ("Du\u00adpont", "Dupont"),
        ("Du\u200bpont", "Dupont"),
        ("Du\u200dpont", "Dupont"),
        ("gpj\u202efdp.exe", "gpjfdp.exe"),
        ("\x1b[31mred\x07", "[31mred"),
        ("\ufeffhello", "hello"),
        ("👩\u200d⚕️", "👩\u200d⚕️"),
        ("tab\tstays\n", "tab\tstays\n"),
    ],
)
def test_what_nobody_can_see_goes(dirty: str, expected: str) -> None:
    assert clean(dirty) == expected


def test_a_header_is_one_line_within_its_limit() -> None:
    assert one_line(" a\r\n\tb\u00a0c ", 4) == "a b"


def test_a_body_has_no_trailing_spaces_and_no_piles_of_empty_lines() -> None:
    assert tidy("\n\na  \n \n\n\nb\u00a0c\u202fd\n") == "a\n\nb c d"
