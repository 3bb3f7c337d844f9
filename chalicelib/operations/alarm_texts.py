"""A CloudWatch alarm as the message that a person reads."""

from __future__ import annotations

import re

from chalicelib.core.plain_text import plain
from chalicelib.core.stages import SERVICE
from chalicelib.core.texts.catalogue import label, text

KINDS = (
    (re.compile(f"{SERVICE}-([a-z]+)-dlq-not-empty"), "alarm.dlq_not_empty"),
    (re.compile(f"{SERVICE}-([a-z]+)-backlog"), "alarm.backlog"),
    (re.compile(f"{SERVICE}-([a-z]+)-oldest"), "alarm.oldest"),
    (re.compile(f"{SERVICE}-(offload)-timeouts"), "alarm.offload_timeouts"),
    (re.compile(f"{SERVICE}-(notify)-stuck"), "alarm.notify_stuck"),
    (re.compile(f"{SERVICE}-([a-z]+)-recursion"), "alarm.recursion"),
    (re.compile(f"{SERVICE}-([a-z]+)-errors"), "alarm.errors"),
    (re.compile(f"{SERVICE}-(gmail)-silence"), "alarm.silence"),
    (re.compile(f"{SERVICE}-(account)-trouble"), "alarm.account_trouble"),
)
"""Names of the stack's own alarms, and their texts."""


def alarm_message(name: str, raised: bool, description: str, language: str) -> str:
    """Two lines: the state with the alarm's name, and what it means.

    An alarm that the catalogue does not know is explained by its own `description`.
    """
    head = text(language, "alarm.raised" if raised else "alarm.resolved", name=name)
    return f"{head}\n{_meaning(name, language) or plain(description)}".strip()


def _meaning(name: str, language: str) -> str:
    for pattern, key in KINDS:
        if match := pattern.fullmatch(name):
            return text(
                language, key, stage=label(language, "stage", match[1]), endpoint=label(language, "source", match[1])
            )
    return ""
