"""The original is opened again by the store stage, whatever was sealed under its key meanwhile."""

from __future__ import annotations

import json

from chalicelib.intake.load_mail import reopen, upload_key
from chalicelib.mail.sealed import RAW, UPLOAD, Header, seal
from tests.twins.spool import MemorySpool

MAIL = b"From: desk@workshop.example\r\nSubject: A note\r\n\r\nText.\r\n"


def header(kind: str) -> Header:
    return Header(kind, "practice", "mail-1", "2025-03-03T09:00:00.000+00:00", "trace-1")


def test_an_upload_that_was_sealed_over_the_mail_is_opened_as_the_mail() -> None:
    spool = MemorySpool()
    spool.put(upload_key("practice", "u1"), MAIL)
    spool.put("sealed/practice/mail-1", seal(header(RAW), MAIL))
    before = reopen("sealed/practice/mail-1", spool)
    spool.put("sealed/practice/mail-1", seal(header(UPLOAD), json.dumps({"upload": "u1"}).encode()))
    after = reopen("sealed/practice/mail-1", spool)
    assert (after.source, after.form, after.mail.subject) == (before.source, before.form, before.mail.subject)
