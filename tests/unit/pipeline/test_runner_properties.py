"""The batch runner: whatever fails, no record is lost, and a second run ends where the first one did."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Permanent, Postponed, Retryable
from chalicelib.core.messages import Quarantine, decode
from chalicelib.resilience import retry
from tests.unit.pipeline.batches import Bench, FakeWorker, FlakyQueues, mail

OUTCOMES = (
    Retryable("passing"),
    Retryable("asked", after=3),
    Postponed("resting"),
    Postponed("resting", attempted=True),
    Permanent("final"),
    ValueError("bug"),
    None,
    "forward",
)
mails = st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=10)


def bench_of(outcomes: list[object], seed: int, rate: float, time_left: bool) -> Bench:
    chance = random.Random(seed)
    bench = Bench(queues=FlakyQueues(lambda _: chance.random() < rate))
    wanted = {mail(i).mail_id: outcome for i, outcome in enumerate(outcomes, 1) if outcome != "forward"}
    bench.worker = FakeWorker(
        {key: held for key, held in wanted.items() if held is None or isinstance(held, Exception)}
    )
    bench.remaining_ms = (lambda: 10_000) if time_left else (lambda: chance.choice((10_000, 0)))
    bench.put(*(mail(number, chance.choice(("praxis", "faculty"))) for number in range(1, len(outcomes) + 1)))
    return bench


def fates(bench: Bench, outcomes: list[object], failed: list[str]) -> None:
    """Each record is exactly one of: reported, quarantined, handed on or waiting as a copy for certain, finished."""
    messages = [decode(body) for body in bench.bodies("store")]
    noted = {message.mail_id for message in messages if isinstance(message, Quarantine)}
    forwarded = {message.mail_id for message in messages if not isinstance(message, Quarantine)}
    dead = {decode(message.body).mail_id for message in bench.queues.dead["classify"]}
    copied = {
        decode(one.body).mail_id for one in bench.queues.queues["classify"] if one.attributes and not one.receives
    }
    for number, outcome in enumerate(outcomes, 1):
        mail_id, message_id = mail(number).mail_id, f"m{number}"
        if message_id in failed:
            continue  # SQS delivers it again
        given_up = mail_id in dead and mail_id in noted
        handed_on = mail_id in forwarded
        finished = outcome is None and mail_id in bench.worker.worked
        assert given_up + handed_on + finished + (mail_id in copied) == 1


@settings(deadline=None, max_examples=200)
@given(
    mails,
    st.integers(),
    st.sampled_from((0.0, 0.3, 0.9, 1.0)),
    st.booleans(),
    st.sampled_from((1, 5, retry.MAX_RECEIVES)),
)
def test_every_record_ends_in_exactly_one_way(
    outcomes: list[object], seed: int, rate: float, time_left: bool, receives: int
) -> None:
    bench = bench_of(outcomes, seed, rate, time_left)
    fates(bench, outcomes, bench.failed(receives))


@settings(deadline=None, max_examples=100)
@given(mails, st.integers(), st.sampled_from((0.0, 0.3, 0.9)))
def test_only_ids_of_the_batch_are_reported_and_each_once(outcomes: list[object], seed: int, rate: float) -> None:
    failed = bench_of(outcomes, seed, rate, False).failed()
    assert len(failed) == len(set(failed))
    assert set(failed) <= {f"m{number}" for number in range(1, len(outcomes) + 1)}


@settings(deadline=None, max_examples=100)
@given(mails, st.integers())
def test_twice_is_once(outcomes: list[object], seed: int) -> None:
    bench = bench_of(outcomes, seed, 0.0, True)
    event = {"Records": bench.records()}
    first = bench.runner().run(event)
    before = set(bench.ids("store")), {dead.body for dead in bench.queues.dead["classify"]}
    assert bench.runner().run(event) == first
    assert (set(bench.ids("store")), {dead.body for dead in bench.queues.dead["classify"]}) == before


@settings(deadline=None, max_examples=50)
@given(mails, st.integers())
def test_when_all_is_well_again_nothing_is_left_in_the_queue(outcomes: list[object], seed: int) -> None:
    """Fail at random, then deliver what was handed back once more without failures, as often as SQS would."""
    bench = bench_of(outcomes, seed, 0.5, False)
    bench.queues.acknowledge("classify", {f"m{n}" for n in range(1, len(outcomes) + 1)} - set(bench.failed()))
    bench.queues.fails, bench.remaining_ms = (lambda _: False), (lambda: 10_000)
    for message in bench.queues.queues["classify"]:
        message.visible_at = 0
    failed = bench.failed(retry.MAX_RECEIVES)
    assert failed == []
    fates(bench, outcomes, failed)
