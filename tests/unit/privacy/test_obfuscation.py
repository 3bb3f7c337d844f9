"""Hidden in plain sight: what a person would still read is still found."""

from __future__ import annotations

import pytest

from tests.unit.privacy.finding import found

WRITTEN = (
    ("CREDIT_CARD", "4111 1111\n1111 1111"),
    ("CREDIT_CARD", "4111\u00a01111\u00a01111\u00a01111"),
    ("CREDIT_CARD", "4\u200b111111111111111"),
    (
        "CREDIT_CARD",
        " ".join(("\uff14\uff11\uff11\uff11", *["\uff11\uff11\uff11\uff11"] * 3)),
    ),
    ("CREDIT_CARD", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
    ("CREDIT_CARD", "4111\u20111111\u20111111\u20111111"),
    ("IBAN_CODE", "FR14 2004 1010\n> 0505 0001 3M02 606"),
    ("IBAN_CODE", "FR14\u00a02004\u00a01010\u00a00505\u00a00001\u00a03M02\u00a0606"),
    ("PHONE_NUMBER", "06\u00a012\u00a034\u00a056\u00a078"),
    ("PHONE_NUMBER", "06 12 34\n56 78"),
    ("EMAIL_ADDRESS", "je\u00adan@mail.exam\u200bple"),
    ("EMAIL_ADDRESS", "jean&#64;mail.example"),
    ("EMAIL_ADDRESS", "j\u0435an@mail.example"),
    ("FR_NIR", "2.69.05.49.588.157.80"),
    ("PERSON", "J\u200bean Dup\u00adont"),
    ("PERSON", "J\u0435an Dupont"),
    ("PERSON", "\uff2a\uff45\uff41\uff4e Dupont"),
)


@pytest.mark.parametrize(("entity", "value"), WRITTEN)
def test_an_obfuscated_value_is_found_whole(entity: str, value: str) -> None:
    assert (entity, value) in found(f"voici {value} , merci")


def test_a_number_before_an_expiry_date_is_still_a_card() -> None:
    assert ("CREDIT_CARD", "4111 1111 1111 1111") in found("carte 4111 1111 1111 1111 12/26 123")
