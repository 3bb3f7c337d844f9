"""`classify`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

from tests.stack.conftest import FUNCTIONS, Template
from tests.stack.rights import SPOOL, may, resources

SECRET = {"anthropic_key", "redis_url"}
GRANTS: dict[str, tuple[str, ...]] = {}


def test_it_alone_asks_a_model(template: Template) -> None:
    asking = {function for function in FUNCTIONS if "bedrock:InvokeModel" in may(template, function)}
    assert asking == {"Classify"}


def test_it_reads_anonymized_text_only(template: Template) -> None:
    assert resources(template, "Classify", "s3:GetObject") == {f"{SPOOL}text/*"}
