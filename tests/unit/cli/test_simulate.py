"""What changed rules would have done to past mail: differences by mail id, counts, and never a word of the mail."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest

from chalicelib.policy.decision import Facts
from chalicelib.policy.ruleset import RuleSet, load
from infra.cli import simulate as module
from infra.cli.replay import Past
from infra.cli.simulate import Difference, Side, compared, differences
from tests.twins.rules import MemoryRuleStore
from tests.unit.cli.test_rules import printed

MONDAY_NOON, MONDAY_NIGHT = (datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in (12, 23))
NONE = load({})
COLLEAGUES = load({"allowlist": {"domains": ["example.org"]}})
OFFICE: dict[str, Any] = {
    "time_windows": {"office": {"zone": "UTC", "from": "08:00", "to": "18:00"}},
    "rules": [{"name": "by day", "time_window": {"open": ["office"], "outside": "skip"}}],
}


def past(name: str, at: datetime = MONDAY_NOON, **facts: Any) -> Past:
    shown = Facts(account="practice", sender="ada@example.net", subject="Private words", body="Hello.")
    return Past(name, "stored", at, Facts(**{field: getattr(shown, field) for field in Facts.__slots__} | facts))


def found(old: RuleSet, new: RuleSet, *mails: Past) -> tuple[list[Difference], Counter[str]]:
    counts: Counter[str] = Counter()
    return list(differences(mails, old, new, counts)), counts


def test_the_same_rules_differ_in_nothing() -> None:
    assert found(COLLEAGUES, COLLEAGUES, past("a"), past("b")) == ([], Counter(mails=2))


def test_a_mail_that_would_be_kept_out_is_a_difference() -> None:
    [difference], counts = found(NONE, COLLEAGUES, past("a"), past("b", sender="ada@example.org"))
    assert (difference.mail_id, difference.fields["verdict"]) == ("a", ("accept", "exclude"))
    assert difference.fields["reason"] == ("", "sender_not_allowed")
    assert (counts["mails"], counts["differ"], counts["verdict: accept → exclude"]) == (2, 1, 1)


def test_an_excluded_mail_that_would_come_in_is_a_difference() -> None:
    [difference], _ = found(COLLEAGUES, NONE, past("a"))
    assert difference.fields["verdict"] == ("exclude", "accept")


def test_another_topic_is_a_difference() -> None:
    rules = load({"rules": [{"name": "x", "then": {"topic": "Media", "priority": "high"}}]})
    [difference], counts = found(NONE, rules, past("a"))
    assert difference.fields == {"topic": ("", "Media"), "priority": ("", "high")}
    assert (counts["topic: – → Media"], counts["priority: – → high"]) == (1, 1)


def test_windows_are_judged_at_the_time_when_the_mail_came() -> None:
    shown, _ = found(NONE, load(OFFICE), past("day"), past("night", MONDAY_NIGHT))
    assert [difference.mail_id for difference in shown] == ["night"]


def test_a_mail_that_cannot_be_opened_is_counted_by_its_code() -> None:
    shown, counts = found(NONE, COLLEAGUES, Past("a", "stored", MONDAY_NOON, None, "original_erased"))
    assert (shown, counts["not compared: original_erased"]) == ([], 1)


def test_mail_is_read_one_at_a_time() -> None:
    read: list[int] = []

    def endless() -> Iterator[Past]:
        for number in range(10**9):
            read.append(number)
            yield past(str(number))

    stream = differences(endless(), NONE, COLLEAGUES, Counter())
    next(stream)
    next(stream)
    assert read == [0, 1]


class Replayed:
    """Mail to be compared, instead of an archive."""

    def __init__(self, *mails: Past) -> None:
        self._mails = mails

    def count(self) -> int:
        return len(self._mails)

    def mails(self) -> Iterator[Past]:
        return iter(self._mails)


def output(*mails: Past, as_json: bool = False) -> str:
    sides = Side("version 1", NONE), Side("the file", COLLEAGUES)
    result = printed(lambda: module.report(Replayed(*mails), *sides, MONDAY_NOON, as_json))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_each_difference_is_a_line_and_the_counts_come_last() -> None:
    lines = output(past("a"), past("b", sender="x@example.org")).splitlines()
    assert lines[0] == "a  stored    verdict accept → exclude; reason – → sender_not_allowed"
    assert lines[1] == "version 1 → the file, mail since 2026-01-05 12:00 UTC: 2 mails, 1 differ"


def test_for_machines_each_difference_is_a_line_of_json() -> None:
    *shown, last = (json.loads(line) for line in output(past("a"), as_json=True).splitlines())
    assert [one["mail_id"] for one in shown] == ["a"]
    assert shown[0]["differences"]["verdict"] == {"from": "accept", "to": "exclude"}
    assert (last["summary"]["differ"], last["compared"]) == (1, "version 1 → the file")


@pytest.mark.parametrize("as_json", [False, True])
def test_no_word_of_a_mail_is_printed(as_json: bool) -> None:
    shown = output(past("a", recipients=("bob@example.com",), html="<p>Hello", labels=("Secret",)), as_json=as_json)
    assert not [word for word in ("ada", "bob", "Private", "Hello", "Secret", "example") if word in shown]


@pytest.fixture
def store() -> MemoryRuleStore:
    saved = MemoryRuleStore()
    for base, domain in enumerate(("one.example", "two.example", "three.example")):
        saved.save({"allowlist": {"domains": [domain]}}, "ann", "", base)
    return saved


@pytest.mark.parametrize(
    ("number", "changed", "names"),
    [
        (None, NONE, ("version 3", "the file")),
        (None, None, ("version 2", "version 3")),
        (1, None, ("version 1", "version 3")),
        (1, NONE, ("version 1", "the file")),
        (0, None, ("version 0", "version 3")),
    ],
)
def test_what_is_compared(
    store: MemoryRuleStore, number: int | None, changed: RuleSet | None, names: tuple[str, str]
) -> None:
    old, new = compared(store, number, changed)
    assert (old.name, new.name) == names


def test_before_the_first_rules_nothing_is_compared_with_nothing() -> None:
    old, new = compared(MemoryRuleStore(), None, None)
    assert (old.name, new.name) == ("version 0", "version 0")


def test_a_version_that_is_not_there_is_told(store: MemoryRuleStore) -> None:
    with pytest.raises(click.ClickException, match="no version 9"):
        compared(store, 9, None)


@pytest.mark.parametrize(
    ("text", "span"),
    [("30m", timedelta(minutes=30)), ("24h", timedelta(days=1)), ("7d", timedelta(days=7)), ("2w", timedelta(days=14))],
)
def test_an_age_is_read(text: str, span: timedelta) -> None:
    assert module.age(text) == span
