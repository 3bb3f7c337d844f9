"""Checksums: the examples of their specifications pass, and one changed digit does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.privacy.recognizers import checks

EXAMPLES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (checks.luhn, "79927398713"),
    (checks.card, "4111111111111111"),
    (checks.card, "5555555555554444"),
    (checks.card, "378282246310005"),
    (checks.iban, "FR1420041010050500013M02606"),
    (checks.iban, "GB82WEST12345698765432"),
    (checks.iban, "IT60X0542811101000000123456"),
    (checks.iban, "BE68539007547034"),
    (checks.nir, "269054958815780"),
    (checks.siren, "732829320"),
    (checks.siret, "73282932000074"),
    (checks.siret, "35600000000048"),
    (checks.french_vat, "FR44732829320"),
    (checks.partita_iva, "12345678903"),
    (checks.codice_fiscale, "RSSMRA85T10A562S"),
    (checks.nhs, "9434765919"),
)


@pytest.mark.parametrize(("check", "value"), EXAMPLES)
def test_a_published_example_passes(check: Callable[[str], bool], value: str) -> None:
    assert check(value)


@pytest.mark.parametrize(("check", "value"), EXAMPLES)
def test_a_changed_last_character_does_not_pass(check: Callable[[str], bool], value: str) -> None:
    last = (
        "A"
        if value[-1].isalpha() and value[-1] != "A"
        else "B"
        if value[-1].isalpha()
        else str((int(value[-1]) + 1) % 10)
    )
    assert not check(value[:-1] + last)


def test_a_corsican_nir_counts_its_letter_as_a_number() -> None:
    body = "185052A123456"
    key = 97 - int(body.replace("2A", "19")) % 97
    assert checks.nir(f"{body}{key:02d}")


@pytest.mark.parametrize("value", ["000123456", "666123456", "900123456", "123006789", "123450000"])
def test_a_social_security_number_that_was_never_given_out_does_not_pass(value: str) -> None:
    assert not checks.ssn(value)


@pytest.mark.parametrize("value", ["FR1420041010050500013M0260", "ZZ1420041010050500013M02606"])
def test_an_iban_of_the_wrong_length_or_country_does_not_pass(value: str) -> None:
    assert not checks.iban(value)
