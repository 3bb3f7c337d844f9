"""The rules of `make chaos` are good rules, and hold mail until their window opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.policy.decision import Facts, PolicyAction
from chalicelib.policy.ruleset import load
from infra.chaos import rules
from infra.chaos.mails import words


def verdict(number: int, now: datetime, at: datetime) -> PolicyAction:
    facts = Facts(account="personal", sender="a@b.example", subject=f"Something ({words(number)})", body="")
    return load(rules.document(now, short=False)).decide(facts, at).verdict


@pytest.mark.parametrize("hour", [0, 6, 12, 18, 23])
def test_a_held_mail_is_held_until_the_window_opens_at_any_hour(hour: int) -> None:
    now = datetime(2025, 3, 3, hour, 57, 30, tzinfo=UTC)
    assert verdict(rules.HELD, now, now) is PolicyAction.HOLD
    assert verdict(rules.HELD, now, now + rules.OPENS) is PolicyAction.ACCEPT
    assert verdict(rules.HELD, now, now + timedelta(minutes=40)) is PolicyAction.ACCEPT


def test_the_rule_excludes_its_mail_and_the_rest_comes_in() -> None:
    now = datetime(2025, 3, 3, 12, tzinfo=UTC)
    found = {number: verdict(number, now, now) for number in range(16)}
    assert found.pop(rules.EXCLUDED) is PolicyAction.EXCLUDE
    assert found.pop(rules.HELD) is PolicyAction.HOLD
    assert set(found.values()) == {PolicyAction.ACCEPT}
