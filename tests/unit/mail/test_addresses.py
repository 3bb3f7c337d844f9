"""Mailboxes as they are written, and as they should not be."""

from __future__ import annotations

import pytest

from chalicelib.mail.addresses import addresses
from chalicelib.mail.charset import Decoder


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ("ana@shop.example (Ana Lopes)", "Ana Lopes", "ana@shop.example"),
        ("\n\tana@shop.example (Ana\n Lopes)", "Ana Lopes", "ana@shop.example"),
        ("<ana@shop.example> (Ana)", "Ana", "ana@shop.example"),
        (" <ana@shop.example> (Ana)", "Ana", "ana@shop.example"),
        ("ana@shop.example (Ana (née Lopes) Kern)", "Ana née Lopes Kern", "ana@shop.example"),
        ("ana@shop.example (=?iso-8859-1?q?Ren=E9e?=)", "Renée", "ana@shop.example"),
        ("MAILER-DAEMON <>", "MAILER-DAEMON", ""),
        ("MAILER-DAEMON", "MAILER-DAEMON", ""),
        ("<MAILER-DAEMON>", "", "MAILER-DAEMON"),
        ("=?utf-8?B?IlBhcmNlbCBEZXNrIiA8ZGVza0BwYXJjZWwuZXhhbXBsZT4=?=", "Parcel Desk", "desk@parcel.example"),
        ("=?utf-8?q?desk=40parcel=2Eexample?=", "", "desk@parcel.example"),
        ("=?utf-8?q?Boss_=3Cboss=40corp=2Eexample=3E?= <a@evil.example>", "Boss <boss@corp.example>", "a@evil.example"),
        ('"John Doe"@shop.example', "", '"John Doe"@shop.example'),
        ('Jo <"john doe"@shop.example>', "Jo", '"john doe"@shop.example'),
        ("<@relay.example,@other.example:ana@shop.example>", "", "ana@shop.example"),
        ("Ana <@relay.example:ana@shop.example>", "Ana", "ana@shop.example"),
        ("ana @ shop.example", "", "ana@shop.example"),
        ("Lopes, Ana <ana@shop.example>", "Lopes, Ana", "ana@shop.example"),
        ('"Lopes, Ana" <ana@shop.example>', "Lopes, Ana", "ana@shop.example"),
        ("<<ana@shop.example>>", "", "ana@shop.example"),
        ("mailto:ana@shop.example", "", "ana@shop.example"),
        ("=?utf-8?q?Who is it?_me?= <ana@shop.example>", "Who is it? me", "ana@shop.example"),
        ("'Ana' via Desk <desk@mailroom.example>", "Ana' via Desk", "desk@mailroom.example"),
    ],
)
def test_a_mailbox_is_read(value: str, name: str, address: str) -> None:
    [box] = addresses(value, Decoder())
    assert (box.name, box.address) == (name, address)


def test_names_without_address_in_a_list_stay_apart() -> None:
    found = addresses('"Kern", Bo <bo@shop.example>, Lopes, Ana <ana@shop.example>; c@d.example', Decoder())
    assert [(box.name, box.address) for box in found] == [
        ("Kern", ""), ("Bo", "bo@shop.example"), ("Lopes, Ana", "ana@shop.example"), ("", "c@d.example"),
    ]  # fmt: skip
