"""The batch runner: a mail that kills its worker does not take its neighbours with it."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import Retryable
from tests.unit.pipeline.batches import Bench, mail

GOOD, POISON, OTHER = mail(1), mail(2), mail(3)


class Killed(BaseException):
    """The worker's end: nothing after it runs."""


@pytest.fixture
def bench() -> Bench:
    bench = Bench()

    def kill(mail_id: str) -> None:
        if mail_id == POISON.mail_id:
            raise Killed

    bench.worker.before = kill
    return bench


def run(bench: Bench, *native: int) -> dict[str, Any] | None:
    """One invocation over GOOD, POISON and OTHER, each received so often."""
    bench.put(GOOD, POISON, OTHER)
    records = bench.queues.receive(bench.stage)
    for record, receives in zip(records, native, strict=True):
        record["attributes"]["ApproximateReceiveCount"] = str(receives)
    return bench.runner().run({"Records": records})


def test_what_came_back_is_worked_on_after_what_never_did(bench: Bench) -> None:
    bench.worker.before = lambda _: None
    run(bench, 3, 2, 1)
    assert bench.worker.worked == [OTHER.mail_id, POISON.mail_id, GOOD.mail_id]


def test_the_neighbours_of_a_mail_that_kills_again_are_handed_on_before_it(bench: Bench) -> None:
    with pytest.raises(Killed):
        run(bench, 1, 2, 1)
    assert bench.ids("store") == [GOOD.mail_id, OTHER.mail_id]


def test_and_they_do_not_come_back_with_it(bench: Bench) -> None:
    """Else they would be quarantined with it, when SQS has counted their receives up."""
    with pytest.raises(Killed):
        run(bench, 1, 2, 1)
    assert bench.ids("classify") == [POISON.mail_id]


def test_a_neighbour_that_failed_stays_in_the_queue(bench: Bench) -> None:
    bench.worker.outcomes[GOOD.mail_id] = Retryable("llm_unavailable")
    with pytest.raises(Killed):
        run(bench, 1, 2, 1)
    assert bench.ids("classify") == [GOOD.mail_id, POISON.mail_id]


def test_a_neighbour_whose_successor_is_not_durable_stays_in_the_queue(bench: Bench) -> None:
    bench.put(POISON, OTHER, GOOD)
    bench.queues.fails = lambda call: call == "send store"
    records = bench.queues.receive(bench.stage)
    records[0]["attributes"]["ApproximateReceiveCount"] = "2"
    with pytest.raises(Killed):
        bench.runner().run({"Records": records})
    assert sorted(bench.ids("classify")) == sorted([GOOD.mail_id, POISON.mail_id, OTHER.mail_id])


def test_neighbours_that_cannot_be_let_go_are_acknowledged_with_the_batch(bench: Bench) -> None:
    bench.worker.before = lambda _: None
    bench.queues.fails = lambda call: call == "remove"
    assert run(bench, 1, 2, 1) == {"batchItemFailures": []}


def test_without_reports_nothing_is_let_go_early(bench: Bench) -> None:
    """A batch that raises is delivered again whole: what is gone would be missing in the next count."""
    bench.report = False
    with pytest.raises(Killed):
        run(bench, 1, 2, 1)
    assert len(bench.ids("classify")) == 3
