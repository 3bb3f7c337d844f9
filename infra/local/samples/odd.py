"""Mails that go wrong on purpose: missing headers, broken MIME, hostile subjects, messages that move or vanish."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime

from infra.local.samples.model import STORED, Expect, MailDraft, Sample, gmail_id_of, raw_push

FIRST = 200
"""Where the numbers of these samples start."""


def samples(now: datetime) -> tuple[Sample, ...]:
    """Broken ones as bytes, then hostile ones and those that EmailEngine moves or loses."""
    broken = tuple(
        _bytes(
            name,
            account,
            door,
            text.replace("{date}", format_datetime(now - timedelta(minutes=number))),
            secrets,
            number,
        )
        for number, (name, account, door, text, secrets) in enumerate(BROKEN, FIRST)
    )
    hostile = tuple(draft.sample(number, now) for number, draft in enumerate(HOSTILE, FIRST + 50))
    lost = MailDraft(
        "ee-gone", "emailengine", "practice", "fr", "Isaure Pontchartrain <isaure@courrier.example>", "Message effacé",
        "Bonjour, ce message aura disparu avant d'être lu.\n\nIsaure Pontchartrain", ("Isaure Pontchartrain",),
    ).sample(FIRST + 81, now)  # fmt: skip
    moved = MailDraft(
        "ee-moved", "emailengine", "practice", "fr", "Gontran Lavalette <gontran@courrier.example>", "Message déplacé",
        "Bonjour, ce message aura changé de dossier avant d'être lu.\n\nGontran Lavalette", ("Gontran Lavalette",),
    ).sample(FIRST + 83, now)  # fmt: skip
    junk = MailDraft(
        "ee-junk", "emailengine", "personal", "en", "Lucky Winner <prize@lottery.example>", "You have won",
        "You have won 1,000,000. Send your bank details to prize@lottery.example.", ("prize@lottery.example",),
    ).sample(FIRST + 85, now)  # fmt: skip
    no_source = MailDraft(
        "ee-no-source", "emailengine", "faculty", "fr", "Perrine Castelnaudet <perrine@faculty.example>", "Salle 204",
        "Bonjour, la salle 204 est libre vendredi.\n\nPerrine Castelnaudet", ("Perrine Castelnaudet",),
    ).sample(FIRST + 87, now)  # fmt: skip
    return (
        *broken,
        *hostile,
        replace(lost, mailbox="gone", expect=Expect(202, "accepted", "quarantined", "message_gone")),
        replace(moved, mailbox="moved"),
        replace(junk, path="Junk", expect=Expect(200, "skipped_folder", "")),
        replace(no_source, source=False),
    )


def _bytes(name: str, account: str, door: str, text: str, secrets: tuple[str, ...], number: int) -> Sample:
    raw = text.encode("latin-1").replace(b"\n", b"\r\n")
    if door == "emailengine":
        return Sample(name, "emailengine", "reference", account, raw, None, "", STORED, secrets)
    given = gmail_id_of(number)
    return Sample(name, "gmail", "raw", account, raw, raw_push(account, raw, given), given, STORED, secrets)


def _utf8(text: str) -> str:
    """Text whose Latin-1 bytes are the UTF-8 bytes of `text`."""
    return text.encode().decode("latin-1")


_BOUNCE = """From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: lab@research.example
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <bounce-1@mx.example>
Return-Path: <>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b-report"

--b-report
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered to
quentin.delorme@nowhere.example (unknown user).

--b-report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; quentin.delorme@nowhere.example
Action: failed
Status: 5.1.1

--b-report
Content-Type: message/rfc822

From: lab@research.example
To: Quentin Delorme <quentin.delorme@nowhere.example>
Subject: Protocol

See you soon.
--b-report--
"""

_FORWARD = """From: =?iso-8859-1?Q?No=E9mie_Barjavel?= <noemie.barjavel@courrier.example>
To: cabinet@practice.example
Subject: Tr: =?utf-8?B?T3Jkb25uYW5jZQ==?=
Date: {date}
Message-ID: <forward-1@courrier.example>
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/mixed; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-1

Bonjour, je vous fais suivre l'ordonnance de ma m\xe8re. No\xe9mie Barjavel
--outer
Content-Type: message/rfc822

From: Ancien Correspondant <ancien@courrier.example>
Subject: Ordonnance

