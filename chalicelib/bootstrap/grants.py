"""Grants in database and Redis that are long or shared, and the operator's: rows of `functions.py` refer to them."""

from __future__ import annotations

from chalicelib.bootstrap.function_types import Rights

RULES = {"rules:in_force": "rw"}
"""Sealed with the mapping key, which every function that reads the rules has."""
TELEGRAM = {"breaker:telegram": "rws"}
NOTICES = {"flag:notifications_enabled": "rw"}
WEBHOOKS = {"flag:webhook_sending_enabled": "rw"}
ALARM_PACE = "{rate}:b8f20adb16a673621ae702d98d20062a"
"""The limit `telegram:alarms` alone: a function that could write the others could lock senders and the operator out."""
RECEIVER = "breaker:" + "?" * 32
"""The breaker of a webhook's receiver, whose name is hashed."""
MAIL_ENTERS = {"seen:*": "rw", "flag:emailengine_ingress_enabled": "rw"}

API_CACHE = {
    **RULES,
    **MAIL_ENTERS,
    "event:*": "rw",
    "account_event:*": "rw",
    "flag:*": "rw",
    "{rate}:*": "rws",
    "session_ended:*": "rw",
    "breaker:*": "r",
}
SWEEP_CACHE = {
    **TELEGRAM,
    **NOTICES,
    **WEBHOOKS,
    "sweep:after": "rw",
    "conditions:reported": "rws",
    "breaker:*": "r",
}

NOTIFIES = {
    "core.outbox": "SELECT, UPDATE (claimed_until, attempts, sent_at, max_batch, refusals, rest_until,"
    " unknown_sends, message_id, sent_chat, sent_thread)",
    "core.chats": "SELECT, INSERT (chat), UPDATE (recent, next_at, refusals, configured, moved_to, threads)",
    "core.action_receipts": "INSERT",
    "core.flags": "SELECT",
}

OVERDUE = (
    "SELECT (mail_id, destination, state, attempts, last_at, routing, resent, resent_at), UPDATE (resent, resent_at)"
)

FORGETS = {
    # By id and time, never by content.
    "core.ledger": "SELECT (mail_id, account_id, state, reason, received_at, updated_at, expired_at,"
    " original_expired_at), UPDATE (expired_at, original_expired_at)",
    "core.action_receipts": "SELECT (mail_id), DELETE",
    "core.outbox": "SELECT (mail_id), DELETE",
    "core.exclusions": "SELECT (mail_id), DELETE",
    "core.deliveries": "SELECT (mail_id), DELETE",
    "ingestion.email_identities": "SELECT (mail_id), DELETE",
    "ingestion.emails": "SELECT (mail_id), DELETE",
    "ingestion.emails_raw": "SELECT (mail_id), DELETE",
}

API = {
    "core.ledger": "SELECT, INSERT, UPDATE",
    "core.ledger_totals": "SELECT",
    "core.decisions": "SELECT, INSERT",
    "core.action_receipts": "SELECT",
    "core.exclusions": "SELECT",
    # LOCK TABLE asks for the right on the table, not on columns.
    "core.flags": "SELECT, INSERT, UPDATE",
    "core.flag_changes": "SELECT, INSERT",
    "core.rule_versions": "SELECT, INSERT",
    "ingestion.reconciliations": "SELECT",
    # The dashboard's lines of a mail; its body stays out of reach.
    "ingestion.emails": "SELECT (mail_id, sender, subject, category, urgency, language, classifier, confidence,"
    " received_at)",
}

STORES = {
    "core.ledger": "SELECT, INSERT, UPDATE",
    "core.action_receipts": "INSERT",
    "core.outbox": "SELECT (dedup_key), INSERT",
    "core.deliveries": "INSERT (mail_id, destination, routing)",
    "core.exclusions": "SELECT, INSERT, UPDATE",
    "ingestion.emails": "SELECT (account_id, sender_key, category, received_at), INSERT",
    # It seals originals and never opens one.
    "ingestion.emails_raw": "INSERT",
    "ingestion.email_identities": "SELECT, INSERT",
    "core.erasures": "SELECT (address_key, requested_at)",
}

DELIVERS = {
    "core.deliveries": "SELECT, INSERT, UPDATE",
    "core.ledger": "SELECT (mail_id, source, state)",
    "ingestion.emails": "SELECT",
    # What a rule may send in clear, and never the source of the mail.
    "ingestion.emails_raw": "SELECT (mail_id, sender, subject, body, recipients)",
    "ingestion.links": "SELECT",
    "core.action_receipts": "INSERT",
    "core.flags": "SELECT",
    "core.rule_versions": "SELECT",
}

OPERATOR = Rights(
    (
        *("database_url", "redis_url", "raw_key", "mapping_key", "pseudonym_key"),
        *("offload_key_id", "offload_secret_key"),
    ),
    {
        "core.ledger": "SELECT, INSERT, UPDATE",
        "core.ledger_totals": "SELECT",
        "core.action_receipts": "SELECT, DELETE",
        "core.outbox": "SELECT, DELETE",
        "core.flags": "SELECT",
        "core.decisions": "SELECT, INSERT",
        "core.exclusions": "SELECT, DELETE",
        "core.deliveries": "SELECT, UPDATE (resent, resent_at), DELETE",
        "ingestion.links": "SELECT (mail_id, position, object_key, upload)",
        "core.rule_versions": "SELECT",
        "core.erasures": "SELECT, INSERT (address_key, author), UPDATE (finished_at, counts)",
        "ingestion.emails": "SELECT, UPDATE (address_keys), DELETE",
        "ingestion.email_identities": "SELECT, DELETE",
        # `rules simulate`, `erase` and `export` open originals, in the operator's own process.
        "ingestion.emails_raw": "SELECT (mail_id, source), DELETE",
    },
    {
        **RULES,
        **MAIL_ENTERS,
        "flag:*": "rw",
        "breaker:*": "rws",
        "history:*": "w",  # an erasure
        "map:mail:*": "w",
    },
)
"""No function: the person at the command line (`mailroom verify`, `dlq`, …)."""
