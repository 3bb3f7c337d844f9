"""What stays as it is written: dates, documents' numbers, acronyms, software, subjects in capitals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.mail.model import Mail
from tests.unit.privacy.finding import engine, found

SENTENCES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "privacy_data" / "must_stay.jsonl").read_text("utf-8").splitlines()
]
DATES = (
    "{d:02d}/{m:02d}/{y}", "{m:02d}/{d:02d}/{y}", "{d}/{m}/{y}", "{d:02d}.{m:02d}.{y}", "{d:02d}-{m:02d}-{y}",
    "{y}-{m:02d}-{d:02d}", "{y}/{m:02d}/{d:02d}", "{d:02d}/{m:02d}/26", "{d:02d}.{m:02d}.26", "{d:02d}-{m:02d}-26",
    "{d:02d} {m:02d} {y}", "{d:02d}/{m:02d}", "{d} novembre {y}", "November {d}, {y}", "{y}{m:02d}{d:02d}",
    "{d:02d}/{m:02d}/{y} 09:05", "{d:02d}/{m:02d}/{y} à 9h05", "{y}-{m:02d}-{d:02d}T09:05:00Z", "{d} / {m} / {y}",
    "{d:02d} - {m:02d} - {y}", "du {d:02d} au 28/{m:02d}/{y}", "{d:02d}/{m:02d}-28/{m:02d}/{y}", "{d}-28/{m}/{y}",
    "{d:02d}/{m:02d}/{y}-28/{m:02d}/{y}", "{d:02d}/{m:02d}/{y} 14:30-15:30",
)  # fmt: skip
FRAMES = ("Rendez-vous le {}.", "Please call before {}.", "Facture du {}, merci", "{}", "Tél. de permanence le {}")
DOCUMENTS = (
    "Facture n°", "facture", "Commande", "Numéro de commande", "Devis", "Bon de livraison", "Ticket", "Dossier", "Réf.",
    "Invoice no.", "Invoice #", "Order number", "Quote", "Tracking number", "Delivery note", "Case", "Fattura n.",
    "Ordine n.", "Preventivo", "Bolla", "Numéro de suivi", "Spedizione", "Article", "Version",
)  # fmt: skip
SHAPES = (
    "2026 0417", "FA-2026-00812", "10002345", "0612 345 678", "555-0134", "617 220 4410", "0234/2026/FE", "02 4471 118",
    "77 45 12 88", "8R 4412 9981 2", "1Z 999 AA1 01", "06 12 34 56 78", "4111111111111111", "RR123456789FR",
    "123456789",
)  # fmt: skip
SUBJECTS = (
    "Lab Results", "Résultats D'Analyses", "Compte Rendu De La Réunion", "Risultati Delle Analisi", "Mise En Demeure",
    "Automatic Reply: Annual Leave", "Réponse Automatique : Absent", "Fwd: Lab Results", "Preventivo Bagno",
    "Convocation À L'Audience", "Blood Pressure Follow-Up", "Lease Renewal", "Votre Colis Chronopost", "Pulizia Denti",
    "Undelivered Mail Returned To Sender", "Ricevuta Di Ritorno", "New Features In Slack", "FINAL NOTICE",
)  # fmt: skip


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: f"{case['kind']}: {case['must_stay']}")
def test_a_sentence_keeps_what_is_no_personal_datum(case: dict[str, str]) -> None:
    assert case["must_stay"] in engine().anonymize(Mail(subject="", sender=None, text=case["text"])).text


@pytest.mark.parametrize("form", DATES)
def test_a_date_of_any_form_is_no_telephone_number(form: str) -> None:
    dates = [form.format(d=d, m=m, y=2026) for d in (1, 5, 9, 12, 31) for m in (1, 6, 11)]
    texts = [frame.format(date) for date in dates for frame in FRAMES]
    assert [text for text in texts if found(text)] == []


@pytest.mark.parametrize("word", DOCUMENTS)
def test_the_number_of_a_document_stays(word: str) -> None:
    texts = [f"{word} {shape}, merci" for shape in SHAPES]
    assert [text for text in texts if found(text)] == []


@pytest.mark.parametrize("subject", SUBJECTS)
def test_capitals_of_a_subject_are_no_names(subject: str) -> None:
    assert engine().anonymize(Mail(subject=subject, sender=None, text="")).subject == subject


def test_a_number_behind_no_document_is_hidden() -> None:
    assert [kind for kind, _ in found("Appelez le 06 12 34 56 78 avant le 05/11/2026")] == ["PHONE_NUMBER"]


def test_a_card_in_groups_is_hidden_even_behind_a_document() -> None:
    assert found("Commande 4111 1111 1111 1111")[0][0] == "CREDIT_CARD"


def test_a_reply_header_keeps_its_date_and_hides_the_name() -> None:
    text = "Le 3 novembre 2026 à 10:12, Zoltan Quellec <zq@example.com> a écrit :"
    done = engine().anonymize(Mail(subject="", sender=None, text=text)).text
    assert done == "Le 3 novembre 2026 à 10:12, <PERSON_1> <<EMAIL_ADDRESS_1>> a écrit :"
