"""The way back: sealed for one mail, and strict about tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Permanent
from chalicelib.privacy.mapping import deanonymize, open_sealed, seal, unknown_tokens
from chalicelib.privacy.tokens import escape

KEY = bytes(range(32))
MAPPING = {"<PERSON_1>": "Jean Dupont", "<EMAIL_ADDRESS_1>": "jean@mail.example"}


def test_what_was_sealed_opens_again() -> None:
    assert open_sealed(seal(MAPPING, KEY, "mail-1"), KEY, "mail-1") == MAPPING


def test_the_seal_shows_no_original() -> None:
    assert b"Dupont" not in seal(MAPPING, KEY, "mail-1")


def test_the_same_mapping_never_seals_to_the_same_bytes() -> None:
    assert seal(MAPPING, KEY, "mail-1") != seal(MAPPING, KEY, "mail-1")


@pytest.mark.parametrize(("key", "mail_id"), [(bytes(32), "mail-1"), (KEY, "mail-2")])
def test_another_key_or_another_mail_does_not_open_it(key: bytes, mail_id: str) -> None:
    with pytest.raises(Permanent, match="mapping_unreadable"):
        open_sealed(seal(MAPPING, KEY, "mail-1"), key, mail_id)


@given(st.binary(max_size=80))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(Permanent, match="mapping_unreadable"):
        open_sealed(data, KEY, "mail-1")


def test_tokens_become_originals_again() -> None:
    assert deanonymize("Merci <PERSON_1> !", MAPPING) == "Merci Jean Dupont !"


def test_a_token_of_somebody_else_is_refused() -> None:
    with pytest.raises(Permanent, match="unknown_token"):
        deanonymize("Merci <PERSON_7> !", MAPPING)


def test_unknown_tokens_are_named() -> None:
    assert unknown_tokens("<PERSON_1> <PERSON_7> <PERSON_7>", MAPPING) == ("<PERSON_7>",)


def test_an_original_that_looks_like_a_token_is_left_alone() -> None:
    assert deanonymize("<PERSON_1>", {"<PERSON_1>": "<PERSON_2>"}) == "<PERSON_2>"


@given(st.text(alphabet="<>\\PERSON_1 ", max_size=60))
def test_a_literal_token_survives_the_round(text: str) -> None:
    assert deanonymize(escape(text), {}) == text
