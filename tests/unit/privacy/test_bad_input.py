"""Hostile texts: nothing raises, and the time grows no faster than the text."""

from __future__ import annotations

import random
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.mail.model import Address, Mail
from chalicelib.privacy.engine import RulesAnonymizer
from tests.unit.privacy.finding import FINDER, found

ENGINE = RulesAnonymizer()
SIZE = 20_000
_noise = random.Random(7)
HOSTILE = {
    "empty": "",
    "one long line": "x" * SIZE,
    "short lines": "ab\n" * (SIZE // 3),
    "digits": "".join(_noise.choice(string.digits) for _ in range(SIZE)),
    "spaced digits": "1 2 3 " * (SIZE // 6),
    "grouped digits": " ".join(str(_noise.randint(0, 9999)) for _ in range(SIZE // 5)),
    "base64": "".join(_noise.choice(string.ascii_letters + string.digits + "+/") for _ in range(SIZE)),
    "at signs": "a@" * (SIZE // 2),
    "dots before an at sign": "a." * (SIZE // 2) + "@",
    "open brackets": "<" * SIZE,
    "capitals": "Aa " * (SIZE // 3),
    "On On On": "On " * (SIZE // 3),
    "zero width": "\u200b" * SIZE,
    "entities": "&nbsp;" * (SIZE // 6),
    "quote marks": "> > > >\n" * (SIZE // 8),
    "blank lines": "\n" * SIZE,
    "phone starts": "+3" * (SIZE // 2),
    "iban starts": "FR76 " * (SIZE // 5),
    "streets": "12 rue De La " * (SIZE // 13),
    "civilities": "Mr Mr " * (SIZE // 6),
    "key starts": "-----BEGIN " * (SIZE // 11),
    "header lines": "De : A, B; C; D\n" * (SIZE // 16),
    "wrote": "Aa Bb wrote Aa Bb " * (SIZE // 18),
    "hyphens": "Aa-" * (SIZE // 3),
    "combining": "e\u0301" * (SIZE // 2),
    "every block": "".join(chr(c) for c in range(1, 0x11000) if not 0xD800 <= c < 0xE000)[:SIZE],
    "right to left": "שלום محمد " * (SIZE // 10),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_read_within_seconds(name: str) -> None:
    began = time.process_time()
    ENGINE.anonymize(Mail(subject="", sender=Address("Jean Dupont", "j@mail.example"), text=HOSTILE[name]))
    assert time.process_time() - began < 5


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_no_text_raises(text: str) -> None:
    found(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789 .-+/\n>@aFR_,", max_size=120))
def test_what_the_engine_leaves_is_never_what_the_second_look_asks_for(text: str) -> None:
    ENGINE.anonymize(Mail(subject="", sender=None, text=text))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>=\"'/ aA&;é\n!-", max_size=200))
def test_no_html_raises(html: str) -> None:
    ENGINE.anonymize_html(Mail(subject="", sender=None, text="", html=html))


def test_a_file_name_of_separators_is_read() -> None:
    from chalicelib.privacy.people import Mentions
    from tests.unit.privacy.finding import LISTS

    assert FINDER.find_in_name("._-" * 80, Mentions((), LISTS)) == ()
