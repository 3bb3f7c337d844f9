"""Which classes a style sheet hides from everybody: preheaders, and the twin of a text for telephones."""

from __future__ import annotations

import re

MAX_SHEETS = 10
MAX_SHEET_CHARS = 50_000
_BRACE = re.compile(r"[{}]")
_HIDES = re.compile(r"display\s{0,9}:\s{0,9}none", re.IGNORECASE)
_CLASS = re.compile(r"[A-Za-z]{0,20}\.([\w-]{1,100})")


def hidden_classes(html: str) -> frozenset[str]:
    """The classes that a plain rule `.name { display: none }` hides; what `@media` says is for some screens only."""
    lower = html.lower()
    found: set[str] = set()
    end = 0
    for _ in range(MAX_SHEETS):
        start = lower.find("<style", end)
        end = lower.find("</style", start)
        if start < 0 or end < 0:
            break
        found |= _hidden(html[start:end][lower[start:end].find(">") + 1 :][:MAX_SHEET_CHARS])
    return frozenset(found)


def _hidden(sheet: str) -> set[str]:
    found: set[str] = set()
    depth = opened = last = 0
    selector = ""
    for brace in _BRACE.finditer(sheet):
        if brace[0] == "{":
            if not depth:
                selector, opened = sheet[last : brace.start()], brace.end()
            depth += 1
            continue
        if depth == 0:
            last = brace.end()
            continue
        depth -= 1
        if not depth:
            last = brace.end()
            if "@" not in selector and _HIDES.search(sheet[opened : brace.start()]):
                found |= {named[1] for part in selector.split(",") if (named := _CLASS.fullmatch(part.strip()))}
    return found
