"""Recognizers: each form is found whole and by its kind, in a sentence; look-alikes are not."""

from __future__ import annotations

import pytest

from tests.unit.privacy.finding import found

FORMS: tuple[tuple[str, str], ...] = (
    ("EMAIL_ADDRESS", "x@corp.internal"),
    ("EMAIL_ADDRESS", "root@localhost"),
    ("EMAIL_ADDRESS", "o'neil+a_b@mail.example"),
    ("EMAIL_ADDRESS", "ops@[10.0.0.1]"),
    ("EMAIL_ADDRESS", "jean.dupont [at] mail [dot] example"),
    ("EMAIL_ADDRESS", "jean (arobase) mail (point) example"),
    ("URL", "https://www.mail.example/a?b=1"),
    ("URL", "intranet.corp.local"),
    ("IP_ADDRESS", "192.0.2.17"),
    ("IP_ADDRESS", "2001:db8::8a2e:370:7334"),
    ("MAC_ADDRESS", "00:00:5e:00:53:af"),
    ("IBAN_CODE", "FR14 2004 1010 0505 0001 3M02 606"),
    ("IBAN_CODE", "it60x0542811101000000123456"),
    ("CREDIT_CARD", "4111-1111-1111-1111"),
    ("CREDIT_CARD", "3782 822463 10005"),
    ("FR_NIR", "2 69 05 49 588 157 80"),
    ("FR_NIR", "269054958815780"),
    ("FR_SIREN", "732 829 320"),
    ("FR_SIRET", "732 829 320 00074"),
    ("VAT_NUMBER", "FR 44 732 829 320"),
    ("IT_FISCAL_CODE", "RSSMRA85T10A562S"),
    ("IT_VAT", "IT12345678903"),
    ("UK_NHS", "943 476 5919"),
    ("UK_NINO", "AB 12 34 56 C"),
    ("US_SSN", "078-05-1120"),
    ("PASSPORT", "12AB34567"),
    ("LICENSE_PLATE", "AB-123-CD"),
    ("SECRET", "AKIAIOSFODNN7EXAMPLE"),
    ("SECRET", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
    ("PHONE_NUMBER", "06 12 34 56 78"),
    ("PHONE_NUMBER", "06.12.34.56.78"),
    ("PHONE_NUMBER", "0612345678"),
    ("PHONE_NUMBER", "+33 (0)6 12 34 56 78"),
    ("PHONE_NUMBER", "0033 6 12 34 56 78"),
    ("PHONE_NUMBER", "+39 347 1234567"),
    ("PHONE_NUMBER", "347 123 4567"),
    ("PHONE_NUMBER", "02 1234567"),
    ("PHONE_NUMBER", "+32 475 12 34 56"),
    ("PHONE_NUMBER", "02/555.12.12"),
    ("PHONE_NUMBER", "+41 44 668 18 00"),
    ("PHONE_NUMBER", "044 668 18 00"),
    ("PHONE_NUMBER", "+49 30 901820"),
    ("PHONE_NUMBER", "(030) 901820-12"),
    ("PHONE_NUMBER", "+34 612 345 678"),
    ("PHONE_NUMBER", "612 34 56 78"),
    ("PHONE_NUMBER", "+44 20 7946 0958"),
    ("PHONE_NUMBER", "07700 900123"),
    ("PHONE_NUMBER", "(212) 555-0134"),
    ("PHONE_NUMBER", "1-212-555-0134 ext. 12"),
    ("PHONE_NUMBER", "(0117) 496-0123 ext. 12"),
    ("PHONE_NUMBER", "(0117)496.0123x123"),
    ("PHONE_NUMBER", "02 5550 1234 poste 12"),
    ("PHONE_NUMBER", "347 123 4567 (int. 12)"),
    ("PHONE_NUMBER", "06 12 34 56 78 x123"),
    ("PHONE_NUMBER", "(33) 6.12.34.56.78"),
    ("PHONE_NUMBER", "(351) 911525544"),
    ("PHONE_NUMBER", "254-712-345678"),
    ("PHONE_NUMBER", "31 6 12345678"),
    ("PHONE_NUMBER", "0117 - 496 - 0123"),
    ("PHONE_NUMBER", "06 / 12 34 56 78"),
    ("PHONE_NUMBER", "212/555/0134"),
    ("PHONE_NUMBER", "(06)60/984-1855"),
    ("PHONE_NUMBER", "(022)123.45.67"),
    ("PHONE_NUMBER", "07700  900123"),
    ("PHONE_NUMBER", "0662 14120 186"),
    ("PHONE_NUMBER", "511 52 55"),
    ("PHONE_NUMBER", "32 12 34 56"),
    ("PHONE_NUMBER", "32123456"),
    ("PHONE_NUMBER", "7099.3970"),
    ("ADDRESS", "12 bis, rue de la Paix, 75002 Paris"),
    ("ADDRESS", "Via Roma 12, 20121 Milano (MI)"),
    ("ADDRESS", "10 Downing Street, London SW1A 2AA"),
    ("ADDRESS", "1600 Example Avenue NW, Washington, DC 20500"),
    ("ADDRESS", "Musterstraße 12, 10115 Berlin"),
)
AFTER: tuple[tuple[str, str, str], ...] = (
    ("DATE_OF_BIRTH", "née le ", "12 mars 1980"),
    ("DATE_OF_BIRTH", "DOB: ", "03/12/1980"),
    ("DATE_OF_BIRTH", "nato il ", "12.03.1980"),
    ("MEDICAL_RECORD", "IPP ", "8001234567"),
    ("MEDICAL_RECORD", "MRN: ", "A-0012345"),
    ("ACCOUNT_REFERENCE", "n° client ", "4587-AB"),
    ("ACCOUNT_REFERENCE", "policy number ", "AB-12345"),
    ("ACCOUNT_REFERENCE", "codice cliente ", "CL99812"),
    ("PASSPORT", "passport ", "X1234567"),
    ("SECRET", "mot de passe : ", "Tr0ub4dor&3"),
    ("SECRET", "password is ", "hunter2"),
    ("SECRET", "api_key=", "9f8e7d6c5b4a39281706"),
    ("BIC", "BIC : ", "BNPAFRPPXXX"),
    ("IT_VAT", "P.IVA ", "12345678903"),
    ("PHONE_NUMBER", "tel ", "1234567"),
    ("AGE", "a woman aged ", "47"),
)
NOTHING = (
    "Rendez-vous le 12/03/2024 à 14:30, salle 12.",
    "La version 2.4.6 sort en 2025-2026.",
    "Il reste 1 234 567 € au budget.",
    "The total is $12,345,678.90 for 2024.",
    "Chapitre 3, page 12, article 5.",
    "Merci beaucoup, bonne journée à tous",
    "Please see the attached invoice before Friday.",
    "Buongiorno, grazie per la risposta.",
    "at 10:30:15 on 2024-05-12 14:30:00",
    "Le 12-03-2024, 12.03.2024 et 12 03 2024, ou 03 / 2024.",
    "on 20241105 the build 20241105 ran",
    "12/03/2024 #12 and 2024-11-05 x12",
    "Commande 64291703 et facture n° 32123456, ticket #32123456",
    "We shipped 32123456 units for 12 345 678 euros or $ 12 345 678",
    "Budget 2023/2024: 45 000 000 de francs pour 12 000 - 15 000 personnes",
    "1 000 000 x 12, 1920x1080 px, 3840 x 2160",
    "L'ISBN est 978-2-07-036822-8.",
    "L'ISBN est 0-306-40615-2.",
    "Version 10.15.7 et 2.4.6.1234 puis 10.0.22631.4460 et 2024.1105.3",
    "The ratio is 0.12345678 or 3.14159265",
    "score 3-2, 12-10, 21-18-15; sizes 38 40 42",
    "La ringrazio per la Sua disponibilità e Le auguro una buona giornata.",
    "Lunedì 12 Gennaio il Responsabile Acquisti confermerà il Progetto.",
    "Il Modulo non si apre con Chrome e Windows, scrivere alla Segreteria.",
    "Nota di Credito, Documento di Trasporto, Ordine di Acquisto.",
)


@pytest.mark.parametrize(("entity", "value"), FORMS)
def test_a_form_is_found_whole_in_a_sentence(entity: str, value: str) -> None:
    assert (entity, value) in found(f"voici {value} merci")


@pytest.mark.parametrize(("entity", "value"), FORMS)
def test_a_form_is_hidden_wholly_between_brackets(entity: str, value: str) -> None:
    assert "".join(text for _, text in found(f"({value})")).strip("() ") != ""


@pytest.mark.parametrize(("entity", "before", "value"), AFTER)
def test_a_word_before_it_makes_it_personal(entity: str, before: str, value: str) -> None:
    assert (entity, value) in found(f"Bonjour,\n{before}{value} , voilà")


@pytest.mark.parametrize("text", NOTHING)
def test_dates_amounts_and_plain_sentences_stay(text: str) -> None:
    assert found(text) == []


def test_the_words_between_a_town_and_its_street_stay() -> None:
    assert ("ADDRESS", "Via Verdi, 12, 20121 Milano") in found("Abito a Brescello, in Via Verdi, 12, 20121 Milano")


def test_a_label_after_an_address_stays() -> None:
    assert "IBAN" not in "".join(text for _, text in found("Via Verdi, 12, 58031 Montalto Pavese, IBAN da inviare"))


def test_an_address_ends_with_its_sentence() -> None:
    assert found("Via Verdi, 12, 20121 Montalto Pavese. Il resto domani")[0][1].rstrip(".") == (
        "Via Verdi, 12, 20121 Montalto Pavese"
    )
