"""`deliver`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

from tests.stack.conftest import Template
from tests.stack.rights import may

SECRET = {"database_url", "mapping_key", "private_ca", "raw_key", "redis_url", "webhook_keys"}
GRANTS: dict[str, tuple[str, ...]] = {
    "core.deliveries": ("INSERT", "SELECT", "UPDATE"),
    "core.ledger": ("SELECT(mail_id)", "SELECT(source)", "SELECT(state)"),
    "ingestion.emails": ("SELECT",),
    "ingestion.emails_raw": (
        "SELECT(body)",
        "SELECT(mail_id)",
        "SELECT(recipients)",
        "SELECT(sender)",
        "SELECT(subject)",
    ),
    "ingestion.links": ("SELECT",),
    "core.action_receipts": ("INSERT",),
    "core.flags": ("SELECT",),
    "core.rule_versions": ("SELECT",),
}


def test_it_does_not_reach_the_spool(template: Template) -> None:
    assert not {action for action in may(template, "Deliver") if action.startswith(("s3:", "kms:"))}
