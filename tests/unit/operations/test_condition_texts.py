"""The operator's conditions in words, in both languages."""

from __future__ import annotations

import pytest

from chalicelib.core.texts.catalogue import LANGUAGES
from chalicelib.operations.condition_changes import LINES, News
from chalicelib.operations.condition_texts import message
from chalicelib.operations.conditions import Condition

WORST = [
    f"dead:anonymize:{'W' * 64}",
    f"swept:failed:{'W' * 64}",
    "dead:anonymize:offload_not_configured",
    "expiring:anonymize",
    "record_gone",
    "swept:orphaned",
]
ALL = ("dead:store:x", "backlog:store", "stalled", "breaker:llm", "expiring:store", "record_gone")
ALL += ("swept:missing", "swept:orphaned", "swept:failed:x", "swept:unproven")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", WORST)
def test_the_longest_message_fits_into_one_of_telegram(language: str, key: str) -> None:
    worst = tuple(Condition(key, 10**6, ("f" * 64,) * 3, True) for _ in range(LINES))
    text = message(News(worst, (key,) * LINES, {}, 400), language)
    assert len(text.encode("utf-16-le")) // 2 <= 4_000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ALL)
def test_every_condition_has_words(language: str, key: str) -> None:
    text = message(News((Condition(key, 7, ("m1",)),), (key,), {}), language)
    assert "{" not in text
    assert key not in text.splitlines()[1]


def test_a_message_names_the_cause_the_number_some_mails_and_the_next_command() -> None:
    news = News((Condition("dead:store:spool_missing", 1_200, ("m1", "m2", "m3"), True),), ("breaker:llm",), {}, 2)
    assert message(news, "en").splitlines() == [
        "🔴 Problem",
        "• Failed messages at stage store, sealed mail missing from the spool (spool_missing): ≥ 1,200",
        "m1, m2, m3 …",
        "→ mailroom dlq list --stage store",
        "",
        "🟢 Resolved",
        "• Language model is failing; calls are paused",
        "",
        "… and 2 more in the next message",
    ]


def test_the_same_message_in_french() -> None:
    news = News((Condition("dead:store:spool_missing", 1_200, ("m1", "m2", "m3"), True),), ("breaker:llm",), {}, 2)
    assert message(news, "fr").splitlines() == [
        "🔴 Problème",
        "• Messages en échec à l’étape «\xa0enregistrement\xa0», courriel scellé introuvable (spool_missing)"
        "\xa0: ≥ 1\u202f200",
        "m1, m2, m3 …",
        "→ mailroom dlq list --stage store",
        "",
        "🟢 Résolu",
        "• Modèle de langue\xa0: service en échec, appels suspendus",
        "",
        "… et 2 de plus dans le prochain message",
    ]


@pytest.mark.parametrize("key", ["breaker:llm", "swept:unproven"])
def test_a_condition_that_is_not_counted_has_no_number(key: str) -> None:
    assert ": 1" not in message(News((Condition(key),), (), {}), "en")


def test_a_resolved_condition_has_no_number() -> None:
    assert message(News((), ("stalled",), {}), "en") == "🟢 Resolved\n• Messages in progress for more than an hour"


def test_a_condition_that_another_version_remembered_ends_by_its_key() -> None:
    assert message(News((), ("other:thing",), {}), "en") == "🟢 Resolved\n• other:thing"
