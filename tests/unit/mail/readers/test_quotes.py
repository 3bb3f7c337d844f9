"""What the sender wrote and what is quoted, in the forms of common mail programs."""

from __future__ import annotations

import time

import pytest

from chalicelib.mail.readers.quotes import split_quotation

ATTRIBUTIONS = [
    "On Mon, 2 Nov 2026 at 09:00, Ana Lopes <ana@shop.example> wrote:",
    "Le lun. 2 nov. 2026 à 09:00, Ana Lopes <ana@shop.example> a écrit :",
    "Am 02.11.2026 um 09:00 schrieb Ana Lopes <ana@shop.example>:",
    "Il giorno lun 2 nov 2026 alle ore 09:00 Ana Lopes <ana@shop.example> ha scritto:",
    "El lun, 2 nov 2026 a las 9:00, Ana Lopes (<ana@shop.example>) escribió:",
    "Op ma 2 nov 2026 om 09:00 schreef Ana Lopes <ana@shop.example>:",
    "On Monday, November 2, 2026 at 09:00:12 AM GMT+1, Ana Lopes\n<ana@shop.example> wrote:",
    "> Le 2 nov. 2026 à 09:00, Ana Lopes <ana@shop.example> a écrit :",
]
BLOCKS = [
    "From: Ana Lopes <ana@shop.example>\nSent: Monday, 2 November 2026 09:00\nTo: Desk\nSubject: Lease",
    "De : Ana Lopes <ana@shop.example>\nEnvoyé : lundi 2 novembre 2026 09:00\nÀ : Accueil\nObjet : Bail",
    "Von: Ana Lopes <ana@shop.example>\nGesendet: Montag, 2. November 2026 09:00\nAn: Empfang\nBetreff: Vertrag",
    "Da: Ana Lopes <ana@shop.example>\nInviato: lunedì 2 novembre 2026 09:00\nA: Sportello\nOggetto: Contratto",
    "De: Ana Lopes <ana@shop.example>\nEnviado: lunes, 2 de noviembre de 2026 9:00\nPara: Mesa\nAsunto: Contrato",
    "Van: Ana Lopes <ana@shop.example>\nVerzonden: maandag 2 november 2026 09:00\nAan: Balie\nOnderwerp: Huur",
    "*From:* Ana Lopes\n*Date:* 2 November 2026\n*To:* Desk\n*Subject:* Lease",
    "De : Ana Lopes\n\nEnvoyé : lundi\n\nÀ : Accueil\n\nObjet : Bail",
    "From: Ana\nSent: Monday\nTo: Desk <desk@x.example>;\nBo <bo@x.example>\nSubject: Lease",
    "-----Original Message-----\nFrom: Ana",
    "-----Message d'origine-----\nDe : Ana",
    "-----Ursprüngliche Nachricht-----\nVon: Ana",
    "________________________________\nFrom: Ana\nSent: Monday\nTo: Desk\nSubject: Lease",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_a_marked_answer_below_its_attribution_is_quoted(attribution: str) -> None:
    text = f"Merci, c'est noté.\n\n{attribution}\n> URGENT\n> payez"
    assert split_quotation(text) == ("Merci, c'est noté.", f"{attribution}\n> URGENT\n> payez")


@pytest.mark.parametrize("opening", [*ATTRIBUTIONS[:-1], *BLOCKS])
def test_what_follows_an_unmarked_attribution_or_header_block_is_quoted(opening: str) -> None:
    assert split_quotation(f"Thanks.\n\n{opening}\n\nURGENT: pay") == ("Thanks.", f"{opening}\n\nURGENT: pay")


@pytest.mark.parametrize("attribution", ATTRIBUTIONS[:-1])
def test_an_answer_below_the_quotation_is_what_was_written(attribution: str) -> None:
    assert split_quotation(f"{attribution}\n> old\n> text\n\nMy answer.") == (
        "My answer.",
        f"{attribution}\n> old\n> text",
    )


def test_answers_between_the_lines_stay_in_their_order() -> None:
    text = "Hello,\n> first?\nyes\n> second?\nno"
    assert split_quotation(text) == (text, "")


def test_an_answer_after_an_attribution_is_not_lost_in_the_quotation() -> None:
    text = "Hello,\n\nOn 2 Nov 2026, Ana wrote:\n> first?\nyes, of course"
    assert split_quotation(text) == (text, "")


def test_a_forwarded_mail_is_no_quotation() -> None:
    text = f"For you.\n\n{BLOCKS[0]}\n\nThe lease ends."
    assert split_quotation(text, forwarded=True) == (text, "")


@pytest.mark.parametrize("text", [f"{BLOCKS[1]}\n\nTexte", "> only\n> quoted", ""])
def test_a_mail_that_only_quotes_is_text(text: str) -> None:
    assert split_quotation(text) == (text, "")


@pytest.mark.parametrize(
    "text",
    [
        "On Monday we met.\nIt was good.",
        "Le directeur a écrit : venez.",
        "From: here\nto there.",
        "De : rien\nÀ bientôt",
        "On 3 November the club wrote history.",
        "--\nAna",
        "On rappelle trois points :\n1. payer\n2. signer",
    ],
)
def test_ordinary_sentences_are_no_quotation(text: str) -> None:
    assert split_quotation(text) == (text, "")


@pytest.mark.parametrize("unit", ["On ", "On\n", "> ", ">\n", "\n", "From: a\n", "On 1:\n", "-----\n", "a:\n\n>\n"])
def test_a_hostile_text_is_split_in_linear_time(unit: str) -> None:
    started = time.process_time()
    split_quotation(unit * (200_000 // len(unit)))
    assert time.process_time() - started < 3.0
