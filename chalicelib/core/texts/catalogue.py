"""The one way to a text: by its key, in English or French."""

from __future__ import annotations

import re

from chalicelib.core.texts import (
    alerts,
    categories,
    codes,
    failed_messages,
    flags,
    frame,
    mails,
    notices,
    overview,
    reasons,
    rule_sentences,
    rules,
)
from chalicelib.core.texts.formats import number

LANGUAGES = ("en", "fr")
AREAS = (
    *(alerts, categories, codes, failed_messages, flags, frame),
    *(mails, notices, overview, reasons, rule_sentences, rules),
)
TEXTS: dict[str, tuple[str, str]] = {key: pair for area in AREAS for key, pair in area.TEXTS.items()}
"""Key → (English, French), as they are written in the areas."""

BEFORE_WIDE, BEFORE_NARROW, AFTER_OPENING = re.compile(r" (?=[:»])"), re.compile(r" (?=[;!?%])"), re.compile("(?<=«) ")


def text(language: str, key: str, **values: object) -> str:
    """The text of `key` with its placeholders filled in.

    Raises KeyError for an unknown key or a missing value, ValueError for an unknown language.
    """
    template = TEXTS[key][LANGUAGES.index(language)]
    return (_typeset(template) if language == "fr" else template).format(**values)


def counted(language: str, key: str, n: int, **values: object) -> str:
    """`key.one` or `key.other`, as the number asks for in that language; `{n}` is written with groups of three."""
    singular = n == 1 if language == "en" else abs(n) < 2
    return text(language, f"{key}.{'one' if singular else 'other'}", n=number(language, n), **values)


def label(language: str, family: str, code: str) -> str:
    """The words for a code of a family (`state`, `category`, …); the code itself where the catalogue has none."""
    return text(language, f"{family}.{code}") if has(family, code) else code


def has(family: str, code: str) -> bool:
    """Whether a code of that family has words."""
    return f"{family}.{code}" in TEXTS


def reason(language: str, code: str) -> str:
    """The words for why a message was excluded or failed; of `retries_exhausted:<code>` both parts."""
    head, _, detail = code.partition(":")
    words = label(language, "reason", head)
    return f"{words} ({label(language, 'reason', detail)})" if detail else words


def _typeset(template: str) -> str:
    """French punctuation stays on the line of its word: no-break spaces before `: ; ! ? %` and inside « »."""
    wide = AFTER_OPENING.sub("\N{NO-BREAK SPACE}", BEFORE_WIDE.sub("\N{NO-BREAK SPACE}", template))
    return BEFORE_NARROW.sub("\N{NARROW NO-BREAK SPACE}", wide)
