"""Least privilege: for each function the fields of its own secret and its grants in the database.

The one place: the template, the secrets on AWS and on the laptop, and the database's roles are made from it.
A function without `database_url` has no login. `tests/contract/test_roles.py` has a second list, written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.bootstrap.settings import DOOR_FIELDS


@dataclass(frozen=True, slots=True)
class Rights:
    """`fields` are names of `BACKEND_FIELDS`; `tables` are privileges as GRANT spells them, columns included."""

    fields: tuple[str, ...]
    tables: Mapping[str, str] = field(default_factory=dict)

    @property
    def login(self) -> bool:
        """Whether it reaches the database."""
        return "database_url" in self.fields


NOTIFIES = {
    "core.outbox": "SELECT, UPDATE (claimed_until, attempts, sent_at, max_batch, refusals, rest_until)",
    "core.chats": "SELECT, INSERT (chat), UPDATE (recent, next_at)",
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

FUNCTIONS: dict[str, Rights] = {
    "api": Rights(
        ("database_url", "redis_url", "mapping_key", "pseudonym_key"),
        {
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
        },
    ),
    "anonymize": Rights(
        ("database_url", "redis_url", "mapping_key", "pseudonym_key", "emailengine_token"),
        {"core.rule_versions": "SELECT"},
    ),
    "classify": Rights(("redis_url", "anthropic_key")),
    "store": Rights(
        ("database_url", "redis_url", "raw_key"),
        {
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
        },
    ),
    "notify": Rights(("database_url", "redis_url", "telegram_token"), NOTIFIES),
    "offload": Rights(
        (
            *("database_url", "redis_url", "mapping_key", "raw_key"),
            *("offload_key_id", "offload_secret_key", "private_ca"),
        ),
        {
            "ingestion.links": "SELECT, INSERT, UPDATE",
            "ingestion.emails": "SELECT (mail_id)",
            "core.action_receipts": "INSERT",
            "core.rule_versions": "SELECT",
        },
    ),
    "deliver": Rights(
        ("database_url", "redis_url", "mapping_key", "raw_key", "webhook_keys", "private_ca"),
        {
            "core.deliveries": "SELECT, INSERT, UPDATE",
            "core.ledger": "SELECT (mail_id, source, state)",
            "ingestion.emails": "SELECT",
            # What a rule may send in clear, and never the source of the mail.
            "ingestion.emails_raw": "SELECT (mail_id, sender, subject, body, recipients)",
            "ingestion.links": "SELECT",
            "core.action_receipts": "INSERT",
            "core.flags": "SELECT",
            "core.rule_versions": "SELECT",
        },
    ),
    "alert": Rights(("redis_url", "telegram_token")),
    "sweep": Rights(
        ("database_url", "redis_url", "telegram_token"),
        NOTIFIES | {"core.ledger": "SELECT", "core.ledger_totals": "SELECT", "core.deliveries": OVERDUE},
    ),
    "retention": Rights(("database_url",), FORGETS),
    "reconcile": Rights(
        ("database_url", "redis_url", "emailengine_token"),
        {
            "core.ledger": "SELECT (mail_id, state, reason)",
            "core.flags": "SELECT",
            "ingestion.reconciliations": "SELECT, INSERT, UPDATE",
            "ingestion.mail_before": "SELECT, INSERT",
        },
    ),
    # No function: the person who runs `mailroom verify`, `dlq`, …
    "operator": Rights(
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
    ),
}
"""Name of a function in small letters (the API's is `api`), and `operator` for the person at the command line."""

LOGINS = tuple(name for name, rights in FUNCTIONS.items() if rights.login)
DOOR, API, OPERATOR = "door", "api", "operator"


def name_of(function: str) -> str:
    """The name here of a function of the template (its logical id)."""
    return API if function == "APIHandler" else function.lower()


def secret_fields(name: str) -> tuple[str, ...]:
    """The fields of a secret: a function's, or `door` for the doors' credentials. Raises KeyError."""
    return tuple(DOOR_FIELDS) if name == DOOR else FUNCTIONS[name].fields


SECRETS = (DOOR, *FUNCTIONS)
"""All secrets, named `<SecretPrefix>/<name>`."""


def role(name: str) -> str:
    """The database's role that holds the grants of a function; it cannot log in."""
    return f"mailroom_{name}"


def login(name: str) -> str:
    """The login of a function: a member of its role and of nothing else."""
    return f"mailroom_{name}_login"
