"""Phrases are found whatever accents, case and hidden characters the sender uses."""

from __future__ import annotations

import pytest

from chalicelib.core.phrases import Phrases, fold, split, tokens


def found(phrases: list[str], text: str) -> list[str]:
    return [phrases[hit.index] for hit in Phrases(phrases).find(tokens(text, 1000))]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("désabonner", "DESABONNER"),
        ("désabonner", "me de\u0301sabonner"),
        ("désabonner", "dé\u00adsabon\u200bner"),
        ("mal à l'œil", "J'ai mal à l’oeil"),
        ("rendez vous", "un rendez-vous\nmardi"),
        ("rendez vous", "un rendez\nvous"),
        ("factur*", "la facturation"),
        ("n'a pas pu", "il n'a pas pu venir"),
        ("strasse", "Straße"),
    ],
)
def test_a_phrase_is_found_in(phrase: str, text: str) -> None:
    assert found([phrase], text) == [phrase]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("port", "transport sport portail"),
        ("rendez vous", "rendez. vous"),
        ("cher patient", "cher <PERSON_1> patient"),
        ("person", "<PERSON_1>"),
        ("person", "<PERSON_482913007>"),
        ("cher patient", "cher <PERSON_482913007> patient"),
        ("facture", "factures"),
    ],
)
def test_a_phrase_is_not_found_in(phrase: str, text: str) -> None:
    assert found([phrase], text) == []


def test_overlapping_phrases_are_all_found() -> None:
    assert sorted(found(["aa bb", "bb cc", "aa bb cc"], "aa bb cc")) == ["aa bb", "aa bb cc", "bb cc"]


@pytest.mark.parametrize("phrase", ["", "  ", "*", "ab*", "a*b", "!!", "word ?"])
def test_a_phrase_that_could_never_be_meant_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"phrase|stem"):
        split(phrase)


def test_no_more_than_the_limit_is_read() -> None:
    assert tokens("one two three", 7) == ["one", "two"]


def test_a_flood_of_combining_marks_is_folded_in_linear_time() -> None:
    assert fold("e" + "\u0301\u0323" * 200_000) == "e"  # by squares: minutes
