"""A Lambda worker that is killed in the middle of a mail: SQS gives the mail to another one."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from infra.cloudformation.deploy import stack_resource
from infra.local.process import Process
from tests.e2e.world import PATIENCE, World


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


def kill_fetching(world: World) -> int:
    """SIGKILL the anonymize worker that talks to EmailEngine just now; how many there were."""
    port = f":{urlsplit(world.info.emailengine_url).port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{line[9]}]" for line in lines if line[2].endswith(port) and line[3] == "01"}
    found = [pid for pid in world.stack.emulator.workers() if sockets & open_files(pid)]
    for pid in found:
        os.kill(Process.of(pid).pid, signal.SIGKILL)
    return len(found)


def open_files(pid: int) -> set[str]:
    """What a process holds open; nothing of one that is gone."""
    try:
        return {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    except FileNotFoundError:
        return set()


def test_a_mail_that_kills_every_worker_holds_up_no_other(world: World) -> None:
    world.stack.warm()  # whom an earlier test killed: loading the models takes seconds
    world.fail("emailengine", times=None, delay=8, path="/source")
    good = [world.sample(f"Good neighbour {number}") for number in range(20)]
    asked = len(world.asked("emailengine", "/source"))
    kills = 0

    def killed_again() -> bool:
        nonlocal asked, kills
        if (now := len(world.asked("emailengine", "/source"))) > asked:
            kills, asked = kills + kill_fetching(world), now
        return kills >= 2

    with world.soon_visible("anonymize"):
        poison = world.mail("Kills every worker that takes it", via="emailengine")
        ids = world.send(*good)
        world.wait(lambda: killed_again() and len(world.ends(*ids, timeout=0)) == len(ids), "good mail and bad ends")
        assert world.ends(poison, timeout=0) == {}
        world.restore()
        assert world.lost(*ids, poison) == []
    query = (
        "SELECT extract(epoch FROM created_at - received_at)::float FROM core.ledger WHERE mail_id = ANY(%s) ORDER BY 1"
    )
    waits = [seconds for (seconds,) in world.rows(query, ids)]
    # A worker that takes a killed one's place loads the models first: half a minute on a busy laptop.
    assert waits[-1] < PATIENCE, waits
