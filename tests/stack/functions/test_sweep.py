"""`sweep`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

from tests.stack.conftest import Template
from tests.stack.rights import DEAD_LETTER_QUEUES, SPOOL, may, resources

SECRET = {"database_url", "redis_url", "telegram_token"}
GRANTS: dict[str, tuple[str, ...]] = {
    "core.ledger": ("SELECT",),
    "core.ledger_totals": ("SELECT",),
    "core.deliveries": (
        "SELECT(attempts)",
        "SELECT(destination)",
        "SELECT(last_at)",
        "SELECT(mail_id)",
        "SELECT(resent)",
        "SELECT(resent_at)",
        "SELECT(routing)",
        "SELECT(state)",
        "UPDATE(resent)",
        "UPDATE(resent_at)",
    ),
    "core.outbox": (
        "SELECT",
        "UPDATE(attempts)",
        "UPDATE(claimed_until)",
        "UPDATE(max_batch)",
        "UPDATE(message_id)",
        "UPDATE(refusals)",
        "UPDATE(rest_until)",
        "UPDATE(sent_at)",
        "UPDATE(sent_chat)",
        "UPDATE(sent_thread)",
        "UPDATE(unknown_sends)",
    ),
    "core.chats": (
        "INSERT(chat)",
        "SELECT",
        "UPDATE(configured)",
        "UPDATE(moved_to)",
        "UPDATE(next_at)",
        "UPDATE(recent)",
        "UPDATE(refusals)",
        "UPDATE(threads)",
    ),
    "core.action_receipts": ("INSERT",),
    "core.flags": ("SELECT",),
}


def test_it_reads_failed_messages_of_every_stage_and_removes_none(template: Template) -> None:
    """Webhooks, files and alarms that were given up are reported to the operator as well."""
    assert resources(template, "Sweep", "sqs:ReceiveMessage") == DEAD_LETTER_QUEUES
    assert "sqs:DeleteMessage" not in may(template, "Sweep")


def test_it_sends_mail_to_the_first_stage_notes_to_the_ledger_and_overdue_webhooks(template: Template) -> None:
    queues = {"AnonymizeQueue", "StoreQueue", "OffloadQueue", "DeliverQueue"}
    assert resources(template, "Sweep", "sqs:SendMessage") == queues


def test_it_reads_what_the_endpoints_sealed_and_nothing_else(template: Template) -> None:
    assert resources(template, "Sweep", "s3:GetObject") == {f"{SPOOL}sealed/*"}


def test_it_runs_every_minute(template: Template) -> None:
    [event] = template.properties("Sweep")["Events"].values()
    assert event == {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minute)"}}
