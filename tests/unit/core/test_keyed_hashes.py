"""Keyed hashes in the place of addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.keyed_hashes import domain_key, keyed_hash, normal_address, sender_key, sender_keys

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


def test_a_sender_key_ignores_case_and_tag() -> None:
    assert sender_key("Jean+shop@Mail.example", KEY) == sender_key("jean@mail.example", KEY)


@pytest.mark.parametrize(
    "spelling",
    [
        "Jean@Bücher.Example",
        "jean@xn--bcher-kva.example",
        "JEAN@XN--BCHER-KVA.EXAMPLE",
        "jean@bücher.example.",
        "jean@bu\u0308cher\u3002example",
        '"jean"@bücher.example',
        "<jean+shop@bücher.example.>",
    ],
)
def test_one_mailbox_has_one_hash_however_its_domain_is_written(spelling: str) -> None:
    assert sender_key(spelling, KEY) == sender_key("jean@bücher.example", KEY)


def test_the_hash_of_a_domain_ignores_the_root_s_dot_too() -> None:
    assert domain_key("xn--bcher-kva.example.", KEY) == domain_key("bücher.example", KEY)


@pytest.mark.parametrize("label", ["xn--", "xn--\u00fc", "xn--99999999999", "xn--" + "a" * 400])
def test_what_is_no_a_label_is_a_label(label: str) -> None:
    assert sender_key(f"a@{label}.example", KEY) != sender_key("a@example", KEY)


@given(st.text(max_size=60), st.text(max_size=60))
def test_normalising_twice_changes_nothing_of_a_plain_address(local: str, domain: str) -> None:
    once = normal_address(f"{local}@{domain}")
    assert normal_address(once.upper()) == normal_address(once) or "+" in once or '"' in once or "xn--" in once


def test_a_sender_key_depends_on_its_key() -> None:
    assert sender_key("jean@mail.example", KEY) != sender_key("jean@mail.example", OTHER)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<CA+55faFxAlpha1@mail.gmail.com>", "<CA+9zzzBeta2@mail.gmail.com>"),
        ("<a@b>", "<A@b>"),
        ("<a@b>", "a@b"),
        ("\ufb01", "fi"),
        ("\ud800", "?"),
        ("a ", "a"),
    ],
)
def test_a_text_that_is_no_address_is_hashed_as_it_stands(one: str, other: str) -> None:
    assert keyed_hash("thread", one, KEY) != keyed_hash("thread", other, KEY)


@given(st.text(), st.text())
def test_only_equal_texts_share_a_hash(one: str, other: str) -> None:
    assert (keyed_hash("thread", one, KEY) == keyed_hash("thread", other, KEY)) == (one == other)


@given(st.text())
def test_the_hash_of_a_text_is_of_one_purpose_and_one_key(text: str) -> None:
    hashes = {keyed_hash(purpose, text, key) for purpose in ("thread", "token") for key in (KEY, OTHER)}
    assert len(hashes | {sender_key(text, KEY)}) == 5
