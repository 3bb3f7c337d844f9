"""What a change of the rules changes: a unified diff, and a short list by name."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MOST_LINES = 40_000
"""Of both documents together: a longer diff would cost the route its time-out, and nobody would read it."""


def pretty(document: Mapping[str, Any]) -> str:
    """The one spelling of a document, so that two of them can be compared line by line."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def unified(old: Mapping[str, Any], new: Mapping[str, Any], old_name: str, new_name: str) -> str:
    """Unified diff of the two; empty when they say the same."""
    before, after = pretty(old).splitlines(), pretty(new).splitlines()
    if before == after:
        return ""
    if len(before) + len(after) > MOST_LINES:
        return f"--- {old_name}\n+++ {new_name}\n@@ too long to be compared: {len(before)} and {len(after)} lines @@\n"
    return "\n".join(difflib.unified_diff(before, after, old_name, new_name, lineterm="")) + "\n"


def summary(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What was added, removed, changed or moved, one line each; lists of addresses are only counted."""
    parts = sorted(old.keys() | new.keys())
    return [
        line for part in parts for line in _part(part, old.get(part), new.get(part)) if old.get(part) != new.get(part)
    ]


def _part(part: str, old: Any, new: Any) -> Iterator[str]:
    before, after = _named(old), _named(new)
    if before is None or after is None:
        yield f"{part}: {_counted(old, new)}"
        return
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            yield f"{part}: {name} removed"
        elif name not in before:
            yield f"{part}: {name} added"
        elif before[name] != after[name]:
            yield f"{part}: {name} {_counted(before[name], after[name])}"
    kept = [name for name in before if name in after]
    if isinstance(new, Sequence) and kept != [name for name in after if name in before]:
        yield f"{part}: another order"


def _counted(old: Any, new: Any) -> str:
    """How many values of a list came and went; of anything else, that it changed."""
    before, after = (value if isinstance(value, list) else None for value in (old or [], new or []))
    if before is None or after is None:
        return "changed"
    gone, come = _texts(before) - _texts(after), _texts(after) - _texts(before)
    told = [f"{len(come)} added"] * bool(come) + [f"{len(gone)} removed"] * bool(gone)
    return ", ".join(told) or "another order"


def _named(value: Any) -> dict[str, Any] | None:
    """Name → value of an object, or of a list of objects that have names; None of anything else."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list) and all(isinstance(one, Mapping) and isinstance(one.get("name"), str) for one in value):
        return {one["name"]: one for one in value}
    return None


def _texts(values: Sequence[Any]) -> set[str]:
    return {json.dumps(value, sort_keys=True) for value in values}
