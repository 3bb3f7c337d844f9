"""The operator's conditions, pure: what is wrong by what the sweep saw.

A condition is one *cause*, whatever the number of mails: it is reported once when it begins and once when it ends. It
carries ids, codes, counts and stages only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.operations.audit import Findings
from chalicelib.ports import QueueDepth
from chalicelib.ports.dead_letter_records import DeadLetterRecord

EXPIRING = timedelta(days=10)
"""Age at which a failed message is reported: SQS deletes it after 14 days, counted from its `sent_at`."""

SHOWN = 3
"""Ids that a condition names."""

MOST = 200
"""Conditions that are remembered."""

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
    """What the sweep's examination found.

    - `records`: the failed messages of all stages that were read; `unread`: the stages that were not read whole.
    - `quarantined`: the ledger's quarantined mails, each with the last change of its row.
    - `failed_mails`: the ids of the mails that lie in a dead-letter queue of the pipeline.
    """

    findings: Findings
    records: Sequence[DeadLetterRecord] = ()
    unread: Collection[str] = ()
    quarantined: Mapping[str, datetime] = field(default_factory=dict)
    failed_mails: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known at `now`; None stands for what is not known.

    `limit` is the number of messages that counts as a backlog. `breakers`: name → state (`closed`, …). `failed`: mails
    that could not be repaired, with their codes. `whole`: the spool was examined in one piece, not in a slice.
    """

    now: datetime
    limit: int
    within: timedelta
    depths: Sequence[QueueDepth] | None = None
    breakers: Mapping[str, str] | None = None
    swept: Swept | None = None
    failed: Sequence[tuple[str, str]] | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The conditions, and prefixes of keys of which nothing is known now (`blind`), or not everything (`partly`)."""

    conditions: tuple[Condition, ...] = ()
    blind: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()


FOUND_BY_SWEEP = ("dead:", "expiring:", "stalled", "swept:missing", "swept:orphaned", "swept:unproven", "record_gone")


def evaluate(seen: Snapshot) -> Evaluation:
    """Return what is wrong, the gravest kinds first."""
    found: list[Condition] = []
    blind: list[str] = []
    partly = [] if seen.whole else ["stalled", "swept:"]
    if seen.swept is None:
        blind += FOUND_BY_SWEEP
    else:
        found += [*[*_dead(seen.swept)][: MOST // 2], *_found(seen.swept.findings), *_old(seen, seen.swept)]
        partly += [f"{kind}:{stage}:" for kind in ("dead", "expiring") for stage in sorted(seen.swept.unread)]
        blind += ["record_gone"] if seen.swept.unread else []
    if seen.failed is None:
        blind.append("swept:failed:")
    else:
        found += _failed(seen.failed)
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
    for record in swept.records:
        causes.setdefault(f"dead:{record.dead.stage}:{_code(record.reason)}", []).append(_id(record))
    for key, ids in sorted(causes.items(), key=lambda cause: (-len(cause[1]), cause[0])):
        yield _of(key, ids, split(key)[1] in swept.unread)


def _found(findings: Findings) -> Iterator[Condition]:
    """What the sweep repairs, or could not see."""
    lists = {"swept:missing": findings.missing, "swept:orphaned": findings.orphaned, "stalled": findings.stalled}
    yield from (_of(key, ids) for key, ids in lists.items() if ids)
    if not findings.proven:
        yield Condition("swept:unproven")


def _failed(failed: Sequence[tuple[str, str]]) -> Iterator[Condition]:
    """What the sweep could not repair, one for each code."""
    causes: dict[str, list[str]] = {}
    for mail_id, code in failed:
        causes.setdefault(_code(code), []).append(mail_id)
    yield from (_of(f"swept:failed:{code}", ids) for code, ids in sorted(causes.items()))


def _old(seen: Snapshot, swept: Swept) -> Iterator[Condition]:
    """Failed messages that SQS deletes soon, and quarantined mails whose message it has deleted."""
    expiring: dict[str, list[str]] = {}
    for record in swept.records:
        if seen.now - record.dead.sent_at >= EXPIRING:
            expiring.setdefault(record.dead.stage, []).append(_id(record))
    yield from (_of(f"expiring:{stage}", ids, stage in swept.unread) for stage, ids in sorted(expiring.items()))
    gone = [m for m, at in swept.quarantined.items() if seen.now - at > seen.within and m not in swept.failed_mails]
    if gone and not swept.unread:
        yield _of("record_gone", gone)


def _of(key: str, ids: Iterable[str], more: bool = False) -> Condition:
    named = sorted(ids)
    return Condition(key, len(named), tuple(name for name in named if ID.fullmatch(name))[:SHOWN], more)


def _id(record: DeadLetterRecord) -> str:
    return record.mail_id or record.dead.id


def _code(code: str) -> str:
    """Anything can lie in a dead-letter queue, in its attributes too."""
    return code if CODE.fullmatch(code) else "other"
