"""What the sender wrote, apart from quotations, signatures and disclaimers."""

from __future__ import annotations

import pytest

from chalicelib.classification.own_text import own_text

OWN = "The answer is yes."


@pytest.mark.parametrize(
    "below",
    [
        "> quoted\n> more",
        "On Monday, <PERSON_1> wrote:\n> quoted",
        "On Monday, <PERSON_1> wrote:\nquoted without marks",
        "On Monday at ten,\n<PERSON_1> <<EMAIL_ADDRESS_2>> wrote:\n\nquoted",
        "Le <DATE_1>, <PERSON_1> a écrit :\n\nquoted",
        "Il giorno <DATE_1> <PERSON_1> ha scritto:\nquoted",
        "Am <DATE_1> schrieb <PERSON_1>:\nquoted",
        "El <DATE_1>, <PERSON_1> escribió:\nquoted",
        "Em <DATE_1>, <PERSON_1> escreveu:\nquoted",
        "Op <DATE_1> schreef <PERSON_1>:\nquoted",
        "From: <PERSON_1>\nSent: <DATE_1>\nTo: <PERSON_2>\nSubject: x\n\nquoted",
        "De : <PERSON_1>\nEnvoyé : <DATE_1>\nÀ : <PERSON_2>\nObjet : x\n\nquoted",
        "Von: <PERSON_1>\nGesendet: <DATE_1>\nAn: <PERSON_2>\nBetreff: x\n\nquoted",
        "Da: <PERSON_1>\nInviato: <DATE_1>\nA: <PERSON_2>\nOggetto: x\n\nquoted",
        "-----Original Message-----\nquoted",
        "-----Message d'origine-----\nquoted",
        "-- \n<PERSON_1>\nquoted",
        "Sent from my iPhone",
        "Envoyé de mon iPhone",
        "This message is confidential and quoted in court.",
        "Ce courriel est confidentiel.\nquoted",
        "Please think before printing what is quoted.",
    ],
)
def test_what_stands_below_goes(below: str) -> None:
    assert own_text(f"{OWN}\n\n{below}").strip() == OWN


def test_text_between_quotations_stays() -> None:
    text = "> first question\nyes\n> second question\nno"
    assert own_text(text).split() == ["yes", "no"]


def test_a_signature_below_the_closing_words_goes_and_a_postscript_stays() -> None:
    text = f"{OWN}\n\nBest regards\n<PERSON_1>\nInvoices\n\nPS bring the keys"
    assert "Invoices" not in own_text(text)
    assert "PS bring the keys" in own_text(text)


def test_what_was_forwarded_stays_without_its_header_lines() -> None:
    text = "see below\n\n---------- Forwarded message ---------\nFrom: <PERSON_1>\nDate: x\nSubject: y\n\nforwarded"
    assert own_text(text).split() == ["see", "below", "forwarded"]


def test_an_outlook_forward_stays_when_the_subject_says_so() -> None:
    text = "fyi\n\nFrom: <PERSON_1>\nSent: x\nTo: y\nSubject: z\n\nforwarded"
    assert "forwarded" in own_text(text, forward=True)
    assert "forwarded" not in own_text(text)


@pytest.mark.parametrize("text", ["> only a quotation", "Sent from my iPhone", "", "-- \nname"])
def test_a_text_of_nothing_else_is_left_whole(text: str) -> None:
    assert own_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "I caught a virus.\n\nThe virus makes me cough.",
        "On Monday we met.\n\nThe contract does not constitute a lease.",
        "From: what I read, it works.",
        "I registered in your course.\n\nIt was on Monday.",
    ],
)
def test_text_that_only_looks_so_stays(text: str) -> None:
    assert own_text(text) == text
