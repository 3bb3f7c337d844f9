"""The anonymized text says where the quotation starts."""

from __future__ import annotations

from chalicelib.mail.model import Address, Mail
from chalicelib.privacy.engine import RulesAnonymizer


def test_the_quotation_starts_behind_what_was_written() -> None:
    mail = Mail("Re: x", Address("Ana Lopes", "ana@shop.example"), "Merci.\nAna Lopes", quoted="De : Ana Lopes\nURGENT")
    result = RulesAnonymizer().anonymize(mail)
    assert result.text[: result.quoted_at] == "Merci.\n<PERSON_1>"
    assert result.text[result.quoted_at :].strip().endswith("URGENT")


def test_a_mail_without_quotation_has_no_such_place() -> None:
    assert RulesAnonymizer().anonymize(Mail("x", None, "text")).quoted_at is None
