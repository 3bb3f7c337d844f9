"""The operator's conditions in words: one short message that lists the problems that began and those resolved."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.plain_text import plain
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.core.texts.catalogue import has, label, reason, text
from chalicelib.core.texts.formats import number
from chalicelib.operations.condition_changes import News
from chalicelib.operations.conditions import Condition, split

COMMANDS = {
    "dead": "mailroom dlq list --stage {place}",
    "backlog": "mailroom status",
    "stalled": "mailroom verify",
    "breaker": "mailroom status",
    "swept": "mailroom verify",
    "expiring": "mailroom dlq list --stage {place}",
    "record_gone": "mailroom dlq discard ID --reason CODE",
}
"""The command to start with, by kind of condition."""

UNCOUNTED = ("breaker", "swept:unproven")
"""Kinds and keys that are there or not: no number is named."""


def message(news: News, language: str) -> str:
    """The text, at most 4,000 UTF-16 units (`condition_changes.LINES`); empty when nothing began and nothing ended."""
    blocks = []
    if news.began:
        lines = [text(language, "alert.began"), *(_began(condition, language) for condition in news.began)]
        blocks.append("\n".join(lines))
    if news.ended:
        blocks.append("\n".join([text(language, "alert.ended"), *(f"• {_words(key, language)}" for key in news.ended)]))
    if blocks and news.waiting:
        blocks.append(text(language, "alert.waiting", n=number(language, news.waiting)))
    return "\n\n".join(blocks)


def _began(condition: Condition, language: str) -> str:
    kind, place, _ = condition.parts
    words = _words(condition.key, language)
    if kind not in UNCOUNTED and condition.key not in UNCOUNTED:
        count = f"{'≥ ' if condition.more else ''}{number(language, condition.number)}"
        words = text(language, "alert.numbered", condition=words, n=count)
    command = COMMANDS.get(kind, "").format(place=plain(place))
    return "\n".join(filter(None, [f"• {words}", _listed(condition), command and f"→ {command}"]))


def _words(key: str, language: str) -> str:
    kind, place, code = split(key)
    name = f"{kind}.{place}" if has("alert", f"{kind}.{place}") else kind
    if not has("alert", name):  # remembered by another version
        return plain(key)
    family = "stage" if place in STAGE_NAMES else "service"
    return text(language, f"alert.{name}", place=plain(label(language, family, place)), code=_reason(code, language))


def _reason(code: str, language: str) -> str:
    words, spelled = reason(language, code), plain(code)
    return spelled if words == code else f"{words} ({spelled})"


def _listed(condition: Condition) -> str:
    ids: Sequence[str] = condition.ids
    return ", ".join(ids) + (" …" if ids and condition.number > len(ids) else "")
