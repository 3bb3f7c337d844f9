"""What the models get to read: sentences where a name can be, in their language, with the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.privacy.pieces import MAX_PIECE, pieces
from chalicelib.privacy.spans import Span
from tests.unit.privacy.finding import LISTS


def test_each_paragraph_has_its_own_language() -> None:
    text = "Je vous prie de voir avec Zoltan dans la semaine.\n\nPlease see this with Zoltan in the week."
    assert [piece.language for piece in pieces(text, (), LISTS, "und")] == ["fr", "en"]


def test_a_paragraph_that_does_not_tell_takes_the_mail_s_language() -> None:
    assert [piece.language for piece in pieces("Zoltan Quellec", (), LISTS, "it")] == ["it"]


@pytest.mark.parametrize("text", ["merci beaucoup pour tout", "Merci. Bonne journée.", "Thank you very much."])
def test_a_sentence_without_a_possible_name_is_not_read(text: str) -> None:
    assert list(pieces(text, (), LISTS, "fr")) == []


def test_a_sentence_whose_names_are_known_already_is_not_read() -> None:
    assert list(pieces("avec Zoltan hier", (Span(5, 11, "PERSON", "x", 1.0),), LISTS, "fr")) == []


def test_a_quoted_paragraph_reads_like_the_original() -> None:
    plain = next(pieces("avec Zoltan\nQuellec hier", (), LISTS, "fr")).text
    assert next(pieces("> avec Zoltan\n> Quellec hier", (), LISTS, "fr")).text == plain


@given(st.text(alphabet="aZé .\n>,!", max_size=400))
def test_every_character_of_a_piece_is_that_of_the_source(text: str) -> None:
    for piece in pieces(text, (), LISTS, "fr"):
        assert "".join(text[piece.source(i)] for i in range(len(piece.text))) == piece.text


def test_no_piece_is_longer_than_the_limit() -> None:
    assert max(len(piece.text) for piece in pieces("Zoltan parle " * 2000, (), LISTS, "fr")) <= MAX_PIECE
