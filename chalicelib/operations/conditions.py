"""The operator's conditions, pure: what a look of the sweep says is wrong, and what of it began or ended since.

A condition is one *cause*, whatever the number of mails: told once when it begins and once when it ends. It carries
ids, codes, counts and stages only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.operations.audit import Findings
from chalicelib.ports import QueueDepth
from chalicelib.ports.dead_letter_records import DeadLetterRecord

EXPIRING = timedelta(days=10)
"""Age of a dead letter that is told: SQS deletes it after 14 days, counted from its `sent_at`."""

SHOWN = 3
"""Ids that a condition names."""

LINES = 8
"""Conditions that one message tells to have begun, and as many to have ended; the others have their turn next time."""

MOST = 200
"""Conditions that are remembered."""

PATIENT = ("backlog:", "swept:unproven")
"""What may be over by itself in a minute (a burst, somebody who reads a dead-letter queue): told when it stays."""

PATIENCE_SECONDS = 240.0
"""How long that is: less than from one look to the next."""

DOUBT_SECONDS = 3_600.0
"""A condition that was looked at in part only has ended when it was not seen for so long."""

CODE = re.compile(r"(?!(?:.*[0-9]){4})[A-Za-z0-9_.:-]{1,64}")
ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Condition:
    """`key` is `<kind>[:<stage, service or kind of repair>[:<code>]]`; `ids` are some of the `number` it concerns.

    With `more` there may be more than `number`.
    """

    key: str
    number: int = 1
    ids: tuple[str, ...] = ()
    more: bool = False

    @property
    def parts(self) -> tuple[str, str, str]:
        """Kind, place, code; empty where there is none."""
        return split(self.key)


def split(key: str) -> tuple[str, str, str]:
    """The parts of a condition's key."""
    kind, _, rest = key.partition(":")
    place, _, code = rest.partition(":")
    return kind, place, code


@dataclass(frozen=True, slots=True)
class Swept:
    """What the sweep found and did. `whole`: it went through the spool in one piece, and not through a slice of it.

    `letters` of all stages that were read; `unread` are the stages of which some may be missing. `quarantined` are the
    ledger's rows (mail id → last change), `mailed` the ids of the mails in a dead-letter queue of the pipeline.
    """

    findings: Findings
    failed: Sequence[tuple[str, str]] = ()
    whole: bool = True
    letters: Sequence[DeadLetterRecord] = ()
    unread: Collection[str] = ()
    quarantined: Mapping[str, datetime] = field(default_factory=dict)
    mailed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a look saw; None is what could not be asked. `breakers`: name → state (`closed`, …)."""

    now: datetime
    limit: int
    within: timedelta
    depths: Sequence[QueueDepth] | None = None
    breakers: Mapping[str, str] | None = None
    swept: Swept | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The conditions; and the first letters of keys that nothing is known of now (`blind`), or not all (`partly`)."""

    conditions: tuple[Condition, ...] = ()
    blind: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()


