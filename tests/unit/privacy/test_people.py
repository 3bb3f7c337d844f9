"""The header list: who is on it, and in which forms a text names them."""

from __future__ import annotations

import pytest

from chalicelib.mail.model import Address, Mail
from chalicelib.privacy.people import Mentions, known_people, quoted
from tests.unit.privacy.finding import LISTS


def _mentions(text: str, *people: str) -> list[str]:
    mail = Mail(subject="", sender=None, text="", to=tuple(Address(name, "") for name in people))
    return [text[s.start : s.end] for s in Mentions(known_people(mail, LISTS), LISTS).find(text)]


@pytest.mark.parametrize(
    "form",
    [
        "Anaïs Lefèvre",
        "Lefèvre Anaïs",
        "LEFEVRE",
        "anais lefevre",
        "A. Lefèvre",
        "Anaïs L",
        "lefevre.anais",
        "anais_lefevre",
        "alefevre",
        "anaislefevre",
        "Lefèvre, Anaïs",
        "Anaïs\nLefèvre",
    ],
)
def test_a_form_of_the_name_is_one_mention(form: str) -> None:
    assert _mentions(f"cc {form} :", "Mme Anaïs Lefèvre") == [form]


def test_a_name_that_is_a_word_needs_its_capital() -> None:
    assert _mentions("un petit mot de Petit", "Paul Petit") == ["Petit"]


def test_a_name_inside_a_word_is_no_mention() -> None:
    assert _mentions("la martingale", "Luc Martin") == []


def test_an_organisation_is_found_as_a_whole_only() -> None:
    assert _mentions("un crédit du Crédit Exemple", "Crédit Exemple SA") == ["Crédit Exemple"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Le 5 mai 2024 à 10:12, Zoé Quellec a écrit :", "Zoé Quellec"),
        ("On Mon, May 6, 2024 at 9:00, Zoe Quellec <z@mail.example> wrote:", "Zoe Quellec"),
        ("Il giorno 5 maggio Zoe Quellec ha scritto:", "Zoe Quellec"),
        ("> De : Zoé Quellec <z@mail.example>", "Zoé Quellec"),
        ("From: Zoe Quellec", "Zoe Quellec"),
        ("ATTENDEE;CN=Zoe Quellec;ROLE=CHAIR:mailto:z@mail.example", "Zoe Quellec"),
        ("FN:Zoe Quellec", "Zoe Quellec"),
    ],
)
def test_quote_lines_and_invitations_name_people(line: str, name: str) -> None:
    assert name in " ".join(address.name for address in quoted(line))


def test_an_address_alone_names_its_owner() -> None:
    mail = Mail(subject="", sender=Address("", "jean.dupont@mail.example"), text="")
    assert [p.parts for p in known_people(mail, LISTS)] == [("jean", "dupont")]


def test_a_role_names_nobody() -> None:
    mail = Mail(subject="", sender=Address("Service Client", "contact@mail.example"), text="")
    assert known_people(mail, LISTS) == ()
