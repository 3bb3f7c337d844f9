"""Which conditions began and which ended since the last report, pure; and the memory that this takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.operations.conditions import MOST, Condition, Evaluation

LINES = 8
"""Conditions that one message reports as begun, and as many as ended; the others follow in the next message."""

PATIENT = ("backlog:", "swept:unproven")
"""What may end by itself in a minute (a burst, another reader of a dead-letter queue): reported only if it lasts."""

PATIENCE_SECONDS = 240.0
"""How long that is: less than the time between two sweeps."""

DOUBT_SECONDS = 3_600.0
"""A condition of which only a part is examined each time has ended when it was not seen for so long."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is remembered of a condition: when it was first and last seen (Unix times), and whether it was reported."""

    first: float
    last: float
    reported: bool


Memory = Mapping[str, Mark]


@dataclass(frozen=True, slots=True)
class News:
    """What to report now, and what to remember afterwards. `waiting` conditions are left for the next message."""

    began: tuple[Condition, ...]
    ended: tuple[str, ...]
    memory: dict[str, Mark]
    waiting: int = 0


def compare(memory: Memory, seen: Evaluation, now: float) -> News:
    """Return what began and what ended since; `now` in Unix seconds."""
    marks: dict[str, Mark] = {}
    began: list[Condition] = []
    ended: list[str] = []
    waiting = 0
    for condition in seen.conditions:
        before = memory.get(condition.key)
        mark = Mark(min(before.first, now) if before else now, now, before is not None and before.reported)
        due = not condition.key.startswith(PATIENT) or now - mark.first >= PATIENCE_SECONDS
        if due and not mark.reported and len(began) < LINES:
            began.append(condition)
            mark = replace(mark, reported=True)
        elif due and not mark.reported:
            waiting += 1
        marks[condition.key] = mark
    for key, mark in memory.items():
        if key in marks:
            continue
        whole = key + ":"  # so that a whole name of a stage is compared
        doubtful = whole.startswith(seen.partly) and 0 <= now - mark.last < DOUBT_SECONDS
        if whole.startswith(seen.blind) or (mark.reported and doubtful):
            marks[key] = mark
        elif not mark.reported:
            continue
        elif len(ended) < LINES:
            ended.append(key)
        else:
            marks[key], waiting = mark, waiting + 1
    return News(tuple(began), tuple(ended), dict(list(marks.items())[: 2 * MOST]), waiting)


def encode(memory: Memory) -> bytes:
    """The form in which it is kept; the keys are codes."""
    marks = {key: [mark.first, mark.last, mark.reported] for key, mark in memory.items()}
    return json.dumps(marks, separators=(",", ":")).encode("ascii")


def decode(held: bytes | None) -> dict[str, Mark]:
    """What was kept; nothing where it is absent or unreadable."""
    try:
        marks = json.loads(held or b"{}")
        return {
            str(key): Mark(float(first), float(last), reported is True)
            for key, (first, last, reported) in marks.items()
        }
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return {}
