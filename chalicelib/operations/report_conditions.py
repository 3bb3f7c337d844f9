"""What the sweep does with what it saw: counts it, and tells Telegram "System" what began and what ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.adapters import observability as o11y
from chalicelib.core.errors import MailroomError, Retryable
from chalicelib.core.stages import ALERT, SIDE, STAGES
from chalicelib.operations import condition_texts, conditions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from chalicelib.bootstrap.compose import Container
    from chalicelib.operations.auditor import Examination, Prover, Repaired
    from chalicelib.ports import QueueDepth

TOLD, TOLD_SECONDS = "watch:told", 7 * 24 * 3600
"""Where it is remembered what was told, renewed by every look."""

LETTERS = 200
"""Letters of each dead-letter queue beside the pipeline that are read: this function has 60 seconds for everything."""

STAGE_NAMES = frozenset(stage.name for stage in STAGES)


def tell(
    parts: Container,
    within: timedelta,
    examination: Examination | None = None,
    repaired: Repaired | None = None,
    whole: bool = True,
) -> int:
    """Look at everything once, count it, and tell what changed in one message. The number of conditions.

    `examination` is None when it could not be made: then breakers and queues are looked at alone. Raises no
    `MailroomError`: what cannot be told now is told by the next look.
    """
    prover = parts.prover()
    now = prover.now()
    seen = conditions.Seen(
        now=now,
        limit=parts.settings.backlog_messages,
        within=within,
        depths=_depths(parts, examination),
        breakers=_breakers(parts),
        swept=_swept(prover, examination, repaired, whole) if examination else None,
    )
    look = conditions.look(seen)
    for condition in look.conditions:
        kind, place, code = condition.parts
        stage, code = (place, code) if place in STAGE_NAMES else ("", code or place)
        o11y.count("Watch", condition.number, kind=kind, stage=stage, code=code)
        o11y.log("watch", kind=kind, stage=stage, code=code, count=condition.number)
    try:
        _tell(parts, look, now.timestamp())
    except MailroomError as error:
        o11y.count("WatchUntold", code=error.code)
        o11y.warn("watch_untold", code=error.code, count=len(look.conditions))
    return len(look.conditions)


def _tell(parts: Container, look: conditions.Look, now: float) -> None:
    """One message, then the note that it was sent: what is interrupted in between is told twice, never not at all.

    Without Redis nobody knows what was told, and every look would tell everything: nothing is.
    """
    held = parts.cache.look(TOLD)
    news = conditions.compare(conditions.decode(held), look, now)
    if text := condition_texts.message(news, parts.settings.language):
        parts.messenger.send("system", text)
        o11y.count("WatchTold")
    if (held or news.memory) and not parts.cache.swap(TOLD, held, conditions.encode(news.memory), TOLD_SECONDS):
        raise Retryable("watch_raced")


def _depths(parts: Container, examination: Examination | None) -> Sequence[QueueDepth] | None:
    if examination:
        return examination.depths
    try:
        return parts.queues.depths()
    except Retryable:
        return None


def _breakers(parts: Container) -> Mapping[str, str] | None:
    try:
        return {shown["name"]: shown["state"] for shown in parts.breaker.shown()}
    except MailroomError:  # not even the address of Redis is to be had
        return None


def _swept(prover: Prover, examination: Examination, repaired: Repaired | None, whole: bool) -> conditions.Swept:
    """With the letters of the stages beside the pipeline, which the proof does not ask for."""
    beside = {stage.name for stage in (*SIDE, ALERT)}
    asked = [depth.name for depth in examination.depths if depth.name in beside and depth.dead]
    try:
        letters, unread = prover.read(asked, LETTERS)
    except Retryable:
        letters, unread = [], frozenset(asked)
    return conditions.Swept(
        findings=examination.findings,
        failed=repaired.failed if repaired else (),
        whole=whole,
        letters=(*examination.found, *letters),
        unread=examination.unread | unread,
        quarantined=examination.quarantined,
        mailed=examination.letters,
    )
