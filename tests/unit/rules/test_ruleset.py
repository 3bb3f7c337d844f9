"""A compiled rule set: what it decides about a mail, and how it explains itself."""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.rules.decision import Facts, Verdict
from chalicelib.rules.ruleset import load

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def test_without_rules_every_mail_is_accepted() -> None:
    assert load({}).decide(Facts(account="personal", sender="ann@example.com"), NOW).verdict is Verdict.ACCEPT


def test_without_rules_the_set_is_empty() -> None:
    assert load({}).empty


def test_the_version_is_told_with_the_routing() -> None:
    assert load({}, 7).decide(Facts(account="personal", sender=""), NOW).routing.version == 7
