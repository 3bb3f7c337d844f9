"""The factored French expression matches the words that spaCy's own matches."""

from __future__ import annotations

import random
import re
from pathlib import Path

import spacy.lang.fr.tokenizer_exceptions as original

from chalicelib.privacy.lists import shipped
from infra.layer import french


def _words() -> list[str]:
    source = random.Random(3)
    known = sorted(shipped().words | shipped().last)
    joints = ("-", "'", "’", "-en-", "-de-", "-la-", "-sur-", "--", "-l'")
    made = [source.choice(known) + source.choice(joints) + source.choice(known) for _ in range(4000)]
    for expression in original._regular_exp:
        plain = re.sub(r"\[[^\]]*\][+*?]?", "-", expression.strip("^$"))
        made += [
            plain,
            plain + "er",
            plain.rstrip("-") + "ant",
            plain.title(),
            re.sub(r"[()?\[\]]", "", plain) + "ville",
        ]
    return made


def test_it_matches_what_spacy_s_expression_matches() -> None:
    source = Path(str(original.__file__)).read_text("utf-8")
    factored = re.compile(french._expression(source)).match
    words = _words()
    assert [bool(factored(word)) for word in words] == [bool(original.TOKEN_MATCH(word)) for word in words]


def test_it_is_a_fraction_of_the_size() -> None:
    source = Path(str(original.__file__)).read_text("utf-8")
    assert len(french._expression(source)) * 20 < len("".join(original._regular_exp))