Texte du message joint.
"""

BROKEN: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    (
        "odd-no-date", "practice", "gmail",
        "From: Aldegonde Fresnay <aldegonde@courrier.example>\nTo: cabinet@practice.example\nSubject: Sans date\n"
        "Message-ID: <no-date@courrier.example>\n\nBonjour, ce message n'a pas de date. Aldegonde Fresnay\n",
        ("Aldegonde Fresnay", "aldegonde@courrier.example"),
    ),
    (
        "odd-no-message-id", "faculty", "emailengine",
        "From: scanner@faculty.example\nTo: c.montbrun@faculty.example\nSubject: Scanned document\nDate: {date}\n\n"
        "A document was scanned for Ferdinand Holloway at room 12.\n",
        ("Ferdinand Holloway", "scanner@faculty.example"),
    ),
    (
        "odd-no-from", "personal", "gmail",
        "To: camille@montbrun.example\nSubject: Nobody\nDate: {date}\nMessage-ID: <no-from@mx.example>\n\n"
        "This message does not say who sent it. Please call Evangeline Marchbanks.\n",
        ("Evangeline Marchbanks",),
    ),
    (
        "odd-nothing", "research", "emailengine", "\nThe backup of last night is complete.\n", (),
    ),
    (
        "odd-broken-mime", "practice", "gmail",
        "From: Hippolyte Garancher <hippolyte@courrier.example>\nSubject: =?utf-8?B?Q29tcHRlIHJlbmR1?= =?broken\n"
        "Date: {date}\nMessage-ID: <broken@courrier.example>\nContent-Type: multipart/alternative; boundary=\"never\n\n"
        "--somethingelse\nContent-Transfer-Encoding: base64\n\nBonjour, voici le compte rendu. Hippolyte Garancher\n",
        ("Hippolyte Garancher",),
    ),
    ("odd-unterminated-forward", "practice", "emailengine", _FORWARD, ("Noémie Barjavel",)),
    (
        "odd-wrong-charset", "practice", "gmail",
        _utf8("From: Zéphirin Malaterre <zephirin@courrier.example>\nSubject: Prélèvement à jeun\nDate: {date}\n"
        "Message-ID: <charset@courrier.example>\nContent-Type: text/plain; charset=iso-8859-1\n"
        "Content-Transfer-Encoding: 8bit\n\nFaut-il être à jeun pour le prélèvement ? Zéphirin Malaterre\n"),
        ("Zéphirin Malaterre",),
    ),
    (
        "odd-unknown-charset", "personal", "emailengine",
        "From: Melchior Davenport <melchior@mail.example>\nSubject: Caf\xe9\nDate: {date}\n"
        "Message-ID: <unknown-charset@mail.example>\nContent-Type: text/plain; charset=x-klingon-9\n"
        "Content-Transfer-Encoding: 8bit\n\nSee you at the caf\xe9 tomorrow. Melchior Davenport\n",
        ("Melchior Davenport",),
    ),
    (
        "odd-control-bytes", "research", "gmail",
        "From: \"Prudence \x00Whitlock\" <prudence@mail.example>\nSubject: Nul\x00 and\x07 bell\nSubject: A second "
        "one\n"
        "Date: {date}\nMessage-ID: <control@mail.example>\n\nHello \x00there,\rthis line ended with a bare CR.\n"
        "Prudence Whitlock\n",
        ("Prudence Whitlock",),
    ),
    ("odd-bounce", "research", "emailengine", _BOUNCE, ("quentin.delorme@nowhere.example",)),
    (
        "odd-winmail", "personal", "gmail",
        "From: Balthazar Quimby <balthazar@mail.example>\nSubject: Minutes\nDate: {date}\nMessage-ID: "
        "<tnef@mail.example>\n"
        "Content-Type: multipart/mixed; boundary=w\n\n--w\nContent-Type: text/plain\n\nThe minutes are attached. "
        "Balthazar Quimby\n--w\nContent-Type: application/ms-tnef; name=winmail.dat\n"
        "Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=winmail.dat\n\neJ8+IgAAAAA=\n"
        "--w--\n",
        ("Balthazar Quimby",),
    ),
)  # fmt: skip

HOSTILE = (
    MailDraft(
        "odd-markup-subject", "gmail raw", "personal", "en", "Mallory Thornquist <mallory@mail.example>",
        "<b>Sale</b> *bold* _under_ [link](http://x.example) `code` & \x1b[31mred\u202etxt.exe",
        "Hello,\n\nThis subject carries markup, an escape sequence and a reversed file name.\n\nMallory Thornquist",
        ("Mallory Thornquist",),
    ),
    MailDraft(
        "odd-literal-token", "gmail fields", "practice", "fr", "Edwige Sauvageot <edwige@courrier.example>",
        "Question sur <PERSON_1>",
        "Bonjour,\n\nDans votre courrier je lis <PERSON_1> et <EMAIL_ADDRESS_1> au lieu d'un nom. Est-ce une erreur "
        "?\n\n"
        "Edwige Sauvageot",
        ("Edwige Sauvageot", "edwige@courrier.example"),
    ),
    MailDraft(
        "odd-mixed-language", "emailengine", "faculty", "und", "Olympe Varlet <olympe.varlet@faculty.example>",
        "Seminar / Séminaire",
        "Dear all, the seminar on Friday is cancelled because the speaker is ill. We will tell you the new date.\n\n"
        "Chers tous, le séminaire de vendredi est annulé car l'oratrice est malade. Nous vous dirons la nouvelle date."
        "\n\nOlympe Varlet",
        ("Olympe Varlet",),
    ),
    MailDraft(
        "odd-emoji", "gmail fields", "personal", "en", "🎉 Party 🎉 <party@mail.example>",
        "🎂🎈 It's Peregrine's birthday 🎈🎂",
        "🎉🎉🎉\nYou are invited to the party of Peregrine Lovelace on Saturday! 🕺💃\nCall 07700 900789 👩‍⚕️",
        ("Peregrine Lovelace", "07700 900789"),
    ),
    MailDraft(
        "odd-empty-body", "gmail fields", "practice", "und", "Scanner <scanner@practice.example>", "Scan", "",
    ),
    MailDraft(
        "odd-one-long-line", "gmail raw", "research", "en", "Cron <no-reply@cluster.example>", "Job output",
        "On " * 20_000, headers={"Auto-Submitted": "auto-generated"},
    ),
)  # fmt: skip
