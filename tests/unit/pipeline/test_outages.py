"""Outages of hours and days over twins and a virtual clock: no mail is dead-lettered, and all end soon after.

Real are the batch runner, the breaker, the retry schedule and what the template says about each function; two
containers share one stage's queue, which drops recursive invocations as Lambda does.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.adapters.breaker import Breaker
from chalicelib.core import stages
from chalicelib.core.errors import Retryable
from chalicelib.core.messages import Envelope, decode, encode
from chalicelib.delivery.transfer import PART
from chalicelib.pipeline.runner import Runner
from chalicelib.resilience import retry
from infra.cloudformation.template import template
from tests.twins.cache import MemoryCache
from tests.twins.delivery import Source
from tests.twins.lineage import DROPPED, LineageQueues
from tests.twins.telemetry import Telemetry
from tests.unit.delivery.side import Side
from tests.unit.pipeline.batches import mail

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
TIMEOUT = 10.0
"""Seconds that a call to a service takes which does not answer."""

POISON = mail(999)


def allowed() -> frozenset[str]:
    """The stages whose function the template lets call itself."""
    resources = template()["Resources"]
    return frozenset(
        stage.name
        for stage in stages.STAGES
        if resources[stage.name.capitalize()]["Properties"].get("RecursiveLoop") == "Allow"
    )


ALLOWED = allowed()


@dataclass
class Outage:
    """A service that is unavailable from second 0 until `until`; mails as (second of arrival, mail)."""

    until: float
    mails: Sequence[tuple[float, Envelope]]
    seed: int = 1
    redis: bool = True
    allows: frozenset[str] = ALLOWED
    now: float = 0.0
    calls: int = 0
    done: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start = 1_800_000_000.0
        self.chance = random.Random(self.seed)
        self.queues = LineageQueues(self.allows, self.clock)
        cache = MemoryCache(self.clock)
        cache.down = not self.redis
        self.breakers = [Breaker("emailengine", cache, clock=self.clock) for _ in range(2)]
        self.turn = itertools.cycle(self.breakers)

    def clock(self) -> float:
        return self.start + self.now

    def begin(self, messages: Sequence[Any]) -> None:
        """Nothing to prepare."""

    def process(self, message: Envelope) -> None:
        """One call through the breaker of the container whose turn it is."""
        self.breaker.call(self.call(message.mail_id))
        self.done[message.mail_id] = self.now

    def call(self, mail_id: str) -> Callable[[], None]:
        def call() -> None:
            self.calls += 1
            if self.now < self.until or mail_id == POISON.mail_id:
                self.now += TIMEOUT
                raise Retryable("emailengine_unavailable")

        return call

    def play(self, end: float) -> Outage:
        """Until nothing is left in the queue, or the clock passes `end`."""
        coming = sorted(self.mails, key=lambda pair: pair[0])
        queue = self.queues.queues["anonymize"]
        while (queue or coming) and self.now < end:
            due = [message.visible_at - self.start for message in queue] + [at for at, _ in coming[:1]]
            self.now = max(self.now, min(due))
            self.queues.outside()
            while coming and coming[0][0] <= self.now:
                self.queues.send("anonymize", [encode(coming.pop(0)[1])], "praxis")
            self.breaker = next(self.turn)
            records = self.queues.receive("anonymize", maximum=5)
            if not records:  # dropped as a loop
                queue = self.queues.queues["anonymize"]
                continue
            runner = Runner(
                stages.stage("anonymize"),
                lambda: self,
                self.queues,
                Telemetry(),
                True,
                chance=self.chance.random,
                clock=self.clock,
            )
            answer = runner.run({"Records": records})
            assert answer is not None
            failed = {entry["itemIdentifier"] for entry in answer["batchItemFailures"]}
            self.queues.acknowledge("anonymize", {record["messageId"] for record in records} - failed)
            queue = self.queues.queues["anonymize"]
        return self

    @property
    def dead(self) -> list[str]:
        return [decode(message.body).mail_id for message in self.queues.dead["anonymize"]]

    @property
    def late(self) -> float:
        """Seconds from the recovery until the last mail was done."""
        return max(self.done.values()) - self.until


def spread(number: int, over: float) -> list[tuple[float, Envelope]]:
    """So many mails, one after the other over a time, the first at once."""
    return [(over * index / number, mail(index + 1)) for index in range(number)]


EACH = [
    pytest.param(HOUR, 1, id="an hour, one mail"),
    pytest.param(HOUR, 100, id="an hour, a hundred mails"),
    pytest.param(2 * DAY, 1, id="two days, one mail"),
    pytest.param(2 * DAY, 20, id="two days, twenty mails"),
]


@pytest.mark.parametrize(("length", "number"), EACH)
def test_no_mail_reaches_the_dead_letters(length: float, number: int) -> None:
    outage = Outage(length, spread(number, length)).play(length + DAY)
    assert (outage.dead, len(outage.done)) == ([], number)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("length", "number"), EACH[:3])
def test_the_last_mail_is_done_within_a_quarter_of_an_hour_of_the_recovery(
    length: float, number: int, seed: int
) -> None:
    assert Outage(length, spread(number, length), seed).play(length + DAY).late <= 15 * MINUTE


def test_a_service_that_is_down_is_asked_about_twice_a_minute_however_many_mails_wait() -> None:
    outage = Outage(HOUR, spread(100, HOUR)).play(2 * HOUR)
    assert outage.calls <= HOUR / 30 + 100 + 10


def test_without_redis_an_outage_of_an_hour_reaches_no_dead_letters_either() -> None:
    outage = Outage(HOUR, spread(20, HOUR), redis=False).play(HOUR + DAY)
    assert (outage.dead, len(outage.done)) == ([], 20)


def test_a_mail_that_breaks_the_service_each_time_ends_in_quarantine_and_holds_up_no_other() -> None:
    outage = Outage(0.0, [(0.0, POISON), *spread(40, 3 * DAY)]).play(5 * DAY)
    assert outage.dead == [POISON.mail_id]
    arrived = {envelope.mail_id: at for at, envelope in outage.mails}
    waits = sorted(done - arrived[mail_id] for mail_id, done in outage.done.items())
    assert (len(waits), waits[-1] < 15 * MINUTE) == (40, True)


def test_it_ends_there_after_the_schedule_s_own_time_even_alone() -> None:
    outage = Outage(0.0, [(0.0, POISON)])
    outage.play(4 * DAY)
    assert outage.dead == [POISON.mail_id]
    assert sum(retry.SCHEDULE) * 0.9 < outage.now < 3 * DAY


def test_without_the_template_s_permission_lambda_drops_the_copies_of_an_hour() -> None:
    outage = Outage(2 * HOUR, spread(1, HOUR), allows=frozenset()).play(DAY)
    assert (outage.dead, outage.done, outage.queues.dropped) == ([mail(1).mail_id], {}, retry.MAX_RECEIVE_COUNT)


def off_loaded(parts: int, allows: frozenset[str]) -> tuple[Side, LineageQueues]:
    """A file of so many parts, from a source that is so slow that an invocation has time for one of them."""
    side = Side(limit=(parts + 1) * PART)
    queues = LineageQueues(allows, side.clock)

    def slow() -> None:
        side.clock.now += 7.0

    side.share(Source(bytes(parts * PART), on_read=slow, piece=PART))
    runner = Runner(stages.stage("offload"), lambda: side.offloader, queues, side.telemetry, True, clock=side.clock)
    queues.send("offload", [encode(side.mail)], "practice")
    while queue := queues.queues["offload"]:
        side.clock.now = max(side.clock.now, min(message.visible_at for message in queue))
        if records := queues.receive("offload", maximum=1):
            assert runner.run({"Records": records}) == {"batchItemFailures": []}
            queues.acknowledge("offload", [record["messageId"] for record in records])
    return side, queues


def test_a_file_that_takes_more_invocations_than_lambda_allows_a_loop_is_off_loaded() -> None:
    side, queues = off_loaded(DROPPED + 1, ALLOWED)
    assert (side.states(), len(side.downloads.asked) > DROPPED) == ([("stored", "")], True)
    assert queues.dead["offload"] == []


def test_without_the_template_s_permission_the_file_is_never_finished() -> None:
    side, queues = off_loaded(DROPPED + 1, frozenset())
    assert (side.states(), len(queues.dead["offload"])) == ([("waiting", "")], 1)


def test_every_function_that_requeues_may_and_no_other() -> None:
    loops = {
        name
        for name, resource in template()["Resources"].items()
        if resource.get("Properties", {}).get("RecursiveLoop") == "Allow"
    }
    assert loops == {stage.name.capitalize() for stage in stages.STAGES}
