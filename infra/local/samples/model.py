"""What a sample mail is, and the few builders that the tables of texts go through."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Literal

Door = Literal["gmail", "emailengine"]
Form = Literal["raw", "fields", "reference"]

OWNERS = {
    "practice": "Cabinet Montbrun <cabinet@practice.example>",
    "faculty": "Camille Montbrun <c.montbrun@faculty.example>",
    "research": "Montbrun Lab <lab@research.example>",
    "personal": "Camille Montbrun <camille@montbrun.example>",
}


@dataclass(frozen=True)
class Expect:
    """HTTP status and `status` of the door's verdict, then the ledger's final state (empty: never in it) and reason."""

    http: int
    verdict: str
    state: str
    reason: str = ""


STORED = Expect(202, "accepted", "stored")


@dataclass(frozen=True)
class Sample:
    """One mail to send.

    `raw` is the RFC 822 form, also of a mail that is pushed in fields (empty for the refused). `push` is the
    JSON for the Gmail door, None for EmailEngine. `gmail_id` is 16 hexadecimal digits or empty; EmailEngine
    tells it in decimal (`email_id`). `secrets` are the personal data that the mail carries, each as it is
    written in it: none may be seen after the anonymize stage. `path` is EmailEngine's folder; `mailbox` tells
    what happens to the message between webhook and fetch (`there`, `moved`, `gone`); `source` False is a server
    that refuses the raw source. `of` names the sample that this one repeats. `spoil` says what is
    wrong with the push besides its fields: `signature`, `json` (cut off), or `door` (its flag is off), or nothing.
    """

    name: str
    door: Door
    form: Form
    account: str
    raw: bytes
    push: dict[str, Any] | None
    gmail_id: str
    expect: Expect
    secrets: tuple[str, ...] = ()
    language: str = "und"
    path: str = "INBOX"
    mailbox: str = "there"
    source: bool = True
    of: str = ""
    spoil: str = ""

    @property
    def email_id(self) -> str:
        """The permanent id in EmailEngine's spelling, X-GM-MSGID in decimal; empty where there is none."""
        return str(int(self.gmail_id, 16)) if self.gmail_id else ""


@dataclass(frozen=True)
class File:
    """An attachment with its content."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True)
class MailDraft:
    """A row of the tables: what somebody wrote, and the way that it takes."""

    name: str
    via: Literal["gmail raw", "gmail fields", "emailengine"]
    account: str
    language: str
    sender: str
    subject: str
    text: str
    secrets: tuple[str, ...] = ()
    html: str = ""
    files: tuple[File, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    answers: str = ""
    labels: tuple[str, ...] = ("INBOX",)

    def sample(self, number: int, now: datetime) -> Sample:
        """The draft as it is sent; `number` spaces the dates and makes the ids."""
        when = now - timedelta(minutes=3 * number + 7)
        raw = build(self, when)
        gmail_id = gmail_id_of(number)
        if self.via == "emailengine":
            given = gmail_id if number % 2 else ""  # every other server has no permanent ids
            return Sample(
                self.name,
                "emailengine",
                "reference",
                self.account,
                raw,
                None,
                given,
                STORED,
                self.secrets,
                self.language,
            )
        form: Form = "raw" if self.via == "gmail raw" else "fields"
        push = raw_push(self.account, raw, gmail_id) if form == "raw" else fields_push(self, when, gmail_id)
        return Sample(self.name, "gmail", form, self.account, raw, push, gmail_id, STORED, self.secrets, self.language)

    @property
    def message_id(self) -> str:
        return message_id_of(self.name)


def gmail_id_of(number: int) -> str:
    """An id in Gmail's range that no real mailbox shows (its middle digits are zero)."""
    return f"{0x1900000000000000 + number:016x}"


def message_id_of(name: str) -> str:
    return f"<{name}@samples.example>"


def build(draft: MailDraft, when: datetime) -> bytes:
    """RFC 822 bytes with CRLF; boundaries are made from the name, so that the bytes repeat."""
    message = EmailMessage(policy=SMTP)
    message["From"] = draft.sender
    message["To"] = OWNERS[draft.account]
    message["Subject"] = draft.subject
    message["Date"] = format_datetime(when)
    message["Message-ID"] = draft.message_id
    if draft.answers:
        message["In-Reply-To"] = message["References"] = message_id_of(draft.answers)
    for name, value in draft.headers.items():
        message[name] = value
    if draft.text:
        message.set_content(draft.text, cte="quoted-printable")
        if draft.html:
            message.add_alternative(draft.html, subtype="html", cte="quoted-printable")
    elif draft.html:
        message.set_content(draft.html, subtype="html", cte="base64")
    for file in draft.files:
        main, _, sub = file.kind.partition("/")
        message.add_attachment(file.data, maintype=main, subtype=sub, filename=file.name)
    return fixed(message, draft.name)


def fixed(message: Message, name: str) -> bytes:
    """The bytes of a message with boundaries that do not change from run to run."""
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{name}_{number}")
    return message.as_bytes(policy=SMTP)


def raw_push(account: str, raw: bytes, gmail_id: str = "") -> dict[str, Any]:
    """The push of a mail as base64 RFC 822."""
    push: dict[str, Any] = {"account": account, "raw": base64.b64encode(raw).decode("ascii")}
    return push | ({"id": gmail_id} if gmail_id else {})


def fields_push(draft: MailDraft, when: datetime, gmail_id: str = "") -> dict[str, Any]:
    """The push of a mail in fields, as the Apps Script pusher tells it."""
    push: dict[str, Any] = {
        "account": draft.account,
        "sender": draft.sender,
        "to": [OWNERS[draft.account]],
        "subject": draft.subject,
        "date": when.isoformat(),
        "message_id": draft.message_id,
        "body": draft.text,
        "labels": list(draft.labels),
        "attachments": [{"name": file.name, "type": file.kind, "size": len(file.data)} for file in draft.files],
        "headers": dict(draft.headers),
    }
    if draft.html:
        push["body_html"] = draft.html
    return push | ({"id": gmail_id} if gmail_id else {})


def iban(country: str, account: str) -> str:
    """An IBAN with the right check digits (ISO 13616) for an account; give one of a bank that does not exist."""
    digits = "".join(str(int(char, 36)) for char in f"{account}{country}00")
    plain = f"{country}{98 - int(digits) % 97:02d}{account}"
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def nir(thirteen: str) -> str:
    """A French social security number with its right key; give one of a place that does not exist."""
    plain = f"{thirteen}{97 - int(thirteen) % 97:02d}"
    return f"{plain[0]} {plain[1:3]} {plain[3:5]} {plain[5:7]} {plain[7:10]} {plain[10:13]} {plain[13:]}"


def pdf(pages: int = 1) -> bytes:
    """Bytes that look like a PDF file to anyone who does not open it."""
    return b"%PDF-1.4\n" + b"1 0 obj << /Type /Page >> endobj\n" * pages + b"%%EOF\n"
