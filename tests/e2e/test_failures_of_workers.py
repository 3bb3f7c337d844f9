"""A Lambda worker that is killed in the middle of a mail: SQS gives the mail to another one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psycopg

from infra.deploy import stack_resource
from infra.local.process import Process
from tests.e2e.world import World


def kill_workers(world: World, function: str) -> int:
    """SIGKILL every worker of a function; how many there were."""
    name = f"AWS_LAMBDA_FUNCTION_NAME={stack_resource(world.info.aws, function)}\0".encode()
    found = [pid for pid in world.stack.emulator.workers() if name in Path(f"/proc/{pid}/environ").read_bytes() + b"\0"]
    processes = [Process.of(pid) for pid in found]
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
    world.wait(lambda: not any(process.alive() for process in processes), "the workers to die")
    return len(processes)


def test_a_mail_outlives_an_anonymize_worker_that_is_killed_while_it_fetches(world: World) -> None:
    before = len(world.asked("emailengine", "/source"))
    world.fail("emailengine", delay=8, path="/source")
    with world.soon_visible("anonymize"):
        mail_id = world.mail("Worker dies while it fetches", via="emailengine")
        world.wait(lambda: len(world.asked("emailengine", "/source")) > before, "the worker to fetch")
        assert kill_workers(world, "Anonymize")
        assert world.lost(mail_id) == []


def test_a_mail_outlives_a_store_worker_that_is_killed_within_its_transaction(world: World) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%%ledger%%'"
    with world.soon_visible("store"):
        with psycopg.connect(world.info.database_url) as blocker:
            blocker.execute("LOCK TABLE core.ledger IN ACCESS EXCLUSIVE MODE")
            mail_id = world.mail("Worker dies while it stores")
            world.wait(lambda: bool(world.rows(waiting)), "the worker to wait within its transaction")
            assert kill_workers(world, "Store")
        assert world.lost(mail_id) == []
