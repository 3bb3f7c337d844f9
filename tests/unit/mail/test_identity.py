"""What makes two deliveries the same mail: one mail through every form, and mails that must stay apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.mail.emailengine_message import from_message
from chalicelib.mail.fields import from_push
from chalicelib.mail.identity import Form, claims, door_identity, identity_of_raw, mail_id, provider_id, thread_root
from chalicelib.mail.model import Attachment, Mail
from chalicelib.mail.parse import parse
from tests.unit.mail.making import HEAD, plain

HEX, DECIMAL = "1900000000000001", str(0x1900000000000001)
RAW = plain("Bonjour,\r\n\r\nvoici la réponse.\r\n".encode())
PUSH: dict[str, object] = {
    "sender": "Ada Example <ada@example.com>",
    "subject": "Hello",
    "body": "Bonjour,\n\nvoici la réponse.",
    "message_id": "<1@example.com>",
    "date": "2001-01-01T00:00:00Z",
}
ENGINE: dict[str, object] = {
    "id": "AAAA",
    "subject": "Hello",
    "from": {"name": "Ada Example", "address": "ada@example.com"},
    "messageId": "<1@example.com>",
    "date": "2001-01-01T00:00:00.000Z",
    "text": {"plain": "Bonjour,\n\nvoici la réponse.\n"},
}
FORMS: dict[str, tuple[Mail, Form]] = {
    "Gmail raw": (parse(RAW), "raw"),
    "EmailEngine source": (parse(b"Received: by mx.example\r\n" + RAW.replace(b"\r\n", b"\n")), "raw"),
    "Gmail fields": (from_push(PUSH), "fields"),
    "EmailEngine text": (from_message(ENGINE), "fields"),
}


def same(first: tuple[Mail, Form], second: tuple[Mail, Form], ids: tuple[str, str] = ("", "")) -> bool:
    """Whether the second delivery is found to be the first's mail."""
    identities, _ = claims(first[0], ids[0], first[1])
    _, matches = claims(second[0], ids[1], second[1])
    return bool(set(identities) & set(matches))


@pytest.mark.parametrize("ids", [("", ""), (HEX, ""), ("", HEX), (HEX, DECIMAL)])
@pytest.mark.parametrize("second", FORMS)
@pytest.mark.parametrize("first", FORMS)
def test_one_mail_is_one_in_every_form(first: str, second: str, ids: tuple[str, str]) -> None:
    assert same(FORMS[first], FORMS[second], ids)


@pytest.mark.parametrize("form", FORMS)
def test_another_mail_under_the_same_message_id_is_another_mail(form: str) -> None:
    mail, kind = FORMS[form]
    assert not any(same(FORMS[other], (replace(mail, text="Something else"), kind)) for other in FORMS)


def test_different_provider_ids_are_different_mails() -> None:
    assert not same(FORMS["Gmail raw"], FORMS["Gmail raw"], (HEX, "1900000000000002"))


def test_two_raw_mails_never_meet_by_light_content() -> None:
    mail, kind = FORMS["Gmail raw"]
    first = replace(mail, attachments=(Attachment("a.pdf", "application/pdf", 3, "11"),))
    second = replace(mail, attachments=(Attachment("a.pdf", "application/pdf", 3, "22"),))
    assert not same((first, kind), (second, kind))


def test_raw_and_fields_meet_with_an_attachment_of_the_same_size() -> None:
    mail, _ = FORMS["Gmail raw"]
    raw = replace(mail, attachments=(Attachment("a.pdf", "application/pdf", 3, "11"),))
    push = from_push(PUSH | {"attachments": [{"name": "a.pdf", "type": "application/pdf", "size": 3}]})
    assert same((raw, "raw"), (push, "fields"))


def test_without_message_id_raw_mails_meet_by_their_content() -> None:
    mail = replace(FORMS["Gmail raw"][0], message_id="")
    assert same((mail, "raw"), (mail, "raw"))


def test_without_message_id_another_date_is_another_mail() -> None:
    mail = replace(FORMS["Gmail raw"][0], message_id="")
    assert not same((mail, "raw"), (replace(mail, date=None), "raw"))


def test_without_message_id_the_forms_do_not_meet() -> None:
    mail = replace(FORMS["Gmail raw"][0], message_id="")
    assert not same((mail, "raw"), (mail, "fields"))


def test_claims_are_digests_and_show_nothing() -> None:
    identities, matches = claims(*FORMS["Gmail raw"][:1], HEX, "raw")
    assert all(len(claim) == 64 and set(claim) <= set("0123456789abcdef") for claim in identities + matches)


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        (DECIMAL, HEX),
        (HEX.upper(), HEX),
        ("18C2F0A1B3D4E5F6", "18c2f0a1b3d4e5f6"),
        ("99999999999999999999", "99999999999999999999"),
        ("AAMkAGI2_xyz=", "AAMkAGI2_xyz="),
        (" 12345 ", "12345"),
        ("", ""),
    ],
)
def test_a_provider_id_has_one_spelling(given: str, normal: str) -> None:
    assert provider_id(given) == normal


def test_the_doors_agree_on_a_mail_whose_id_they_know() -> None:
    gmail = door_identity(push=PUSH | {"id": HEX})
    engine = door_identity(DECIMAL, entry={"id": "AAAA"})
    assert gmail == engine == door_identity(HEX, raw=RAW)


def test_a_push_without_id_is_the_same_whatever_its_date() -> None:
    assert door_identity(push=PUSH) == door_identity(push=PUSH | {"date": "now", "labels": ["x"]})


def test_a_push_with_another_body_is_another_mail() -> None:
    assert door_identity(push=PUSH) != door_identity(push=PUSH | {"body": "Other"})


def test_nothing_identifies_nothing() -> None:
    with pytest.raises(ValueError, match="nothing to identify"):
        door_identity()


def test_transport_headers_and_line_ends_are_not_content() -> None:
    relayed = b"Received: by mx.example;\r\n Mon, 3 Mar 2025\r\nX-Spam: no\r\n" + RAW.replace(b"\r\n", b"\n")
    assert identity_of_raw(relayed) == identity_of_raw(RAW)


@pytest.mark.parametrize("change", [(b"Hello", b"Other"), (b"Bonjour", b"Bonsoir"), (b"<1@", b"<2@")])
def test_content_makes_another_identity(change: tuple[bytes, bytes]) -> None:
    assert identity_of_raw(RAW.replace(*change)) != identity_of_raw(RAW)


def test_a_mail_id_is_stable_for_ever() -> None:
    assert mail_id("practice", f"provider:{HEX}") == "42deeb9f-6a0f-52fb-84e6-2d1e541f3bc1"


def test_the_same_identity_in_two_accounts_is_two_mails() -> None:
    assert mail_id("practice", "x") != mail_id("faculty", "x")


@pytest.mark.parametrize(
    ("headers", "root"),
    [
        (b"References: <0@x> <1@x>\r\nIn-Reply-To: <1@x>\r\n", "<0@x>"),
        (b"In-Reply-To: <1@x>\r\n", "<1@x>"),
        (b"", "<1@example.com>"),
    ],
)
def test_a_thread_is_known_by_its_root(headers: bytes, root: str) -> None:
    assert thread_root(parse(HEAD + headers + b"\r\n")) == root
