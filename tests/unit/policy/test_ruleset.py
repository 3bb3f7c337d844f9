"""A compiled rule set: what it decides about a mail, and how it explains itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.policy.decision import OUTSIDE_WINDOW, SENDER_NOT_ALLOWED, STOPPED, Decision, Facts, PolicyAction
from chalicelib.policy.document import Limits, Rate
from chalicelib.policy.ruleset import RuleSet, load
from infra.bench.rules import MAIL, document
from infra.cloudformation.template import ROOT

WEDNESDAY_NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SATURDAY_NOON = datetime(2026, 3, 7, 12, 0, tzinfo=UTC)
OFFICE = {
    "office": {"zone": "Europe/Paris", "days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:30", "to": "18:00"},
    "tuesday": {"zone": "Europe/Paris", "days": ["tue"], "from": "08:30", "to": "18:00"},
}
HOOKS = {name: {"url": f"https://{name}.example/hook"} for name in ("one", "two")}
EXAMPLE = load(json.loads((ROOT / "docs" / "rules.example.json").read_text()), 3)


def mail(**known: Any) -> Facts:
    return Facts(**{"account": "personal", "sender": "ann@partner.example", **known})


def decided(*rules: dict[str, Any], at: datetime = WEDNESDAY_NOON, stops: bool = True, **more: Any) -> Decision:
    document = {"rules": list(rules), "time_windows": OFFICE, "destinations": HOOKS}
    return load(document).decide(mail(**more), at, stops=stops)


def rule(name: str = "rule", when: Any = None, outside: str = "", **then: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name}
    if when:
        made["when"] = when
    if then:
        made["then"] = then
    if outside:
        made["time_window"] = {"open": ["office"], "outside": outside}
    return made


# --- no rules, the allowlist -------------------------------------------------------------------------------------


def test_without_rules_every_mail_is_accepted() -> None:
    assert load({}).decide(mail(), WEDNESDAY_NOON).verdict is PolicyAction.ACCEPT


def test_the_routing_has_the_version() -> None:
    assert load({}, 7).decide(mail(), WEDNESDAY_NOON).routing.version == 7


@pytest.mark.parametrize(
    ("sender", "verdict"),
    [
        ("ann@partner.example", "accept"),
        ("bob@partner.example", "exclude"),
        ("x@media.example", "accept"),
        ("x@deep.sub.media.example", "exclude"),
        ("x@wide.example", "exclude"),
        ("x@deep.sub.wide.example", "accept"),
        ("x@notmedia.example", "exclude"),
        ("x@xn--bcher-kva.example", "accept"),
        ("", "exclude"),
    ],
)
def test_an_allowlist_lets_only_its_addresses_and_domains_in(sender: str, verdict: str) -> None:
    domains = ["Media.Example", "*.wide.example", "Bücher.example"]
    rules = load({"allowlist": {"addresses": ["Ann@Partner.example"], "domains": domains}})
    assert rules.decide(mail(sender=sender), WEDNESDAY_NOON).verdict == verdict


def test_a_sender_off_the_allowlist_is_named_as_the_reason() -> None:
    answer = load({"allowlist": {"domains": ["media.example"]}}).decide(mail(), WEDNESDAY_NOON)
    assert (answer.reason, answer.rule) == (SENDER_NOT_ALLOWED, "")


def test_an_empty_allowlist_lets_everyone_in() -> None:
    empty = load({"allowlist": {"addresses": [], "domains": []}})
    assert empty.decide(mail(), WEDNESDAY_NOON).verdict is PolicyAction.ACCEPT


# --- conditions --------------------------------------------------------------------------------------------------

HOLDS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"sender": {"is": ["ANN@Partner.Example"]}}, {}, {"sender": "bob@partner.example"}),
    ({"sender": {"domain": ["partner.example"]}}, {}, {"sender": "ann@other.example"}),
    ({"sender": {"matches": "^a.*@partner"}}, {}, {"sender": "bob@partner.example"}),
    ({"sender_name": {"words": ["support"]}}, {"sender_name": "The SUPPORT team"}, {"sender_name": "Supporters"}),
    ({"recipient": {"is": ["me@home.example"]}}, {"recipients": ("x@y.example", "me@home.example")}, {}),
    ({"recipient": {"domain": ["*.home.example"]}}, {"recipients": ("me@a.home.example",)}, {}),
    ({"recipient": {"matches": "^me@"}}, {"recipients": ("x@y.example", "me@z.example")}, {"recipients": ("some@z",)}),
    ({"subject": {"words": ["été"]}}, {"subject": "L'ETE, enfin"}, {"subject": "répété"}),
    (
        {"subject": {"words": ["files are ready"]}},
        {"subject": "Files, are: READY!"},
        {"subject": "files are not ready"},
    ),
    ({"body": {"words": ["livr*"]}}, {"body": "votre livraison"}, {"body": "délivrance"}),
    ({"body": {"contains": ["n° 12"]}}, {"body": "Facture N° 12"}, {"body": "facture 12"}),
    ({"body": {"matches": r"\blivré\b"}}, {"body": "LIVRÉ."}, {"body": "livrée"}),
    ({"body": {"matches": r"N° É\d"}}, {"body": "n° e7"}, {"body": "n° 7"}),
    ({"label": {"is": ["Inbox"]}}, {"labels": ("INBOX",)}, {"labels": ("SENT",)}),
    ({"account": {"is": ["personal"]}}, {}, {"account": "work"}),
    ({"attachment": {"present": True}}, {"attachments": ("a.pdf",)}, {}),
    ({"attachment": {"present": False}}, {}, {"attachments": ("a.pdf",)}),
    ({"attachment": {"extension": [".PDF"]}}, {"attachments": ("x", "a.Pdf")}, {"attachments": ("pdf",)}),
    ({"attachment": {"matches": "^scan"}}, {"attachments": ("x", "Scan1")}, {"attachments": ("my scan",)}),
    ({"link": {"present": True}}, {"body": "https://www.dropbox.com/s/abcd1"}, {"body": "https://www.dropbox.com/"}),
    (
        {"link": {"provider": ["swisstransfer"]}},
        {"html": '<a href="https://www.swisstransfer.com/d/abcd-1">x</a>'},
        {"body": "https://www.dropbox.com/s/abcd1"},
    ),
    ({"not": {"subject": {"words": ["spam"]}}}, {"subject": "ham"}, {"subject": "spam"}),
    (
        {"all": [{"subject": {"words": ["a"]}}, {"body": {"words": ["b"]}}]},
        {"subject": "a", "body": "b"},
        {"body": "b"},
    ),
    ({"any": [{"subject": {"words": ["a"]}}, {"body": {"words": ["b"]}}]}, {"body": "b"}, {"subject": "b"}),
]


@pytest.mark.parametrize(("when", "yes", "no"), HOLDS, ids=lambda value: json.dumps(value)[:50])
def test_a_condition_holds_for_what_it_names_and_for_nothing_else(
    when: dict[str, Any], yes: dict[str, Any], no: dict[str, Any]
) -> None:
    rules = load({"rules": [rule(when=when, topic="t")]})
    answers = [rules.decide(mail(**fields), WEDNESDAY_NOON).matches[0].matched for fields in (yes, no)]
    assert answers == [True, False]


def test_a_pattern_asks_for_all_of_its_words_where_it_needs_all() -> None:
    patterns = {"p": {"words": ["red", "blue"], "expressions": ["gr[ae]y"], "need": "all"}}
    rules = load({"patterns": patterns, "rules": [rule(when={"pattern": {"is": "p"}}, topic="t")]})
    bodies = ("red blue grey", "red grey", "red blue")
    answers = [rules.decide(mail(body=body), WEDNESDAY_NOON).matches[0].matched for body in bodies]
    assert answers == [True, False, False]


def test_a_pattern_of_the_subject_is_not_found_in_the_body() -> None:
    patterns = {"p": {"words": ["red"], "in": ["subject"]}}
    rules = load({"patterns": patterns, "rules": [rule(when={"pattern": {"is": "p"}}, topic="t")]})
    assert not rules.decide(mail(body="red"), WEDNESDAY_NOON).matches[0].matched


# --- merging -----------------------------------------------------------------------------------------------------


def test_the_first_value_wins() -> None:
    answer = decided(rule("a", topic="first"), rule("b", topic="second", priority="low"), rule("c", priority="high"))
    assert (answer.routing.topic, answer.routing.priority) == ("first", "low")


def test_webhooks_of_all_matching_rules_are_collected_once_each() -> None:
    answer = decided(rule("a", webhooks=["two"]), rule("b", webhooks=["one", "two"]), rule("c", offload=True))
    assert (answer.routing.webhooks, answer.routing.offload) == (("two", "one"), True)


def test_only_rules_that_match_are_named() -> None:
    answer = decided(rule("a", topic="x"), rule("b", {"subject": {"words": ["nothing"]}}, topic="y"))
    assert answer.routing.rules == ("a",)


def test_a_disabled_rule_is_not_looked_at() -> None:
    assert decided({**rule(stop_processing=True), "enabled": False}).matches == ()


def test_a_stopping_rule_excludes_the_mail_and_ends_the_evaluation() -> None:
    answer = decided(rule("stop", stop_processing=True), rule("later", topic="x"))
    assert (answer.verdict, answer.reason, answer.rule, len(answer.matches)) == (
        PolicyAction.EXCLUDE,
        STOPPED,
        "stop",
        1,
    )


def test_every_rule_that_was_looked_at_explains_itself() -> None:
    answer = decided(rule("a", {"subject": {"words": ["secret"]}}, topic="x"), rule("b", topic="y"), subject="other")
    assert [match.why for match in answer.matches] == ["subject has no listed word", "concerns every mail"]


# --- windows -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outside", ["hold", "skip", "refuse"])
def test_inside_its_window_a_rule_just_applies(outside: str) -> None:
    answer = decided(rule(outside=outside, topic="x"))
    assert (answer.verdict, answer.routing.topic) == (PolicyAction.ACCEPT, "x")


def test_outside_its_window_a_rule_may_hold_the_mail_until_it_opens() -> None:
    answer = decided(rule("held", outside="hold", topic="x"), at=SATURDAY_NOON)
    assert (answer.verdict, answer.routing.hold_until, answer.rule) == (
        PolicyAction.HOLD,
        "2026-03-09T07:30:00+00:00",
        "held",
    )


@pytest.mark.parametrize("order", [("office", "tuesday"), ("tuesday", "office")])
def test_of_two_windows_that_hold_the_later_opening_counts(order: tuple[str, str]) -> None:
    held = [{"name": name, "time_window": {"open": [name], "outside": "hold"}} for name in order]
    answer = decided(*held, at=SATURDAY_NOON)
    assert (answer.routing.hold_until, answer.rule) == ("2026-03-10T07:30:00+00:00", "tuesday")


def test_outside_its_window_a_rule_may_keep_the_mail_out() -> None:
    answer = decided(rule("kept out", outside="skip"), at=SATURDAY_NOON)
    assert (answer.verdict, answer.reason, answer.rule) == (PolicyAction.EXCLUDE, OUTSIDE_WINDOW, "kept out")


def test_outside_its_window_a_rule_may_refuse_and_say_when_it_opens() -> None:
    answer = decided(rule(outside="refuse"), at=SATURDAY_NOON)
    assert (answer.verdict, answer.reason, answer.retry_at) == (
        PolicyAction.REFUSE,
        OUTSIDE_WINDOW,
        "2026-03-09T07:30:00+00:00",
    )


@pytest.mark.parametrize("later", [{"stop_processing": True}, {"outside": "skip"}, {"outside": "hold"}])
def test_a_refusal_stands_whatever_later_rules_say(later: dict[str, Any]) -> None:
    answer = decided(rule("a", outside="refuse"), rule("b", **later), at=SATURDAY_NOON)
    assert (answer.verdict, answer.rule, answer.routing.hold_until) == (PolicyAction.REFUSE, "a", "")


def test_a_refused_mail_has_its_routing_for_the_stage_that_cannot_refuse() -> None:
    answer = decided(rule("a", outside="refuse", topic="x"), rule("b", webhooks=["one"]), at=SATURDAY_NOON)
    assert (answer.routing.topic, answer.routing.webhooks) == ("x", ("one",))


def test_a_mail_that_is_kept_out_is_not_held() -> None:
    answer = decided(rule("a", outside="hold"), rule("b", stop_processing=True), at=SATURDAY_NOON)
    assert (answer.verdict, answer.routing.hold_until) == (PolicyAction.EXCLUDE, "")


@pytest.mark.parametrize(
    "made", [rule(outside="hold", topic="x"), rule(outside="skip", topic="x"), rule(stop_processing=True, topic="x")]
)
def test_an_accepted_mail_is_only_routed(made: dict[str, Any]) -> None:
    answer = decided(made, at=SATURDAY_NOON, stops=False)
    assert (answer.verdict, answer.routing.topic, answer.routing.hold_until) == (PolicyAction.ACCEPT, "x", "")


def test_an_accepted_mail_is_not_put_to_the_allowlist_again() -> None:
    rules = load({"allowlist": {"domains": ["media.example"]}})
    assert rules.decide(mail(), WEDNESDAY_NOON, stops=False).verdict is PolicyAction.ACCEPT


# --- what else a set says ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "empty"),
    [
        ({}, True),
        ({"rules": [rule(topic="x")]}, True),
        ({"rules": [rule(stop_processing=True)]}, False),
        ({"rules": [{**rule(stop_processing=True), "enabled": False}]}, True),
        ({"allowlist": {"domains": ["media.example"]}}, False),
        ({"rules": [rule(outside="hold")], "time_windows": OFFICE}, False),
    ],
)
def test_a_set_is_empty_when_it_can_keep_nothing_out(document: dict[str, Any], empty: bool) -> None:
    assert load(document).empty is empty


def test_limits_are_returned() -> None:
    limits = load({"rate_limits": {"sender": {"per_minute": 6, "burst": 3}}}).limits
    assert limits == Limits(sender=Rate(6.0, 3), total=None)


def test_destinations_are_returned() -> None:
    hook = load({"destinations": {"a": {"url": "https://a.example/x", "clear_fields": ["subject"], "key": "k"}}})
    assert hook.destinations["a"].clear_fields == ("subject",)


# --- the example document ----------------------------------------------------------------------------------------

SHARE = "https://www.dropbox.com/scl/fo/abcdef1"


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"subject": "Livraison", "body": f"Vos fichiers : {SHARE}"}, ("Media Solution",)),
        ({"subject": "Livraison", "body": "Vos fichiers arrivent"}, ()),
        ({"subject": "Bonjour", "body": f"Photos : {SHARE}"}, ()),
        ({"subject": "Désabonnement"}, ("DESABO",)),
        ({"subject": "DESABONNEMENT URGENT"}, ("urgent DESABO", "DESABO")),
    ],
)
def test_the_shipped_patterns_find_their_mail(fields: dict[str, Any], rules: tuple[str, ...]) -> None:
    assert EXAMPLE.decide(mail(**fields), WEDNESDAY_NOON).routing.rules == rules


@pytest.mark.parametrize(("subject", "verdict"), [("désabonnement urgent", "refuse"), ("désabonnement", "accept")])
def test_only_urgent_unsubscriptions_respect_the_window(subject: str, verdict: str) -> None:
    assert EXAMPLE.decide(mail(subject=subject), SATURDAY_NOON).verdict == verdict


# --- hostile mail ------------------------------------------------------------------------------------------------


def test_a_catastrophic_expression_does_not_hang() -> None:
    answer = decided(rule(when={"body": {"matches": "^(a+)+$"}}, topic="x"), body="a" * 200_000 + "!")
    assert not answer.matches[0].matched


def test_expressions_that_take_too_long_together_do_not_match_not_even_by_a_negation() -> None:
    expression = {"subject": {"matches": "x"}}
    rules = load({"rules": [rule("a", expression, topic="x"), rule("b", {"not": expression}, topic="y")]})
    answer = replace(rules, budget=-1.0).decide(mail(), WEDNESDAY_NOON)
    assert [(match.matched, match.why) for match in answer.matches][1] == (False, "expression took too long")


def test_the_end_of_what_is_read_is_not_the_end_of_the_text() -> None:
    bodies = ("word " * 2, "word " * 100_000, "é " * 15_990 + "word ")
    rules = load({"rules": [rule(when={"body": {"matches": "word $"}}, topic="x")]})
    assert [rules.decide(mail(body=body), WEDNESDAY_NOON).matches[0].matched for body in bodies] == [True, False, True]


def test_a_thousand_rules_are_all_looked_at() -> None:
    assert len(load(document(1_000)).decide(MAIL, WEDNESDAY_NOON).matches) == 1_000


def test_an_enormous_mail_is_read_to_a_bound() -> None:
    body = "mot " * 2_000_000 + " stop"
    assert not decided(
        rule(when={"body": {"words": ["stop"]}}, topic="x"), body=body, html="<" * 2_000_000
    ).routing.rules


def test_no_word_of_the_mail_is_in_the_explanation() -> None:
    facts = mail(**dict.fromkeys(("sender_name", "subject", "body"), "quetzal"), attachments=("quetzal.pdf",))
    answers = [load({"rules": [rule(when=when, topic="x")]}).decide(facts, WEDNESDAY_NOON) for when, _, _ in HOLDS]
    assert "quetzal" not in repr([answer.matches for answer in answers])


TEXTS = st.text(max_size=200) | st.sampled_from(["désabo urgent", f"delivery {SHARE}", "a@b", "\ud800", "\x00"])


def everything() -> RuleSet:
    rules = [rule(f"r{index}", when, topic="t") for index, (when, _, _) in enumerate(HOLDS)]
    return load({**json.loads((ROOT / "docs" / "rules.example.json").read_text()), "allowlist": {}, "rules": rules})


EVERYTHING = everything()


@settings(deadline=None)
@given(
    st.builds(
        Facts,
        account=TEXTS,
        sender=TEXTS,
        sender_name=TEXTS,
        recipients=st.lists(TEXTS, max_size=5).map(tuple),
        subject=TEXTS,
        body=TEXTS,
        html=TEXTS,
        labels=st.lists(TEXTS, max_size=5).map(tuple),
        attachments=st.lists(TEXTS, max_size=5).map(tuple),
    ),
    st.datetimes(datetime(1990, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.booleans(),
)
def test_deciding_never_fails(facts: Facts, now: datetime, stops: bool) -> None:
    for rules in (EXAMPLE, EVERYTHING):
        rules.decide(facts, now, stops=stops)
