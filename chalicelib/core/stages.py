"""The table of stages in their order: queues, template and status read it."""

from __future__ import annotations

from dataclasses import dataclass

SERVICE = "mailroom"


@dataclass(frozen=True, slots=True)
class Stage:
    """One Lambda with its queue and dead-letter queue.

    `name` is what people read in English, too; `french` is its name for them in French.
    `batch` is the batch size in the packaged template. The number of receives belongs to the retry schedule
    (`resilience.retry`), time-out and memory to the function's row (`bootstrap/functions.py`). `reserve` is in
    seconds: a mail is not started with less left of the invocation, because a function that runs out of time fails
    its whole batch.
    """

    name: str
    french: str
    batch: int
    concurrency: int
    reserve: float = 3.0

    @property
    def queue(self) -> str:
        return f"{SERVICE}-{self.name}"

    @property
    def dead_letter_queue(self) -> str:
        return f"{SERVICE}-{self.name}-dlq"


PIPELINE = (
    Stage("anonymize", "anonymisation", batch=5, concurrency=2, reserve=28.0),  # the anonymizer's own limit is 25 s
    Stage("classify", "classement", batch=10, concurrency=2, reserve=9.0),  # an LLM may take 8 s
    Stage("store", "enregistrement", batch=10, concurrency=2),
    Stage("notify", "notification", batch=10, concurrency=2),
)
"""A mail passes these in this order."""

OFFLOAD = Stage("offload", "fichiers liés", batch=1, concurrency=2)
DELIVER = Stage("deliver", "webhooks", batch=5, concurrency=4, reserve=24.0)  # a receiver may take 20 s
SIDE = (OFFLOAD, DELIVER)
"""Side stages: what the rules ask for once a mail is stored. Whatever happens here, the mail stays `stored`."""

ALERT = Stage("alert", "alertes", batch=10, concurrency=2, reserve=35.0)  # Telegram may take 33 s for one
"""Takes CloudWatch alarms from SNS to Telegram "System"."""

STAGES = (*PIPELINE, *SIDE, ALERT)
STAGE_NAMES = tuple(stage.name for stage in STAGES)

LEDGER = "store"
"""The stage that writes the ledger: notes about excluded and quarantined mail go there from every other stage."""

_IN_ORDER = tuple(stage.name for stage in PIPELINE)
BEFORE_LEDGER = _IN_ORDER[: _IN_ORDER.index(LEDGER) + 1]
"""The stages whose queues hold mail that may have no row in the ledger yet."""


def stage(name: str) -> Stage:
    """The stage of that name. Raises KeyError."""
    return {stage.name: stage for stage in STAGES}[name]


def targets(name: str) -> tuple[Stage, ...]:
    """Every stage that this one may forward a mail to (see `pipeline.fan_out`)."""
    following = after(name)
    side = {LEDGER: SIDE, OFFLOAD.name: (DELIVER,)}.get(name, ())
    return (*((following,) if following else ()), *side)


def after(name: str) -> Stage | None:
    """The stage that follows in the pipeline; None after the last and for a side stage."""
    position = _IN_ORDER.index(name) + 1 if name in _IN_ORDER else len(PIPELINE)
    return PIPELINE[position] if position < len(PIPELINE) else None
