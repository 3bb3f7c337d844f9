"""`anonymize`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

from tests.stack.conftest import Template
from tests.stack.rights import SPOOL, resources

SECRET = {"database_url", "emailengine_token", "mapping_key", "pseudonym_key", "redis_url"}
GRANTS: dict[str, tuple[str, ...]] = {
    "core.rule_versions": ("SELECT",),
}


def test_it_reads_sealed_mail_and_writes_other_folders(template: Template) -> None:
    read = {f"{SPOOL}{folder}/*" for folder in ("sealed", "uploads", "fetched")}
    assert resources(template, "Anonymize", "s3:GetObject") == read
    written = {f"{SPOOL}{folder}/*" for folder in ("fetched", "text", "links")}
    assert resources(template, "Anonymize", "s3:PutObject") == written


def test_it_alone_carries_the_language_layers(template: Template) -> None:
    layered = {name for name, function in template.of("Serverless::Function").items() if function.get("Layers")}
    assert layered == {"Anonymize"}
