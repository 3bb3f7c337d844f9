"""The sweep under a clock that runs: it reports in time whatever is slow, and the next runs get through everything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.core.errors import Retryable
from chalicelib.core.messages import Routing, decode
from chalicelib.operations import sweep as module
from chalicelib.operations.sweep import RESERVE
from tests.contract.mails import ORIGINAL, envelope
from tests.unit.operations.slow_world import START, TIME_OUT, Costs, Killed, SlowSpool, World


def test_an_outage_of_tens_of_thousands_of_mails_is_reported_at_once() -> None:
    world = World()
    world.lose(30_000)
    numbers = world.run()
    assert "requeued: 30,000" in world.reports[0]
    assert (numbers["missing"], numbers["requeued"]) == (30_000, module.MAILS)
    assert world.seconds < TIME_OUT - RESERVE


def test_after_an_outage_every_account_s_mail_is_repaired_run_by_run() -> None:
    world = World()
    lost = world.lose(8_000, ("faculty", "practice", "research"))
    assert world.until(lambda: world.processed == set(lost), 20) == 8_000 / module.MAILS


def test_each_run_goes_on_where_the_one_before_it_stopped() -> None:
    world = World()
    world.lose(5_000)
    first = world.run()["requeued"]
    assert world.cache.get(module.CURSOR) == sorted(f"sealed/practice/{one}" for one in world.processed)[-1].encode()
    assert world.run()["requeued"] == first
    assert len(world.processed) == 2 * first


def test_a_slow_listing_is_cut_and_continued() -> None:
    world = World(Costs(page=4.0))
    lost = world.lose(9_000)
    numbers = world.run()
    assert (0 < numbers["missing"] < len(lost), world.seconds < TIME_OUT) == (True, True)
    assert len(world.reports) == 1
    world.until(lambda: world.processed == set(lost), 60)


def test_a_listing_whose_every_page_takes_all_the_time_still_gets_through() -> None:
    world = World(Costs(page=25.0))
    lost = world.lose(3_000)
    world.until(lambda: world.processed == set(lost), 60)


def test_slow_ledger_queries_shorten_the_slice() -> None:
    world = World(Costs(query=3.0))
    lost = world.lose(10_000)
    assert 0 < world.run()["missing"] < len(lost)
    assert len(world.reports) == 1
    world.until(lambda: world.processed == set(lost), 60)


def test_slow_dead_letter_queues_do_not_keep_the_report_or_each_other() -> None:
    world = World(Costs(receive=2.0))
    for stage in ("anonymize", "store", "deliver"):
        world.bury(stage, 2_000)
    numbers = world.run()
    assert (numbers["unproven"], world.seconds < TIME_OUT) == (1, True)
    [report] = world.reports
    lines = "\n".join(line for line in report.splitlines() if "(spool_missing): ≥ " in line)
    assert [f"stage {stage}," in lines for stage in ("anonymize", "store", "deliver")] == [True] * 3


def test_mail_is_repaired_once_the_dead_letter_queues_can_be_read_again() -> None:
    world = World(Costs(receive=2.0))
    lost = world.lose(100)
    world.bury("store", 2_000)
    world.run()
    world.costs.receive = 0.02
    world.until(lambda: set(lost) <= world.processed, 3)


def test_a_run_that_is_killed_has_reported_and_the_next_one_goes_on_behind_the_place() -> None:
    world = World()
    lost = world.lose(3_000)
    world.spool.fatal = f"sealed/practice/{lost[100]}"
    with pytest.raises(Killed):
        world.run()
    assert "requeued: 3,000" in world.reports[0]
    world.sweep = world.container()
    numbers = world.run()
    assert numbers["requeued"] > 0
    assert not world.processed.isdisjoint(lost[110:])


def test_a_mail_that_kills_every_run_costs_its_own_batch_only() -> None:
    world = World()
    lost = world.lose(3_000)
    world.spool.fatal = f"sealed/practice/{lost[100]}"
    for _ in range(12):
        try:
            world.run()
        except Killed:
            world.sweep = world.container()
    assert set(lost) - world.processed <= set(lost[100:110])


def test_without_redis_the_container_remembers_the_place() -> None:
    world = World()
    lost = world.lose(5_000)
    world.cache.down = True
    world.until(lambda: world.processed == set(lost), 20)


def test_the_sweep_never_counts_the_whole_ledger() -> None:
    world = World()
    world.lose(10)
    world.run()
    assert world.store.counted == 0
    world.auditor.examine()
    assert world.store.counted == 1


def test_a_spool_that_fails_in_the_repair_ends_it_and_is_reported() -> None:
    world = World()
    lost = world.lose(50)

    class Failing(SlowSpool):
        def head(self, key: str, size: int) -> bytes:
            raise Retryable("spool_unavailable")

    whole = world.spool
    world.auditor.spool = Failing(world.clock, world.costs)
    world.auditor.spool.objects, world.auditor.spool.modified = whole.objects, whole.modified
    numbers = world.run()
    assert (numbers["failed"], numbers["left"]) == (1, 49)
    assert ["(spool_unavailable): 1" in text for text in world.reports] == [False, True]
    world.auditor.spool = whole
    world.until(lambda: world.processed == set(lost), 5)


def test_a_queue_that_takes_nothing_is_asked_once() -> None:
    world = World()
    world.lose(50)
    world.queues.refuse.add("sealed/")
    numbers = world.run()
    assert (numbers["failed"], numbers["left"]) == (10, 40)


def test_a_failed_examination_keeps_no_webhook_waiting_and_is_raised() -> None:
    world = World()
    message = envelope("a", routing=Routing(1, webhooks=("desk",)))
    world.store.store(message, "text", ORIGINAL, [])
    world.store.deliveries[message.mail_id, "desk"].last_at = START - timedelta(hours=2)
    world.spool.down = True
    with pytest.raises(Retryable, match="spool_unavailable"):
        world.run()
    assert [decode(one.body).mail_id for one in world.queues.queues["deliver"]] == [message.mail_id]
