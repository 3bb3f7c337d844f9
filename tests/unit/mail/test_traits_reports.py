"""Receipts, delays, failures, complaints, reports and automatic answers: each has its own trait."""

from __future__ import annotations

import pytest

from chalicelib.mail.parse import parse
from chalicelib.mail.traits import traits
from tests.unit.mail.making import part, parts

REPORTS = {"bounce", "delivery_delay", "delivery_receipt", "read_receipt", "complaint", "dmarc_report", "auto_reply"}


def kinds(raw: bytes) -> set[str]:
    return REPORTS & set(traits(parse(raw)))


def headed(*lines: str) -> bytes:
    return "\r\n".join((*lines, "", "body")).encode()


def report(kind: bytes, body: bytes) -> bytes:
    return parts(part(b"text/plain", b"See below."), part(kind, body), kind=b"report")


@pytest.mark.parametrize(
    ("kind", "body", "trait"),
    [
        (b"message/delivery-status", b"Reporting-MTA: dns; x\r\n\r\nAction: failed\r\nStatus: 5.1.1", "bounce"),
        (
            b"message/delivery-status",
            b"Reporting-MTA: dns; x\r\n\r\nAction: delayed\r\nStatus: 4.4.1",
            "delivery_delay",
        ),
        (b"message/delivery-status", b"Reporting-MTA: dns; x\r\n\r\nAction: delivered", "delivery_receipt"),
        (b"message/delivery-status", b"Action: delivered\r\n\r\nAction: failed", "bounce"),
        (b"message/disposition-notification", b"Disposition: manual-action/MDN-sent; displayed", "read_receipt"),
        (b"message/disposition-notification", b"Disposition: manual-action/MDN-sent; deleted", "read_receipt"),
        (b"message/feedback-report", b"Feedback-Type: abuse\r\nVersion: 1", "complaint"),
        (b"message/feedback-report", b"Feedback-Type: auth-failure", "dmarc_report"),
    ],
)
def test_a_report_is_what_its_part_says(kind: bytes, body: bytes, trait: str) -> None:
    assert kinds(report(kind, body)) == {trait}


def test_a_report_of_another_kind_is_no_bounce() -> None:
    assert kinds(report(b"message/x-other", b"x")) == set()


def test_what_a_report_returns_is_not_its_text() -> None:
    returned = part(b"message/rfc822", b"Subject: URGENT\r\n\r\npay at once")
    status = part(b"message/delivery-status", b"Action: failed")
    assert parse(parts(part(b"text/plain", b"Sorry."), status, returned, kind=b"report")).full_text == "Sorry."


@pytest.mark.parametrize(
    "sender",
    ["MAILER-DAEMON@mx.example", "MAILER-DAEMON <>", "<MAILER-DAEMON>", "Mail Delivery System <MAILER-DAEMON>"],
)
@pytest.mark.parametrize(
    ("subject", "trait"),
    [
        ("failure notice", "bounce"), ("Returned mail: see transcript", "bounce"), ("Unzustellbar: Rechnung", "bounce"),
        ("Delivery Status Notification (Delay)", "delivery_delay"), ("Warning: message delayed", "delivery_delay"),
        ("Zustellung verzögert: Rechnung", "delivery_delay"), ("Message retardé : bail", "delivery_delay"),
        ("Consegna ritardata: contratto", "delivery_delay"), ("Entrega retrasada: contrato", "delivery_delay"),
        ("Bezorging vertraagd: huur", "delivery_delay"),
    ],
)  # fmt: skip
def test_a_mail_system_without_report_parts_is_known_by_its_subject(sender: str, subject: str, trait: str) -> None:
    assert kinds(headed(f"From: {sender}", f"Subject: {subject}")) == {trait}


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Rent", "Auto-Reply: Rent", "Autoreply: x", "Out of Office: x", "Out of office", "OOO: x",
        "Re: Out of the office - back Monday", "Réponse automatique : bail", "Absence du bureau : bail",
        "Message d’absence", "RE : Réponse automatique", "Automatische Antwort: Miete", "Abwesenheitsnotiz: Miete",
        "Abwesenheit: Miete", "Risposta automatica: affitto", "Fuori ufficio: affitto",
        "Respuesta automática: alquiler", "Fuera de la oficina: alquiler", "Automatisch antwoord: huur",
        "Afwezigheidsbericht: huur", "Afwezig: huur",
    ],
)  # fmt: skip
def test_an_automatic_answer_is_known_by_its_subject_in_six_languages(subject: str) -> None:
    assert kinds(headed("From: ana@shop.example", f"Subject: {subject}")) == {"auto_reply"}


@pytest.mark.parametrize(
    "line", ["Auto-Submitted: auto-replied", "X-Autoreply: yes", "X-Autorespond: x", "Precedence: auto_reply"]
)
def test_an_automatic_answer_is_known_by_its_header(line: str) -> None:
    assert kinds(headed("From: ana@shop.example", line)) == {"auto_reply"}


@pytest.mark.parametrize(
    "subject",
    [
        "How do I set an automatic reply?", "Out of office space in Lyon", "Absence de Paul lundi", "Absences de mars",
        "Read this: important", "Delivery failed to arrive", "The autoreply of our shop is broken", "Urlaub im Mai",
        "Undeliverable parcels", "Delivery delayed until Monday", "Ferie 2026",
    ],
)  # fmt: skip
def test_a_person_who_writes_about_such_things_is_none_of_them(subject: str) -> None:
    assert kinds(headed("From: ana@shop.example", f"Subject: {subject}")) == set()


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Report Domain: shop.example Submitter: mail.example Report-ID: 1", b"x.zip"),
        ("report", b"mail.example!shop.example!1762124400!1762210799.xml.gz"),
        ("report", b"mail.example!shop.example!1762124400!1762210799!42.zip"),
    ],
)
def test_an_aggregate_report_is_known(subject: str, name: bytes) -> None:
    raw = parts(part(b"text/plain", b"see"), part(b"application/gzip; name=" + name, b"x"))
    assert kinds(raw.replace(b"Subject: Hello", f"Subject: {subject}".encode())) == {"dmarc_report"}


def test_a_clear_signed_text_is_readable_and_marked() -> None:
    signed = (
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSee you.\n- -- \nAna\n"
        b"-----BEGIN PGP SIGNATURE-----\n\niQEz\n=AbCd\n-----END PGP SIGNATURE-----\n"
    )
    mail = parse(b"From: a@b.example\n\n" + signed)
    assert (mail.text, "pgp_signed" in traits(mail)) == ("See you.\n--\nAna", True)


def test_an_encrypted_block_is_marked_and_leaves_the_words_around_it() -> None:
    body = b"Hello,\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\nbye"
    mail = parse(b"From: a@b.example\n\n" + body)
    assert (mail.text, "pgp_encrypted" in traits(mail)) == ("Hello,\n\nbye", True)
