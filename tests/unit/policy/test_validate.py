"""What is wrong with a rule document: every error, with its path and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.policy.document import InvalidRules
from chalicelib.policy.ruleset import load
from tests.unit.policy.test_shape import broken, change

WORDS = {"subject": {"words": ["x"]}}


def errors(document: Any) -> dict[str, str]:
    try:
        load(document)
    except InvalidRules as invalid:
        return dict(invalid.errors)
    return {}


def rule(when: Any = WORDS, **more: Any) -> Mapping[str, Any]:
    return {"rules": [{"name": "a", "when": when, "then": {"topic": "t"}, **more}]}


def window(**more: Any) -> Mapping[str, Any]:
    return {"time_windows": {"w": {"zone": "Europe/Paris", "from": "08:00", "to": "18:00", **more}}}


def destination(url: str) -> Mapping[str, Any]:
    return {"destinations": {"d": {"url": url}}}


WRONG: list[tuple[Any, str, str]] = [
    ({"rule": []}, "rule", "use one of"),
    ({"rules": {}}, "rules", "must be a list"),
    (rule({"all": [WORDS, {"subject": {"matches": "(a"}}]}), "rules[0].when.all[1].subject.matches", "missing )"),
    (rule({"body": {"matches": "(?<=a)b"}}), "rules[0].when.body.matches", "without look-around"),
    (rule({"body": {"matches": r"(a)\1"}}), "rules[0].when.body.matches", "back-references"),
    (rule({"body": {"matches": "a{1001}"}}), "rules[0].when.body.matches", "not a regular expression"),
    (rule({"body": {"matches": "(.{1,500}){1,2}"}}), "rules[0].when.body.matches", "too large"),
    (rule({"body": {"matches": "a" * 1001}}), "rules[0].when.body.matches", "1000 at most"),
    (rule({"body": {"matches": ""}}), "rules[0].when.body.matches", "is empty"),
    (rule({"body": {"words": ["a*"]}}), "rules[0].when.body.words[0]", "write words"),
    (rule({"body": {"words": ["!"]}}), "rules[0].when.body.words[0]", "write words"),
    (rule({"body": {"contains": [" "]}}), "rules[0].when.body.contains[0]", "is blank"),
    (rule({"body": {}}), "rules[0].when.body", "exactly one of words, contains, matches"),
    (rule({"body": {"words": ["x"], "contains": ["y"]}}), "rules[0].when.body", "exactly one of"),
    (rule({}), "rules[0].when", "exactly one of all, any, not"),
    (rule({"any": []}), "rules[0].when.any", "at least 1"),
    (rule({"sender": {"is": ["Ann <ann@example.com>"]}}), "rules[0].when.sender.is[0]", "must be an address"),
    (rule({"sender": {"is": ["ann"]}}), "rules[0].when.sender.is[0]", "must be an address"),
    (rule({"sender": {"domain": ["ex ample.com"]}}), "rules[0].when.sender.domain[0]", "must be a domain"),
    (rule({"sender": {"domain": ["*"]}}), "rules[0].when.sender.domain[0]", "must be a domain"),
    (rule({"pattern": {"is": "none"}}), "rules[0].when.pattern.is", "add it to patterns"),
    (rule({"link": {"provider": ["none"]}}), "rules[0].when.link.provider[0]", "add it to providers"),
    (rule(then={"webhooks": ["none"]}), "rules[0].then.webhooks[0]", "add it to destinations"),
    (rule(then={"category": "Big News"}), "rules[0].then.category", "2 to 32 letters"),
    (rule(then={"priority": "urgent"}), "rules[0].then.priority", "low, normal, high"),
    (rule(time_window={"open": ["w"], "outside": "skip"}), "rules[0].time_window.open[0]", "add it to time_windows"),
    (rule(name="a\n"), "rules[0].name", "1 to 64 letters"),
    ({"rules": [{"name": "a"}]}, "rules[0]", "does nothing"),
    ({"rules": [{"then": {"topic": "t"}}]}, "rules[0].name", "is missing"),
    ({"rules": [{"name": "a", "then": {"topic": "t"}}] * 2}, "rules[1].name", "earlier rule"),
    ({"rules": [{"name": f"a{n}", "then": {"topic": "t"}} for n in range(1001)]}, "rules", "1000 at most"),
    (
        {**window(), **rule(then={"stop_processing": True}, time_window={"open": ["w"], "outside": "hold"})},
        "rules[0].time_window.outside",
        "use skip or refuse",
    ),
    (window(zone="Mars/Olympus"), "time_windows.w.zone", "Europe/Paris"),
    (window(zone="../etc"), "time_windows.w.zone", "Europe/Paris"),
    (window(to="08:00"), "time_windows.w.to", "00:00 to 24:00"),
    (window(to="24:30"), "time_windows.w.to", "time of day"),
    (window(days=["monday"]), "time_windows.w.days[0]", "mon, tue"),
    (window(days=["mon", "mon"]), "time_windows.w.days", "twice"),
    ({"time_windows": {"a/b": {}}}, 'time_windows["a/b"]', "the name must be"),
    ({"patterns": {"My p": {"urgent": ["now"]}}}, 'patterns["My p"]', "nothing to look for"),
    (
        {**rule({"pattern": {"is": "p", "urgent": True}}), "patterns": {"p": {"words": ["x"]}}},
        "rules[0].when.pattern.urgent",
        "urgent words",
    ),
    (destination("http://a.example/x"), "destinations.d.url", "https://"),
    (destination("https://user:pw@a.example/x"), "destinations.d.url", "without user"),
    (destination("https://a.example:0/x"), "destinations.d.url", "https://host"),
    (destination("https://[/x"), "destinations.d.url", "https://host"),
    ({"allowlist": {"addresses": ["@example.com"]}}, "allowlist.addresses[0]", "must be an address"),
    ({"allowlist": ["example.com"]}, "allowlist", "must be an object"),
    ({"rate_limits": {"sender": {"per_minute": 0, "burst": 1}}}, "rate_limits.sender.per_minute", "from 0.1"),
    ({"rate_limits": {"global": {"per_minute": 1, "burst": 1.5}}}, "rate_limits.global.burst", "whole number"),
    ({"rate_limits": {"global": {"per_minute": True, "burst": 1}}}, "rate_limits.global.per_minute", "a number"),
]


@pytest.mark.parametrize(("document", "path", "advice"), WRONG, ids=[f"{path}: {advice}" for _, path, advice in WRONG])
def test_an_error_has_its_path_and_what_to_do(document: Any, path: str, advice: str) -> None:
    assert advice in errors(document).get(path, f"no error there, but {errors(document)}")


@pytest.mark.parametrize("document", [None, [], "rules", 1])
def test_what_is_no_object_is_an_error_of_the_document(document: Any) -> None:
    assert errors(document) == {"": "must be an object {…}: see docs/rules.md"}


def test_all_errors_are_reported_at_once() -> None:
    document = {**window(zone="x"), **rule({"body": {"matches": "("}}), **destination("https://a@b.example")}
    assert len(errors(document)) == 3


def test_at_most_a_hundred_errors_are_reported() -> None:
    assert len(errors({"rules": [{"name": f"a{n}"} for n in range(1000)]})) == 100


def test_too_many_expressions_are_an_error() -> None:
    expressions = [{"words": ["x"], "expressions": [f"x{n}y{m}" for m in range(50)]} for n in range(21)]
    found = errors({"patterns": {f"p{n}": pattern for n, pattern in enumerate(expressions)}})
    assert "1000 expressions" in found["patterns.p20.expressions[0]"]


def test_no_value_of_the_document_is_in_a_message() -> None:
    reported = [
        errors(document) for document in ({"allowlist": {"addresses": ["quetzal"]}}, destination("http://quetzal"))
    ]
    assert "quetzal" not in repr(reported)


def test_bottomless_conditions_are_an_error() -> None:
    when: Any = WORDS
    for _ in range(900):
        when = {"not": when}
    assert "cannot be nested deeper" in errors(rule(when))["rules[0].when.not.not.not.not.not"]


def test_fields_without_a_meaning_may_be_left_out() -> None:
    assert errors({"rules": [], "allowlist": {}, "rate_limits": {}, "patterns": {}, "providers": {}}) == {}


@settings(deadline=None, max_examples=150)
@given(st.lists(change, min_size=1, max_size=4).map(broken))
def test_a_broken_document_is_either_loaded_or_explained(document: Any) -> None:
    assert all(message for message in errors(document).values())
