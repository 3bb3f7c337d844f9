"""The operator: what the command line may know and touch. Written by hand, as a second opinion on the table."""

from __future__ import annotations

from infra.database.rights import SECRETS, secret_fields

SECRET = {
    "database_url",
    "mapping_key",
    "offload_key_id",
    "offload_secret_key",
    "pseudonym_key",
    "raw_key",
    "redis_url",
}
GRANTS: dict[str, tuple[str, ...]] = {
    "core.ledger": ("INSERT", "SELECT", "UPDATE"),
    "core.ledger_totals": ("SELECT",),
    "core.action_receipts": ("DELETE", "SELECT"),
    "core.outbox": ("DELETE", "SELECT"),
    "core.flags": ("SELECT",),
    "core.decisions": ("INSERT", "SELECT"),
    "core.exclusions": ("DELETE", "SELECT"),
    "core.deliveries": ("DELETE", "SELECT", "UPDATE(resent)", "UPDATE(resent_at)"),
    "ingestion.links": ("SELECT(mail_id)", "SELECT(object_key)", "SELECT(position)", "SELECT(upload)"),
    "core.rule_versions": ("SELECT",),
    "core.erasures": ("INSERT(address_key)", "INSERT(author)", "SELECT", "UPDATE(counts)", "UPDATE(finished_at)"),
    "ingestion.emails": ("DELETE", "SELECT", "UPDATE(address_keys)"),
    "ingestion.email_identities": ("DELETE", "SELECT"),
    "ingestion.emails_raw": ("DELETE", "SELECT(mail_id)", "SELECT(source)"),
}


def test_nobody_has_the_key_of_the_originals_but_who_seals_links_or_sends_clear_fields() -> None:
    """`offload` seals links and files' names with it, and may not read the originals in the database."""
    holders = {name for name in SECRETS if "raw_key" in secret_fields(name)}
    assert holders == {"store", "offload", "deliver", "operator"}