def evaluate(seen: Snapshot) -> Evaluation:
    """What is wrong, the gravest kinds first."""
    found: list[Condition] = []
    blind: list[str] = []
    partly: list[str] = []
    if seen.swept is None:
        blind += ["dead:", "expiring:", "stalled", "swept:", "letter_gone"]
    else:
        found += [*[*_dead(seen.swept)][: MOST // 2], *_sweep(seen.swept), *_old(seen, seen.swept)]
        partly += [f"{kind}:{stage}:" for kind in ("dead", "expiring") for stage in sorted(seen.swept.unread)]
        partly += [] if seen.swept.whole else ["stalled", "swept:"]
        blind += ["letter_gone"] if seen.swept.unread else []
    if seen.breakers is None:
        blind.append("breaker:")
    else:
        found += [Condition(f"breaker:{name}") for name, state in seen.breakers.items() if state != "closed"]
    if seen.depths is None:
        blind.append("backlog:")
    else:
        held = {depth.name: depth.waiting + depth.in_flight + depth.delayed for depth in seen.depths}
        found += [Condition(f"backlog:{stage}", number) for stage, number in held.items() if number > seen.limit]
    return Evaluation(tuple(found[:MOST]), tuple(blind), tuple(partly))


def _dead(swept: Swept) -> Iterator[Condition]:
    """One for each stage and reason."""
    causes: dict[str, list[str]] = {}
    for letter in swept.letters:
        causes.setdefault(f"dead:{letter.dead.stage}:{_code(letter.reason)}", []).append(_id(letter))
    for key, ids in sorted(causes.items(), key=lambda cause: (-len(cause[1]), cause[0])):
        yield _of(key, ids, split(key)[1] in swept.unread)


def _sweep(swept: Swept) -> Iterator[Condition]:
    """What the sweep repaired, could not repair, or could not see."""
    findings = swept.findings
    failed: dict[str, list[str]] = {}
    for mail_id, code in swept.failed:
        failed.setdefault(_code(code), []).append(mail_id)
    lists = {f"swept:failed:{code}": ids for code, ids in sorted(failed.items())}
    lists |= {"swept:missing": [*findings.missing], "swept:orphaned": [*findings.orphaned]}
    yield from (_of(key, ids) for key, ids in (lists | {"stalled": [*findings.stalled]}).items() if ids)
    if not findings.proven:
        yield Condition("swept:unproven")


def _old(seen: Snapshot, swept: Swept) -> Iterator[Condition]:
    """Letters that SQS deletes soon, and mails in quarantine that it has deleted the letters of."""
    expiring: dict[str, list[str]] = {}
    for letter in swept.letters:
        if seen.now - letter.dead.sent_at >= EXPIRING:
            expiring.setdefault(letter.dead.stage, []).append(_id(letter))
    yield from (_of(f"expiring:{stage}", ids, stage in swept.unread) for stage, ids in sorted(expiring.items()))
    gone = [m for m, at in swept.quarantined.items() if seen.now - at > seen.within and m not in swept.mailed]
    if gone and not swept.unread:
        yield _of("letter_gone", gone)


def _of(key: str, ids: Iterable[str], more: bool = False) -> Condition:
    named = sorted(ids)
    return Condition(key, len(named), tuple(name for name in named if ID.fullmatch(name))[:SHOWN], more)


def _id(letter: DeadLetterRecord) -> str:
    return letter.mail_id or letter.dead.id


def _code(code: str) -> str:
    """Anything can lie in a dead-letter queue, in its attributes too."""
    return code if CODE.fullmatch(code) else "other"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is remembered of a condition: Unix times at which it was seen first and last, and whether it was told."""

    first: float
    last: float
    told: bool


Memory = Mapping[str, Mark]


@dataclass(frozen=True, slots=True)
class News:
    """What to tell now, and what to remember once it is told. `waiting` is the number of those for the next time."""

    began: tuple[Condition, ...]
    ended: tuple[str, ...]
    memory: dict[str, Mark]
    waiting: int = 0


def compare(memory: Memory, seen: Evaluation, now: float) -> News:
    """What began and what ended since; `now` in Unix seconds."""
    marks: dict[str, Mark] = {}
    began: list[Condition] = []
    ended: list[str] = []
    waiting = 0
    for condition in seen.conditions:
        before = memory.get(condition.key)
        mark = Mark(min(before.first, now) if before else now, now, before is not None and before.told)
        ripe = not condition.key.startswith(PATIENT) or now - mark.first >= PATIENCE_SECONDS
        if ripe and not mark.told and len(began) < LINES:
            began.append(condition)
            mark = replace(mark, told=True)
        elif ripe and not mark.told:
            waiting += 1
        marks[condition.key] = mark
    for key, mark in memory.items():
        if key in marks or not mark.told:
            continue
        whole = key + ":"  # so that a stage's name is compared whole
        doubtful = whole.startswith(seen.partly) and 0 <= now - mark.last < DOUBT_SECONDS
        if doubtful or whole.startswith(seen.blind):
            marks[key] = mark
        elif len(ended) < LINES:
            ended.append(key)
        else:
            marks[key], waiting = mark, waiting + 1
    return News(tuple(began), tuple(ended), dict(list(marks.items())[: 2 * MOST]), waiting)


def encode(memory: Memory) -> bytes:
    """As it is remembered: keys are codes."""
    marks = {key: [mark.first, mark.last, mark.told] for key, mark in memory.items()}
    return json.dumps(marks, separators=(",", ":")).encode("ascii")


def decode(held: bytes | None) -> dict[str, Mark]:
    """What is remembered; nothing where it is absent or unreadable."""
    try:
        marks = json.loads(held or b"{}")
        return {str(key): Mark(float(first), float(last), told is True) for key, (first, last, told) in marks.items()}
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return {}
