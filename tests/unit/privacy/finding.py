"""How these tests ask for what is found: (entity, text) pairs, with the rules alone."""

from __future__ import annotations

from functools import lru_cache

from chalicelib.privacy.engine import PresidioAnonymizer
from chalicelib.privacy.finder import Deadline, Finder
from chalicelib.privacy.lists import shipped
from chalicelib.privacy.people import Mentions

LISTS = shipped()
FINDER = Finder(LISTS)
engine = lru_cache(maxsize=1)(PresidioAnonymizer)
"""The real engine, built once for all tests: its models take seconds to load."""


def found(text: str) -> list[tuple[str, str]]:
    """(entity, text) of every find, in reading order."""
    return [(s.entity, text[s.start : s.end]) for s in FINDER.find(text, Mentions((), LISTS), Deadline(30))]
