"""No regular expression of our code runs away, whatever the text: each is tried on what would make it."""

from __future__ import annotations

import re
import time

from tests.security.expressions import expressions, hostile, run

LENGTH = 8_000
SECONDS = 0.15
"""Of processor for `LENGTH` characters: a linear expression takes a hundredth of it, a quadratic one twice as much."""

SHORTER = {
    "chalicelib.classification.llm_prompt.LURE[0]": (400, "reads the model's reason, REASON_CHARACTERS at most"),
    "chalicelib.web.dashboard.sign_in.AUTHOR[0]": (100, "its length is checked before: AUTHOR_CHARS"),
    "chalicelib.mail.html._ANY_TAG[0]": (
        2_000,
        "`calm` cuts what follows the last >, so each < finds one; test_parse_bounds",
    ),
    "chalicelib.privacy.trim._SAID[0]": (4_000, "reads one found span"),
    r"chalicelib/privacy/people.py:'\\s*[(\\[|/]|\\s+[-–]\\s+|\\svia\\s'": (
        500,
        "reads a display name: MAX_NAME_CHARS",
    ),
}
"""Expressions that are only asked about less, how much that is, and who sees to it."""


def seconds(pattern: re.Pattern[str], methods: set[str], length: int) -> float:
    """The processor's time for the worst of its strings."""
    worst = 0.0
    for text in hostile(pattern, length):
        started = time.process_time()
        run(pattern, methods, text)
        worst = max(worst, time.process_time() - started)
    return worst


def test_no_expression_runs_away() -> None:
    slow = {}
    for place, (pattern, methods) in expressions().items():
        length = SHORTER.get(place, (LENGTH, ""))[0]
        if (taken := seconds(pattern, methods, length)) > SECONDS:
            slow[place] = f"{taken:.2f} s for {length} characters"
    assert slow == {}


def test_every_exception_is_an_expression_that_is_there() -> None:
    assert SHORTER.keys() - expressions().keys() == set()


def test_the_expressions_are_found() -> None:
    assert len(expressions()) > 200


def test_a_runaway_expression_would_be_seen() -> None:
    assert seconds(re.compile(r"(?:a|aa)+$"), {"fullmatch"}, 30) > 0.01
    assert seconds(re.compile(r"\s*x"), {"sub"}, 3 * LENGTH) > SECONDS
