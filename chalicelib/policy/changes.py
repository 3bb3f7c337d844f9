"""Describes a change of the rules: a unified diff, and a short list by name."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalicelib.core.texts.catalogue import counted, label, text

MOST_LINES = 40_000
"""Lines of both documents together: a longer diff would exceed the route's time-out and be unreadable."""

FIELDS = ("allowlist", "rate_limits")
"""Parts whose names are ours and not the operator's."""


def pretty(document: Mapping[str, Any]) -> str:
    """The one spelling of a document, so that two of them can be compared line by line."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def unified(old: Mapping[str, Any], new: Mapping[str, Any], old_name: str, new_name: str, language: str = "en") -> str:
    """Unified diff of the two; empty when they say the same."""
    before, after = pretty(old).splitlines(), pretty(new).splitlines()
    if before == after:
        return ""
    if len(before) + len(after) > MOST_LINES:
        too_long = text(language, "change.too_long", before=len(before), after=len(after))
        return f"--- {old_name}\n+++ {new_name}\n@@ {too_long} @@\n"
    return "\n".join(difflib.unified_diff(before, after, old_name, new_name, lineterm="")) + "\n"


def summary(old: Mapping[str, Any], new: Mapping[str, Any], language: str = "en") -> list[str]:
    """What was added, removed, changed or moved, one line each; lists of addresses are only counted."""
    parts = sorted(old.keys() | new.keys())
    return [
        line
        for part in parts
        for line in _part(language, part, old.get(part), new.get(part))
        if old.get(part) != new.get(part)
    ]


def _part(language: str, part: str, old: Any, new: Any) -> Iterator[str]:
    before, after = _named(old), _named(new)
    heading, fields = label(language, "part", part), part in FIELDS
    if before is None or after is None:
        yield text(language, "change.whole", part=heading, change=_counted(language, old, new))
        return
    for name in [*before, *(name for name in after if name not in before)]:
        shown = label(language, "part", name) if fields else name
        if name not in after:
            yield text(language, "change.removed", part=heading, name=shown)
        elif name not in before:
            yield text(language, "change.added", part=heading, name=shown)
        elif before[name] != after[name]:
            change = _counted(language, before[name], after[name])
            yield text(language, "change.named", part=heading, name=shown, change=change)
    kept = [name for name in before if name in after]
    if isinstance(new, Sequence) and kept != [name for name in after if name in before]:
        yield text(language, "change.whole", part=heading, change=text(language, "change.reordered"))


def _counted(language: str, old: Any, new: Any) -> str:
    """How many values of a list came and went; of anything else, that it changed."""
    before, after = (value if isinstance(value, list) else None for value in (old or [], new or []))
    if before is None or after is None:
        return text(language, "change.changed")
    gone, come = _texts(before) - _texts(after), _texts(after) - _texts(before)
    changes = [counted(language, "change.values_added", len(come))] * bool(come)
    changes += [counted(language, "change.values_removed", len(gone))] * bool(gone)
    return ", ".join(changes) or text(language, "change.reordered")


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
