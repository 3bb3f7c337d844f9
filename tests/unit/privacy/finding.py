"""How these tests ask for what is found: (entity, text) pairs, with the rules alone."""

from __future__ import annotations

from chalicelib.privacy.finder import Deadline, Finder
from chalicelib.privacy.lists import shipped
from chalicelib.privacy.people import Mentions

LISTS = shipped()
FINDER = Finder(LISTS)


def found(text: str) -> list[tuple[str, str]]:
    """(entity, text) of every find, in reading order."""
    return [(s.entity, text[s.start : s.end]) for s in FINDER.find(text, Mentions((), LISTS), Deadline(30))]
