"""What the sweep does with what it saw: counts it, and notifies topic "system" of what began and what ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.core.errors import MailroomError, Retryable
from chalicelib.core.stages import ALERT, SIDE, STAGE_NAMES
from chalicelib.operations import condition_texts, conditions

if TYPE_CHECKING:
    from chalicelib.operations.auditor import Auditor, Examination, Repaired
    from chalicelib.ports import Cache, Messenger, QueueDepth, Queues, Telemetry

REPORTED, REPORTED_SECONDS = "watch:told", 7 * 24 * 3600
"""Cache key of what was reported; each look renews it."""

LETTERS = 200
"""Letters of each dead-letter queue of a side stage that are read: this function has 60 seconds for everything."""


@dataclass(frozen=True)
class ConditionReporter:
    """`breakers` lists each breaker's name and state; `backlog` is the number of messages that counts as one.

    `messenger` and `breakers` are called late: neither a bot nor Redis is needed to look.
    """

    prover: Auditor
    queues: Queues
    breakers: Callable[[], Sequence[Mapping[str, Any]]]
    cache: Cache
    messenger: Callable[[], Messenger]
    telemetry: Telemetry
    backlog: int
    language: str

    def report(
        self,
        within: timedelta,
        examination: Examination | None = None,
        repaired: Repaired | None = None,
        whole: bool = True,
    ) -> int:
        """Evaluate everything once, count it, and report what changed in one message. The number of conditions.

        `examination` is None when it could not be made: then breakers and queues are looked at alone. Raises no
        `MailroomError`: what cannot be reported now is reported by the next look.
        """
        now = self.prover.now()
        seen = conditions.Snapshot(
            now=now,
            limit=self.backlog,
            within=within,
            depths=self._depths(examination),
            breakers=self._breakers(),
            swept=self._swept(examination, repaired, whole) if examination else None,
        )
        look = conditions.evaluate(seen)
        for condition in look.conditions:
            kind, place, code = condition.parts
            stage, code = (place, code) if place in STAGE_NAMES else ("", code or place)
            self.telemetry.count("Watch", condition.number, kind=kind, stage=stage, code=code)
            self.telemetry.log("watch", kind=kind, stage=stage, code=code, count=condition.number)
        try:
            self._notify(look, now.timestamp())
        except MailroomError as error:
            self.telemetry.count("WatchUntold", code=error.code)
            self.telemetry.warn("watch_untold", code=error.code, count=len(look.conditions))
        return len(look.conditions)

    def _notify(self, look: conditions.Evaluation, now: float) -> None:
        """One message, then the note that it was sent: an interruption in between repeats it, never loses it.

        Without Redis nobody knows what was reported, and every look would report everything: nothing is.
        """
        held = self.cache.read(REPORTED)
        news = conditions.compare(conditions.decode(held), look, now)
        if text := condition_texts.message(news, self.language):
            self.messenger().send("system", text)
            self.telemetry.count("WatchTold")
        memory = conditions.encode(news.memory)
        if (held or news.memory) and not self.cache.compare_and_set(REPORTED, held, memory, REPORTED_SECONDS):
            raise Retryable("watch_raced")

    def _depths(self, examination: Examination | None) -> Sequence[QueueDepth] | None:
        if examination:
            return examination.depths
        try:
            return self.queues.depths()
        except Retryable:
            return None

    def _breakers(self) -> Mapping[str, str] | None:
        try:
            return {shown["name"]: shown["state"] for shown in self.breakers()}
        except MailroomError:  # not even the address of Redis is to be had
            return None

    def _swept(self, examination: Examination, repaired: Repaired | None, whole: bool) -> conditions.Swept:
        """With the letters of the side stages, which the audit does not ask for."""
        beside = {stage.name for stage in (*SIDE, ALERT)}
        asked = [depth.name for depth in examination.depths if depth.name in beside and depth.dead]
        try:
            letters, unread = self.prover.read(asked, LETTERS)
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
