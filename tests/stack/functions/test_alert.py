"""`alert`: what it may know and touch. Written by hand, as a second opinion on the table of functions."""

from __future__ import annotations

from tests.stack.conftest import Template
from tests.stack.rights import may

SECRET = {"redis_url", "telegram_token"}
GRANTS: dict[str, tuple[str, ...]] = {}


def test_it_reaches_neither_spool_nor_database(template: Template) -> None:
    assert not {action for action in may(template, "Alert") if action.startswith(("s3:", "kms:"))}
    assert "database_url" not in SECRET


def test_it_is_made_after_the_subscription(template: Template) -> None:
    assert "AlarmSubscription" in template.resources["Alert"]["DependsOn"]
