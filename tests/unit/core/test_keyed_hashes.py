"""Keyed hashes in the place of addresses."""

from __future__ import annotations

from chalicelib.core.keyed_hashes import domain_key, sender_key, sender_keys

KEY, OTHER = b"k" * 32, b"o" * 32


def test_a_domain_s_hash_is_that_of_an_address_without_its_person() -> None:
    assert domain_key("example.com", KEY) == sender_key("@example.com", KEY)


def test_everybody_at_a_domain_shares_its_hash() -> None:
    assert sender_keys("ada@example.com", KEY)[1] == sender_keys("ben@EXAMPLE.com", KEY)[1]


def test_a_domain_is_not_one_below_it() -> None:
    assert sender_keys("ada@mail.example.com", KEY)[1] != domain_key("example.com", KEY)


def test_nobody_has_no_hash() -> None:
    assert sender_keys("", KEY) == ("", "")


def test_what_is_no_address_has_no_domain() -> None:
    assert sender_keys("undisclosed", KEY) == (sender_key("undisclosed", KEY), "")


def test_without_the_key_nothing_can_be_compared() -> None:
    assert sender_keys("ada@example.com", KEY) != sender_keys("ada@example.com", OTHER)
