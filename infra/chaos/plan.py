"""The schedule of faults, drawn from a seed alone: the same seed gives the same schedule, down to each second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from chalicelib.bootstrap.functions import API, FUNCTIONS
from chalicelib.core.stages import PIPELINE, SIDE
from infra.chaos.workers import victim


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to break the world.

    `family` is what the report counts by and `target` what it breaks: two faults of one target never overlap. `holds`
    are the shortest and the longest time that it lasts, in seconds. `full_only`: it needs more time than the short
    run has.
    """

    name: str
    family: str
    target: str
    holds: tuple[float, float]
    full_only: bool = False


def _vendor(target: str, ways: Sequence[str]) -> tuple[Kind, ...]:
    return tuple(Kind(f"{target} {way}", target, target, (2, 9)) for way in ways)


KILLED = tuple(victim(row) for row in FUNCTIONS)
"""Every function of the table."""
KILLED_AT_EFFECT = tuple(victim(row) for row in FUNCTIONS if row.stage in (*PIPELINE, *SIDE) or row is API)
"""The endpoints, and the stages that a mail or what follows from it passes."""

EVERY = 6.0
"""Seconds of a full run for each fault."""

KINDS: tuple[Kind, ...] = (
    Kind("postgres stopped", "database", "postgres", (2, 20)),
    Kind("postgres crashed", "database", "postgres", (1, 12)),
    Kind("valkey stopped", "cache", "valkey", (2, 20)),
    Kind("valkey crashed", "cache", "valkey", (1, 10)),
    Kind("valkey hangs", "cache", "valkey", (1, 6)),
    *(Kind(f"kill {stage}", "worker killed", f"worker {stage}", (0, 0)) for stage in KILLED),
    *(
        Kind(f"kill {stage} after its effect", "killed between effect and acknowledgement", f"worker {stage}", (8, 20))
        for stage in KILLED_AT_EFFECT
    ),
    Kind("kill door between put and send", "killed between effect and acknowledgement", "worker door", (8, 20)),
    *_vendor("telegram", ("429", "500", "slow", "reset", "garbage", "html", "truncated", "answer lost")),
    *_vendor("emailengine", ("429", "500", "503", "slow", "reset", "garbage", "html", "truncated")),
    *_vendor("llm", ("429", "500", "529", "slow", "reset", "garbage", "html", "truncated")),
    *_vendor("webhook", ("429", "500", "slow", "reset", "garbage", "answer lost")),
    *(Kind(f"s3 {way}", "s3", "s3", (2, 9)) for way in ("slow down", "500", "slow", "reset", "cut upload", "garbage")),
    Kind("s3 quota full", "spool full", "s3", (3, 15)),
    *(
        Kind(f"sqs {way}", "sqs", "sqs", (2, 9))
        for way in ("throttled", "500", "slow", "reset", "answer lost", "garbage")
    ),
    Kind("secrets unavailable", "secrets", "secrets", (3, 9)),
    Kind("clock skewed", "clock", "clock", (3, 15)),
    Kind("messages doubled", "duplicates", "queues", (0, 0)),
    Kind("webhooks doubled", "duplicates", "webhooks", (0, 0)),
    Kind("queue emptied", "queue emptied", "queues", (0, 0), full_only=True),
    Kind("redeploy", "redeploy", "deploy", (0, 0)),
)
BY_NAME = {kind.name: kind for kind in KINDS}

FLOWING = ("kill notify after its effect", "kill store after its effect")
"""The short run's first faults, while mail flows: they wait for some to pass."""

COLD = ("kill anonymize", "redeploy")
"""The short run's last ones: after each the language models are loaded again, which takes the machine for seconds."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: `at` seconds after the first mail it begins, and lasts for `seconds` (or, for one that waits for an
    effect, at most that long); `dice` in [0, 1) decides its details."""

    at: float
    kind: str
    seconds: float
    dice: float


def schedule(seed: int, seconds: float, short: bool) -> tuple[Strike, ...]:
    """The faults of a run whose mail comes for `seconds`, in order of time.

    The full one has every kind at least once and then any, one in `EVERY` seconds; the short one `FLOWING`, one of
    each other family, and `COLD`. The last fifth of the time brings none, so that the end is not all repair.
    """
    random = Random(seed)  # noqa: S311 - a schedule that must be drawn again the same, not a secret
    kinds = _short(random) if short else _full(random, seconds)
    span = seconds * 0.8
    strikes = []
    for number, kind in enumerate(kinds):
        at = span * (number + random.random()) / len(kinds)
        low, high = kind.holds
        longest = min(high, max(low, span / 12))
        lasts = round(random.uniform(low, longest), 1)
        strikes.append(Strike(round(at, 1), kind.name, lasts, round(random.random(), 4)))
    return tuple(sorted(strikes, key=lambda strike: strike.at))


def _full(random: Random, seconds: float) -> list[Kind]:
    kinds = list(KINDS) + random.choices(KINDS, k=max(0, int(seconds / EVERY) - len(KINDS)))
    random.shuffle(kinds)
    return kinds


def _short(random: Random) -> list[Kind]:
    first, last = ([BY_NAME[name] for name in names] for names in (FLOWING, COLD))
    families = {kind.family for kind in (*first, *last)}
    rest: dict[str, list[Kind]] = {}
    for kind in KINDS:
        if kind.family not in families and not kind.full_only:
            rest.setdefault(kind.family, []).append(kind)
    between = [random.choice(kinds) for kinds in rest.values()]
    random.shuffle(between)
    return [*first, *between, *last]
