"""`retention`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

from tests.stack.conftest import FUNCTIONS, Template
from tests.stack.rights import SPOOL, may, resources

SECRET = {"database_url"}
GRANTS: dict[str, tuple[str, ...]] = {
    "core.ledger": (
        "SELECT(account_id)",
        "SELECT(expired_at)",
        "SELECT(mail_id)",
        "SELECT(original_expired_at)",
        "SELECT(reason)",
        "SELECT(received_at)",
        "SELECT(state)",
        "SELECT(updated_at)",
        "UPDATE(expired_at)",
        "UPDATE(original_expired_at)",
    ),
    "core.action_receipts": ("DELETE", "SELECT(mail_id)"),
    "core.outbox": ("DELETE", "SELECT(mail_id)"),
    "core.exclusions": ("DELETE", "SELECT(mail_id)"),
    "core.deliveries": ("DELETE", "SELECT(mail_id)"),
    "ingestion.email_identities": ("DELETE", "SELECT(mail_id)"),
    "ingestion.emails": ("DELETE", "SELECT(mail_id)"),
    "ingestion.emails_raw": ("DELETE", "SELECT(mail_id)"),
}


def test_it_alone_deletes_mail_and_it_reads_none(template: Template) -> None:
    assert [function for function in FUNCTIONS if "s3:DeleteObject" in may(template, function)] == ["Retention"]
    assert may(template, "Retention") == {"s3:DeleteObject", "s3:ListBucket", "secretsmanager:GetSecretValue"}


def test_it_deletes_what_belongs_to_mails(template: Template) -> None:
    deleted = resources(template, "Retention", "s3:DeleteObject")
    assert deleted == {f"{SPOOL}{folder}/*" for folder in ("sealed", "fetched", "text", "links", "uploads")}
