"""`notify`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

from tests.stack.conftest import Template
from tests.stack.rights import may

SECRET = {"database_url", "redis_url", "telegram_token"}
GRANTS: dict[str, tuple[str, ...]] = {
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


def test_it_does_not_reach_the_spool(template: Template) -> None:
    assert not {action for action in may(template, "Notify") if action.startswith(("s3:", "kms:"))}
