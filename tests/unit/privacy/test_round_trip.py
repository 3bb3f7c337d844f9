"""Each occurrence comes back as it stood, and damaged tokens of an answer are repaired or named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Permanent
from chalicelib.mail.model import Address, Mail
from chalicelib.privacy.engine import RulesAnonymizer
from chalicelib.privacy.mapping import Originals, deanonymize, open_sealed, seal
from chalicelib.privacy.repair import repair
from infra.bench.privacy_mails import read

ENGINE = RulesAnonymizer()
KEY = bytes(range(32))
MAIL = Mail(
    subject="Dossier Lefèvre",
    sender=Address("Anaïs Lefèvre", "anais.lefevre@mail.example"),
    text="Bonjour ANAÏS, M. lefevre au 06 12 34 56 78 ou +33 6 12 34 56 78. <PERSON_1> <\\PERSON_2>",
)
MAPPING = {"<PERSON_1>": "Jean", "<PERSON_2>": "Anna", "<PHONE_NUMBER_1>": "06", "<EMAIL_ADDRESS_482913007>": "x@y"}
PIECES = (
    "Anaïs",
    "anaïs lefèvre",
    "LEFÈVRE",
    "\n",
    " ",
    "06 12 34 56 78",
    "<PERSON_1>",
    "<",
    "\\",
    "a b",
    "x@y.example",
)


@pytest.mark.parametrize("half", ["tuned", "untouched"])
@pytest.mark.parametrize("language", ["fr", "en", "it"])
def test_text_and_subject_of_every_mail_come_back_exactly(half: str, language: str) -> None:
    for marked in read(half, language):
        done = ENGINE.anonymize(marked.mail)
        opened = open_sealed(seal(done.mapping, KEY, "mail"), KEY, "mail")
        assert deanonymize(done.text, opened) == marked.mail.text
        assert deanonymize(done.subject, opened) == marked.mail.subject


def test_forms_and_literal_tokens_come_back() -> None:
    done = ENGINE.anonymize(MAIL)
    assert deanonymize(done.text, done.mapping) == MAIL.text
    assert deanonymize(done.subject, done.mapping) == MAIL.subject


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_any_mail_comes_back(pieces: list[str]) -> None:
    text = " ".join(pieces)
    done = ENGINE.anonymize(Mail(subject="", sender=MAIL.sender, text=text))
    assert deanonymize(done.text, done.mapping) == text


def test_an_answer_gets_the_fullest_form() -> None:
    done = ENGINE.anonymize(MAIL)
    assert deanonymize("Merci <PERSON_1> !", done.mapping) == "Merci Anaïs Lefèvre !"


def test_a_form_is_kept_once_per_place_that_differs() -> None:
    done = ENGINE.anonymize(MAIL)
    assert isinstance(done.mapping, Originals)
    assert sorted(map(len, done.mapping.forms.values())) == [1, 3]


@pytest.mark.parametrize(
    "damaged",
    [
        "<Person_1>", "<person_1>", "[PERSON_1]", "PERSON_1", "&lt;PERSON_1&gt;", "<PERSON_1", "PERSON_1>",
        "< PERSON_1 >", "<PERSON 1>", "<PERSON\\_1>", "＜PERSON_1＞", "<PERSONNE_1>", "<Persona 1>", "{PERSON_1}",
    ],
)  # fmt: skip
def test_a_damaged_token_is_repaired(damaged: str) -> None:
    assert repair(f"Bonjour {damaged}, merci", MAPPING).text == "Bonjour <PERSON_1>, merci"


@pytest.mark.parametrize("unclear", ["<PERSON>", "<PERSON_7>", "person_12", "[Votre nom]", "XXX", "{{name}}"])
def test_what_means_no_known_token_is_named(unclear: str) -> None:
    done = repair(f"Bonjour {unclear}, merci", MAPPING)
    assert done.unclear == (unclear,)
    assert unclear in done.text


def test_a_translated_kind_with_a_number_of_a_thread_is_repaired() -> None:
    assert repair("<Courriel_482913007>", MAPPING).text == "<EMAIL_ADDRESS_482913007>"


@pytest.mark.parametrize(
    "text", ["page 12", "le 12 mai 2026", "(<PERSON_1>) **<PERSON_2>**", "Article 5 [1](x)", "a < 5"]
)
def test_what_is_no_token_is_left(text: str) -> None:
    assert repair(text, MAPPING) == type(repair("", {}))(text)


def test_a_token_of_nobody_is_still_refused() -> None:
    with pytest.raises(Permanent, match="unknown_token"):
        deanonymize("<PERSON_9>", Originals(MAPPING))
