"""CloudWatch alarms as people read them: every alarm of the stack has words in both languages."""

from __future__ import annotations

import pytest

from chalicelib.bootstrap.functions import FUNCTIONS
from chalicelib.core.texts.catalogue import LANGUAGES
from chalicelib.operations.alarm_texts import alarm_message
from infra.cloudformation import alarms

NAMES = [alarm["Properties"]["AlarmName"] for row in FUNCTIONS for alarm in alarms.of(row).values()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_alarm_of_the_stack_is_explained_by_the_catalogue(language: str, name: str) -> None:
    text = alarm_message(name, True, "a description in English", language)
    assert "a description in English" not in text
    assert name in text.splitlines()[0]
    assert text.splitlines()[1]


def test_a_resolved_alarm_in_french() -> None:
    text = alarm_message("mailroom-classify-dlq-not-empty", False, "x", "fr")
    assert text == (
        "🟢 Résolu\xa0: mailroom-classify-dlq-not-empty\n"
        "Messages en échec à l’étape «\xa0classement\xa0»\xa0: voir docs/recovery.md"
    )


def test_an_alarm_of_somebody_else_is_explained_by_its_description() -> None:
    assert alarm_message("billing", True, "Costs\x00are high", "en") == "🔴 Problem: billing\nCosts are high"
