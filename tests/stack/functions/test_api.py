"""`api`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

import pytest

from chalicelib.core.stages import STAGES
from tests.stack.conftest import Template
from tests.stack.rights import DEAD_LETTER_QUEUES, SPOOL, may, resources, secrets_of

SECRET = {"database_url", "mapping_key", "pseudonym_key", "redis_url"}
GRANTS: dict[str, tuple[str, ...]] = {
    "core.ledger": ("INSERT", "SELECT", "UPDATE"),
    "core.ledger_totals": ("SELECT",),
    "core.decisions": ("INSERT", "SELECT"),
    "core.action_receipts": ("SELECT",),
    "core.exclusions": ("SELECT",),
    "core.flags": ("INSERT", "SELECT", "UPDATE"),
    "core.flag_changes": ("INSERT", "SELECT"),
    "core.rule_versions": ("INSERT", "SELECT"),
    "ingestion.reconciliations": ("SELECT",),
    "ingestion.emails": (
        "SELECT(category)",
        "SELECT(classifier)",
        "SELECT(confidence)",
        "SELECT(language)",
        "SELECT(mail_id)",
        "SELECT(received_at)",
        "SELECT(sender)",
        "SELECT(subject)",
        "SELECT(urgency)",
    ),
}

QUEUES = {f"{stage.name.capitalize()}Queue" for stage in STAGES}


def test_the_doors_read_no_mail(template: Template) -> None:
    assert not may(template, "APIHandler") & {"s3:GetObject", "s3:DeleteObject", "kms:Decrypt"}


def test_the_endpoints_write_sealed_mail_only(template: Template) -> None:
    assert resources(template, "APIHandler", "s3:PutObject") == {f"{SPOOL}sealed/*", f"{SPOOL}uploads/*"}


@pytest.mark.parametrize(
    "action",
    ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:StartMessageMoveTask"],
)
def test_the_operators_routes_take_from_dead_letter_queues_only(template: Template, action: str) -> None:
    assert resources(template, "APIHandler", action) == DEAD_LETTER_QUEUES


def test_the_endpoints_send_to_the_first_stage_and_a_redrive_to_each(template: Template) -> None:
    assert resources(template, "APIHandler", "sqs:SendMessage") == QUEUES


def test_the_api_reads_its_own_secret_and_the_endpoints_credentials(template: Template) -> None:
    assert secrets_of(template, "APIHandler") == {"door", "api"}
