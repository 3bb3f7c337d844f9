"""The reading view: what a person would read, and the way back to where it stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.privacy.normalize import View

READINGS = {
    "J\u200be\u200ban": "Jean",
    "exam\u00adple": "example",
    "4111\u00a01111": "4111 1111",
    "4111\u20111111": "4111-1111",
    "\uff14\uff11": "41",
    "\u0664\u0661": "41",
    "J\u0435an": "Jean",
    "&#64;": "@",
    "&eacute;t&eacute;": "été",
    "e\u0301te\u0301": "été",
    "d\u2019Arc": "d'Arc",
    "\ufb01n": "fin",
    "a\u2028b": "a\nb",
    "Привет": "Привет",
    "R&D; x": "R&D; x",
}


@pytest.mark.parametrize(("source", "reading"), READINGS.items())
def test_it_reads_as_a_person_would(source: str, reading: str) -> None:
    assert View(source).text == reading


def test_a_find_in_the_view_covers_what_was_hidden_in_it() -> None:
    source = "à J\u200be\u200ban."
    view = View(source)
    start = view.text.index("Jean")
    assert source[slice(*view.original(start, start + 4))] == "J\u200be\u200ban"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_every_place_of_the_view_lies_in_the_source(source: str) -> None:
    view = View(source)
    places = [view.original(i, i + 1) for i in range(len(view.text))]
    assert all(0 <= start < end <= len(source) for start, end in places)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_the_places_never_go_back(source: str) -> None:
    view = View(source)
    starts = [view.original(i, i + 1)[0] for i in range(len(view.text))]
    assert starts == sorted(starts)
