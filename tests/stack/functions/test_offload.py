"""`offload`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

from tests.stack.conftest import Template
from tests.stack.rights import FILES, SPOOL, resources

SECRET = {"database_url", "mapping_key", "offload_key_id", "offload_secret_key", "private_ca", "raw_key", "redis_url"}
GRANTS: dict[str, tuple[str, ...]] = {
    "ingestion.links": ("INSERT", "SELECT", "UPDATE"),
    "ingestion.emails": ("SELECT(mail_id)",),
    "core.action_receipts": ("INSERT",),
    "core.rule_versions": ("SELECT",),
}


def test_it_reads_links_and_writes_files_alone(template: Template) -> None:
    assert resources(template, "Offload", "s3:GetObject") == {f"{SPOOL}links/*", FILES}
    assert resources(template, "Offload", "s3:PutObject") == {FILES}
