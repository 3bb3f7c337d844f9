"""Flowed text, enriched text, RTF and invitations become what a person reads."""

from __future__ import annotations

import time

import pytest

from chalicelib.mail.readers.calendar import calendar_text
from chalicelib.mail.readers.flowed import unflowed
from chalicelib.mail.readers.protected import signed_content, without_armor
from chalicelib.mail.readers.rich_text import enriched_text, rtf_text


@pytest.mark.parametrize(
    ("text", "delete_space", "plain"),
    [
        ("one \ntwo\nthree", False, "one two\nthree"),
        ("https://x.example/ab \ncd", True, "https://x.example/abcd"),
        (" From Paris\n >not quoted", False, "From Paris\n>not quoted"),
        ("> a \n> b\nc", False, "> a b\nc"),
        ("> a \n>> b", False, "> a \n>> b"),
        ("bye \n-- \nAna", False, "bye \n-- \nAna"),
        ("a \r\nb", False, "a b"),
    ],
)
def test_flowed_text_is_unwrapped(text: str, delete_space: bool, plain: str) -> None:
    assert unflowed(text, delete_space) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<bold>Hi</bold> Ana,\nhow\nare you?\n\nBye", "Hi Ana, how are you?\nBye"),
        ("<color><param>red</param>Red</color> << 3", "Red < 3"),
    ],
)
def test_enriched_text_is_read(text: str, plain: str) -> None:
    assert enriched_text(text) == plain


def test_richtext_is_read() -> None:
    assert enriched_text("<bold>Hi</bold>\nAna<nl>Bye<lt>", rich=True) == "Hi Ana\nBye<"


@pytest.mark.parametrize(
    ("rtf", "plain"),
    [
        (r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 R\'e9union\par demain}", "Réunion\ndemain"),
        (r"{\rtf1\ansi\ansicpg1251 \'c2\'e0\'ec}", "Вам"),
        (r"{\rtf1 caf\u233?s \u8364 ?}", "cafés €"),
        (r"{\rtf1{\*\generator X;}{\info{\title no}}a\{b\}\\c\~d}", "a{b}\\c d"),
    ],
)
def test_rtf_is_read(rtf: str, plain: str) -> None:
    assert rtf_text(rtf) == plain


EVENT = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=fr:Point\\, salle B\r\n"
    "DTSTART;TZID=Europe/Paris:20261117T140000\r\n"
    'DTEND;TZID=Europe/Paris:20261117T150000\r\nORGANIZER;CN="Maurel: Irène":mailto:irene@clinic.example\r\n'
    "DESCRIPTION:Un\\nde\r\n ux\r\nUID:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_an_invitation_says_what_when_and_who() -> None:
    assert calendar_text(EVENT).split("\n") == [
        "Point, salle B",
        "2026-11-17 14:00 (Europe/Paris) – 15:00",
        "Organizer: Maurel: Irène <irene@clinic.example>",
        "Un",
        "deux",
    ]


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("DTSTART:20261117T130000Z", "DTEND:20261118T130000Z", "2026-11-17 13:00 (UTC) – 2026-11-18 13:00"),
        ("DTSTART;VALUE=DATE:20261117", "", "2026-11-17"),
    ],
)
def test_days_and_universal_times_are_shown(start: str, end: str, shown: str) -> None:
    assert calendar_text(f"BEGIN:VEVENT\n{start}\n{end}\nEND:VEVENT") == shown


@pytest.mark.parametrize(
    "text", ["", "BEGIN", "BEGIN:VEVENT", "END:VEVENT", ":::", "BEGIN:VEVENT\nSUMMARY\nEND:VEVENT"]
)
def test_what_is_no_calendar_has_no_text(text: str) -> None:
    assert calendar_text(text) == ""


DATA = bytes.fromhex("06092a864886f70d010701")


@pytest.mark.parametrize(
    ("signed", "inside"),
    [
        (DATA + b"\xa0\x05\x04\x03abc", b"abc"),
        (DATA + b"\xa0\x82\x00\x07\x04\x82\x00\x03abc", b"abc"),
        (DATA + b"\xa0\x80\x24\x80\x04\x02ab\x04\x01c\x00\x00", b"abc"),
        (DATA, b""),
        (DATA + b"\x30\x00", b""),
        (b"nothing", b""),
        (DATA + b"\xa0\x05\x04\x84", b""),
    ],
)
def test_the_mail_inside_a_signature_is_found(signed: bytes, inside: bytes) -> None:
    assert signed_content(signed) == inside


HOSTILE = {
    "flowed": lambda: unflowed("a \n" * 200_000, False),
    "quoted": lambda: unflowed(">" * 400_000, False),
    "enriched": lambda: enriched_text("<param>" * 60_000),
    "open tags": lambda: enriched_text("<" * 400_000),
    "rtf groups": lambda: rtf_text("{" * 400_000),
    "rtf words": lambda: rtf_text("\\a" * 200_000),
    "rtf bytes": lambda: rtf_text("\\'e9" * 100_000),
    "events": lambda: calendar_text("BEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT\n" * 10_000),
    "parameters": lambda: calendar_text("BEGIN:VEVENT\nSUMMARY" + ";A=b" * 100_000 + ":x\nEND:VEVENT"),
    "folds": lambda: calendar_text("\n " * 200_000),
    "armor": lambda: without_armor("-----BEGIN PGP MESSAGE-----\n" * 14_000),
    "octets": lambda: signed_content(DATA + b"\xa0\x80\x24\x80" + b"\x04\x00" * 200_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_costs_linear_time(name: str) -> None:
    started = time.process_time()
    HOSTILE[name]()
    assert time.process_time() - started < 3.0
