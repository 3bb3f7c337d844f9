"""People by rule: civilities, greetings, signatures, introductions and lists; words are left alone."""

from __future__ import annotations

import pytest

from tests.unit.privacy.finding import found

PEOPLE = (
    ("Mme Quellec est là", "Quellec"),
    ("le docteur quellec est là", "quellec"),
    ("Bonjour Zoltan,\nmerci", "Zoltan"),
    ("dear sophie,\nthanks", "sophie"),
    ("Texte.\n\nCordialement,\nZ. Quellec", "Z. Quellec"),
    ("Some text.\n\nKind regards,\n\nZebulon Quix\nEngineer", "Zebulon Quix"),
    ("Un saluto,\nGiulia", "Giulia"),
    ("avec DUPONT Jean hier", "DUPONT Jean"),
    ("avec jean dupont hier", "jean dupont"),
    ("voir SOPHIE LAMBERT demain", "SOPHIE LAMBERT"),
    ("je m'appelle Zoltan Quellec et", "Zoltan Quellec"),
    ("mi chiamo Zoltan Quellec e", "Zoltan Quellec"),
    ("le fils de Marie-Claire de la Tour est", "Marie-Claire de la Tour"),
    ("la signora Rossi abita", "Rossi"),
)


@pytest.mark.parametrize(("text", "name"), PEOPLE)
def test_a_person_is_found_without_what_stands_around(text: str, name: str) -> None:
    assert ("PERSON", name) in found(text)


@pytest.mark.parametrize("text", ["Bonjour à tous,\nmerci", "Hello everyone,\nthanks", "Gentile cliente,\ngrazie"])
def test_a_greeting_to_nobody_names_nobody(text: str) -> None:
    assert found(text) == []


def test_two_people_that_a_conjunction_joins_are_two() -> None:
    assert [name for _, name in found("avec Sophie et Marie hier")] == ["Sophie", "Marie"]


def test_names_never_cross_a_line() -> None:
    assert not any("\n" in text for _, text in found("avec Sophie\nLambert est là"))
