"""`store`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

from tests.stack.conftest import Template
from tests.stack.rights import SPOOL, may, resources

SECRET = {"database_url", "raw_key", "redis_url"}
GRANTS: dict[str, tuple[str, ...]] = {
    "core.erasures": ("SELECT(address_key)", "SELECT(requested_at)"),
    "core.ledger": ("INSERT", "SELECT", "UPDATE"),
    "core.action_receipts": ("INSERT",),
    "core.outbox": ("INSERT", "SELECT(dedup_key)"),
    "core.deliveries": ("INSERT(destination)", "INSERT(mail_id)", "INSERT(routing)"),
    "core.exclusions": ("INSERT", "SELECT", "UPDATE"),
    "ingestion.emails": (
        "INSERT",
        "SELECT(account_id)",
        "SELECT(category)",
        "SELECT(received_at)",
        "SELECT(sender_key)",
    ),
    "ingestion.emails_raw": ("INSERT",),
    "ingestion.email_identities": ("INSERT", "SELECT"),
}


def test_it_reads_the_spool_and_writes_nothing_to_it(template: Template) -> None:
    assert resources(template, "Store", "s3:GetObject") == {f"{SPOOL}*"}
    assert not may(template, "Store") & {"s3:PutObject", "s3:DeleteObject", "kms:GenerateDataKey"}
