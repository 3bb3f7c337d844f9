"""What the rules are asked is what the mail says, in the form that lists are compared in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.mail.model import Address, Mail
from chalicelib.mail.parse import parse
from chalicelib.policy.decision import Facts
from chalicelib.policy.facts import facts_of, plain_address, sender_of

MAIL = b"""From: Ada <Ada@Example.ORG>
To: Bob <bob@example.com>, bob@EXAMPLE.com
Cc: team@example.net
Subject: =?utf-8?q?R=C3=A9sultats?=
Content-Type: text/plain

Hello.
"""


def test_the_facts_of_a_mail_are_in_clear() -> None:
    assert facts_of(parse(MAIL), "practice", ["INBOX"]) == Facts(
        account="practice",
        sender="ada@example.org",
        sender_name="Ada",
        recipients=("bob@example.com", "team@example.net"),
        subject="R\u00e9sultats",
        body="Hello.",
        labels=("INBOX",),
    )


def test_a_mail_without_a_sender_has_none() -> None:
    assert facts_of(Mail("", None, ""), "practice").sender == ""


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("ADA@EXAMPLE.ORG", "ada@example.org"),
        (" ada@example.org ", "ada@example.org"),
        ("ada@example.org.", "ada@example.org"),
        ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
        ("ada@B\u00dcCHER.example", "ada@xn--bcher-kva.example"),
        ('"a@b"@example.org', '"a@b"@example.org'),
        ('"ada"@example.org', "ada@example.org"),
        ("ada@stra\u00dfe.example", "ada@xn--strae-oqa.example"),
        ("ada@B\u00fccher\u3002Example", "ada@xn--bcher-kva.example"),
        ("J\u00d6RG@example.org", "j\u00f6rg@example.org"),
        ("Jo\u0308rg@example.org", "j\u00f6rg@example.org"),
        ("ada", "ada"),
        ("ada@" + "\u00fc" * 80, "ada@" + "\u00fc" * 80),
    ],
)
def test_an_address_is_compared_in_one_form(written: str, compared: str) -> None:
    assert plain_address(written) == compared


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_address_has_a_form(address: str, name: str) -> None:
    facts = facts_of(Mail("", Address(name, address), "", to=(Address(name, address),)), "practice")
    assert facts.sender == plain_address(address)


@pytest.mark.parametrize(
    ("raw", "sender"),
    [
        ('"a@b" <c@d.example>', ("c@d.example", "a@b")),
        ("a@b.example <C@D.example>", ("c@d.example", "a@b.example")),
        ("c@d.example (a@b)", ("c@d.example", "a@b")),
        ('"boss@partner.example"', ("boss@partner.example", "")),
        ("undisclosed-recipients:;", ("", "")),
        ("", ("", "")),
    ],
)
def test_the_sender_is_the_address_and_not_the_name_that_looks_like_one(raw: str, sender: tuple[str, str]) -> None:
    assert sender_of(raw) == sender
