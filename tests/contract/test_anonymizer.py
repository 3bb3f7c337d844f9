"""What every `Anonymizer` does: the cases run over the rules-only twin and over the real engine."""

from __future__ import annotations

import pytest

from chalicelib.mail.model import Address, Attachment, Mail
from chalicelib.ports import Anonymizer
from chalicelib.privacy.mapping import deanonymize
from chalicelib.privacy.tokens import thread_numbers
from tests.twins.anonymizer import RulesAnonymizer
from tests.unit.privacy.finding import engine


@pytest.fixture(params=["twin", "engine"])
def anonymizer(request: pytest.FixtureRequest) -> Anonymizer:
    return RulesAnonymizer() if request.param == "twin" else engine()


def _mail(text: str = "", subject: str = "", name: str = "Jean Dupont", **more: object) -> Mail:
    sender = Address(name, "jean.dupont@mail.example")
    return Mail(subject=subject, sender=sender, text=text, to=(Address("Ann Lee", "ann@corp.internal"),), **more)  # type: ignore[arg-type]


def test_the_sender_becomes_tokens(anonymizer: Anonymizer) -> None:
    assert anonymizer.anonymize(_mail()).sender == "<PERSON_1> <EMAIL_ADDRESS_1>"


def test_each_recipient_becomes_tokens(anonymizer: Anonymizer) -> None:
    assert anonymizer.anonymize(_mail()).recipients == ("<PERSON_2> <EMAIL_ADDRESS_2>",)


@pytest.mark.parametrize("form", ["Jean Dupont", "DUPONT Jean", "Dupont", "jean dupont", "JEAN DUPONT"])
def test_every_form_of_a_header_name_gets_the_same_token(anonymizer: Anonymizer, form: str) -> None:
    assert anonymizer.anonymize(_mail(f"On attend {form} demain.")).text == "On attend <PERSON_1> demain."


@pytest.mark.parametrize(
    ("entity", "value"),
    [
        ("EMAIL_ADDRESS", "x@corp.internal"),
        ("IBAN_CODE", "FR14 2004 1010 0505 0001 3M02 606"),
        ("IBAN_CODE", "fr1420041010050500013m02606"),
        ("CREDIT_CARD", "4111 1111 1111 1111"),
        ("FR_NIR", "2 69 05 49 588 157 80"),
        ("PHONE_NUMBER", "06 12 34 56 78"),
        ("PHONE_NUMBER", "+33 6 12 34 56 78"),
    ],
)
def test_a_certain_identifier_is_replaced_whole(anonymizer: Anonymizer, entity: str, value: str) -> None:
    assert (
        anonymizer.anonymize(_mail(f"Voici : {value} , merci.")).text
        == f"Voici : <{entity}_{3 if '@' in value else 1}> , merci."
    )


def test_an_attachment_name_loses_the_person(anonymizer: Anonymizer) -> None:
    mail = _mail(attachments=(Attachment("CV_jean-dupont_2024.pdf", "application/pdf", 1),))
    assert anonymizer.anonymize(mail).attachments == ("CV_<PERSON_1>_2024.pdf",)


def test_a_literal_token_comes_back_as_it_was(anonymizer: Anonymizer) -> None:
    done = anonymizer.anonymize(_mail("Le jeton <PERSON_1> est à nous."))
    assert deanonymize(done.text, done.mapping) == "Le jeton <PERSON_1> est à nous."


def test_the_thread_keeps_its_tokens(anonymizer: Anonymizer) -> None:
    numbers = thread_numbers("thread", b"k" * 32)
    first = anonymizer.anonymize(_mail("Paul Durand écrit."), numbers)
    reply = anonymizer.anonymize(_mail("Re", name="Paul Durand"), numbers)
    assert reply.sender.split()[0] == next(
        token for token, original in first.mapping.items() if original == "Paul Durand"
    )


def test_the_mapping_holds_only_what_stands_in_the_mail(anonymizer: Anonymizer) -> None:
    numbers = thread_numbers("thread", b"k" * 32)
    anonymizer.anonymize(_mail("Paul Durand écrit."), numbers)
    mail = _mail("Paul attend.", name="Anne Petit")
    done = anonymizer.anonymize(mail, numbers)
    assert mail.sender is not None
    whole = "\n".join([mail.text, mail.subject, *(f"{a.name}\n{a.address}" for a in (mail.sender, *mail.to))])
    assert [original for original in done.mapping.values() if original not in whole] == []
