"""Invented messages for the contract suites of the store and the outbox."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from chalicelib.core.messages import Classification, Content, Envelope, Exclusion, Quarantine, Receipt, Routing
from chalicelib.ports import Original

ORIGINAL = Original(
    "Ada Example <ada@example.org>", "Your results", "Dear Ada, call 000", b"From: ada@example.org\r\n\r\nDear Ada"
)
RECEIPT = Receipt("pipeline.anonymize", "email.anonymize", "2026-01-02T03:04:05+00:00", 0.5, "ok", 0.9)
RECEIVED = "2026-01-02T03:04:05+00:00"


def mail_id(name: str) -> str:
    """A stable mail id for a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def envelope(
    name: str,
    identities: tuple[str, ...] | None = None,
    matches: tuple[str, ...] = (),
    account: str = "practice",
    subject: str = "Results of <PERSON_1>",
    urgency: str = "normal",
    category: str = "patient",
    received_at: str = RECEIVED,
    sender_key: str = "s" * 32,
    routing: Routing | None = None,
) -> Envelope:
    """A mail at the store stage; by default it has one identity of its own."""
    content = Content(
        subject=subject,
        sender="<PERSON_1> <EMAIL_1>",
        recipients=("<EMAIL_2>",),
        language="en",
        attachments=("<FILE_1>.pdf",),
        date=RECEIVED,
        sender_key=sender_key,
        thread_key="t" * 32,
        identities=(f"identity-{name}",) if identities is None else identities,
        matches=matches,
        traits=("has_attachment",),
        defects=("no_date",),
    )
    verdict = Classification(category, urgency, "en", 0.8, "Words of a patient", "rules")
    return Envelope(
        mail_id(name),
        account,
        "gmail",
        f"spool/{name}",
        received_at,
        "trace-1",
        (),
        content=content,
        classification=verdict,
        routing=routing,
    )


def at(minutes: float) -> str:
    """A moment, so many minutes after the mails came."""
    return (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(minutes=minutes)).isoformat()


def note(name: str, reason: str = "mime_unreadable", attempts: int = 1, last_at: str = RECEIVED) -> Quarantine:
    """The note that a stage gave the mail up."""
    return Quarantine(
        mail_id(name), "practice", "gmail", f"spool/{name}", RECEIVED, "trace-1", "anonymize", reason, "", attempts,
        RECEIVED, last_at,
    )  # fmt: skip


def exclusion(
    name: str,
    reason: str = "sender_not_allowed",
    rule: str = "",
    minutes: float = 1,
    sender: str = "a",
    domain: str = "b",
    account: str = "practice",
) -> Exclusion:
    """The note that the rules keep the mail out, decided `minutes` after it came."""
    receipt = Receipt("ingress", "email.receive", at(minutes), 0.1, f"skipped_{reason}")
    return Exclusion(
        mail_id(name), account, "gmail", f"spool/{name}", RECEIVED, "trace-1", reason, rule, 3,
        sender * 32, domain * 32, (receipt,),
    )  # fmt: skip
