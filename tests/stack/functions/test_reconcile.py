"""`reconcile`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

from tests.stack.conftest import Template
from tests.stack.rights import SPOOL, may, resources

SECRET = {"database_url", "emailengine_token", "redis_url"}
GRANTS: dict[str, tuple[str, ...]] = {
    "core.ledger": ("SELECT(mail_id)", "SELECT(reason)", "SELECT(state)"),
    "core.flags": ("SELECT",),
    "ingestion.reconciliations": ("INSERT", "SELECT", "UPDATE"),
    "ingestion.mail_before": ("INSERT", "SELECT"),
}


def test_it_takes_in_what_an_endpoint_takes_in_and_no_more(template: Template) -> None:
    assert resources(template, "Reconcile", "sqs:SendMessage") == {"AnonymizeQueue"}
    assert resources(template, "Reconcile", "s3:PutObject") == {f"{SPOOL}sealed/*"}
    assert resources(template, "Reconcile", "s3:GetObject") == {f"{SPOOL}sealed/*"}
    assert "sqs:ReceiveMessage" not in may(template, "Reconcile")
