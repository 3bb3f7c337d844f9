"""Counts and logs the operator's conditions, and reports to topic "system" what began and what ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib.core.clock import Now, utc_now
from chalicelib.core.errors import MailroomError, Retryable
from chalicelib.core.message_text import MessageText
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.operations import condition_changes, condition_texts, conditions
from chalicelib.ports import Cache, Messenger, QueueDepth, Queues, Telemetry

REPORTED, REPORTED_SECONDS = "conditions:reported", 7 * 24 * 3600
"""Cache key of what was reported; each report renews it."""


@dataclass(frozen=True)
class ConditionReporter:
    """`breakers` lists each breaker's name and state; `backlog` is the number of messages that counts as one.

    `messenger` and `breakers` are called late: conditions are counted and logged without a bot or Redis.
    """

    queues: Queues
    breakers: Callable[[], Sequence[Mapping[str, Any]]]
    cache: Cache
    messenger: Callable[[], Messenger]
    telemetry: Telemetry
    backlog: int
    language: str
    now: Now = utc_now

    def report(
        self,
        within: timedelta,
        swept: conditions.Swept | None = None,
        depths: Sequence[QueueDepth] | None = None,
        whole: bool = True,
    ) -> int:
        """Report what was seen before anything is repaired; return the number of conditions.

        `swept` is None when the examination failed: then only queues and breakers are evaluated. `whole` as in
        `Snapshot`. Raises no `MailroomError`: what cannot be reported now is reported by the next sweep.
        """
        held = self._depths() if depths is None else depths
        return self._evaluate(
            conditions.Snapshot(self.now(), self.backlog, within, held, self._breakers(), swept, whole=whole)
        )

    def report_repair(self, within: timedelta, failed: Sequence[tuple[str, str]], whole: bool) -> int:
        """Report the mails that could not be repaired: (mail id, code). As `report`."""
        return self._evaluate(conditions.Snapshot(self.now(), self.backlog, within, failed=failed, whole=whole))

    def _evaluate(self, seen: conditions.Snapshot) -> int:
        evaluation = conditions.evaluate(seen)
        for condition in evaluation.conditions:
            kind, place, code = condition.parts
            stage, code = (place, code) if place in STAGE_NAMES else ("", code or place)
            self.telemetry.count("Condition", condition.number, kind=kind, stage=stage, code=code)
            self.telemetry.log("condition", kind=kind, stage=stage, code=code, count=condition.number)
        try:
            self._notify(evaluation, seen.now.timestamp())
        except MailroomError as error:
            if seen.failed == ():  # nothing failed: there is nothing to report but an end
                return 0
            self.telemetry.count("ConditionsUnreported", code=error.code)
            self.telemetry.warn("conditions_unreported", code=error.code, count=len(evaluation.conditions))
        return len(evaluation.conditions)

    def _notify(self, evaluation: conditions.Evaluation, now: float) -> None:
        """Send one message, then remember that it was sent: an interruption in between repeats it, never loses it.

        Without Redis it is unknown what was reported; every sweep would report everything, so none reports anything.
        """
        held = self.cache.read(REPORTED)
        news = condition_changes.compare(condition_changes.decode(held), evaluation, now)
        if text := condition_texts.message(news, self.language):
            self.messenger().send("system", MessageText.inert(text))
            self.telemetry.count("ConditionsReported")
        memory = condition_changes.encode(news.memory)
        if (held or news.memory) and not self.cache.compare_and_set(REPORTED, held, memory, REPORTED_SECONDS):
            raise Retryable("report_raced")

    def _depths(self) -> Sequence[QueueDepth] | None:
        try:
            return self.queues.depths()
        except Retryable:
            return None

    def _breakers(self) -> Mapping[str, str] | None:
        try:
            return {shown["name"]: shown["state"] for shown in self.breakers()}
        except MailroomError:  # Redis is unavailable, or its address is
            return None
