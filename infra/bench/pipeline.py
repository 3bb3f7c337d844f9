"""The pipeline on the local stack: cold door, sustained rate, latency at given rates, stage times from the receipts."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from infra.bench import busy, chain
from infra.bench.machine import spread
from infra.bench.steady import steady
from infra.cli.api_client import post, push_all
from infra.cloudformation.template import ROOT
from infra.local.process import wait_until
from infra.local.rehearsal import control
from infra.local.samples import english, french, italian
from infra.local.samples.model import MailDraft
from infra.local.stack import Info, Stack
from infra.local.watch import Fate, depths, fates, settled

DRAFTS: Sequence[MailDraft] = (*french.drafts(), *english.drafts(), *italian.drafts())
PATIENCE = 180.0


def pushes(number: int, series: str) -> list[dict[str, Any]]:
    """Distinct mails from the sample drafts (without the 3 MiB one): other ids, one changed line."""
    drafts = [draft for draft in DRAFTS if sum(len(file.data) for file in draft.files) < 100_000]
    made = []
    for index in range(number):
        draft = drafts[index % len(drafts)]
        name = f"bench-{series}-{index}"
        numbered = replace(
            draft, name=name, via="gmail raw", text=draft.text and f"{draft.text}\n\nRef {series} {index}\n"
        )
        push = dict(numbered.sample(0, datetime.now(UTC)).push or {})
        push["id"] = ""
        made.append(push)
    return made


def cold_door(stack: Stack, rounds: int = 5) -> dict[str, float]:
    """First answer of a new door worker: its process is ended, then `POST` until 202 (start-up included)."""
    info, times = stack.info(), []
    for turn, push in enumerate(pushes(rounds, "cold")):
        for pid in stack.emulator.workers():
            if b"APIHandler" in Path(f"/proc/{pid}/environ").read_bytes():
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
        before = time.perf_counter()
        response = post(info, push)
        while response.status_code != 202 and turn < rounds:
            response = post(info, push)
        times.append(time.perf_counter() - before)
    return spread(times)


def at_rate(info: Info, rate: float, seconds: float) -> dict[str, Any]:
    """Push `rate` mails a second for `seconds`, one push a mail, and follow them to the notification."""
    ids, answers = answers_at(info, rate, seconds)
    known = _settle(info, ids)
    return answers | {"stored": chain.stored(info, ids)} | _latency(known)


def answers_at(info: Info, rate: float, seconds: float) -> tuple[list[str], dict[str, Any]]:
    """Push at that rate; the mails' ids, and how the endpoint answered."""
    mails = pushes(round(rate * seconds), f"rate{rate:g}-{time.time():.0f}")
    ids: list[str] = []
    answered: list[float] = []
    refused: Counter[int] = Counter()
    started = time.monotonic()
    threads = []

    def one(push: dict[str, Any]) -> None:
        """Push as the pusher does: what is refused for now is pushed again."""
        before = time.monotonic()
        while (response := post(info, push)).status_code != 202 and time.monotonic() - before < PATIENCE:
            refused[response.status_code] += 1
            time.sleep(1.0)
        answered.append(time.monotonic() - before)
        ids.append(response.json()["mail_id"])

    for index, push in enumerate(mails):
        time.sleep(max(0.0, started + index / rate - time.monotonic()))
        thread = threading.Thread(target=one, args=(push,))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    pushed = time.monotonic() - started
    answers = {"rate": rate, "mails": len(mails), "pushed_per_s": round(len(mails) / pushed, 1)}
    return ids, answers | {"door": spread(answered), "refused": dict(refused)}


def burst(info: Info, number: int) -> dict[str, Any]:
    """Push a backlog as fast as the door takes it; the sustained rate is that of storing it."""
    mails = pushes(number, f"burst-{time.time():.0f}")
    before = time.monotonic()
    ids = []
    for answer in push_all(info, mails):
        ids.append(answer.mail_id)
    door = time.monotonic() - before
    known = _settle(info, ids)
    with psycopg.connect(info.database_url) as connection:
        row = connection.execute(
            "SELECT extract(epoch FROM max(l.created_at) - min(l.received_at))::float8,"
            " extract(epoch FROM max(o.sent_at) - min(l.received_at))::float8"
            " FROM core.ledger l LEFT JOIN core.outbox o USING (mail_id) WHERE l.mail_id = ANY(%s::uuid[])",
            (ids,),
        ).fetchone()
    assert row is not None
    stored, notified = row
    return {
        "mails": number,
        "door_per_s": round(number / door, 1),
        "stored_per_s": round(number / stored, 1),
        "notified_per_s": round(number / notified, 1),
        "unfinished": number - sum(map(settled, known)),
    }


def stages(info: Info) -> dict[str, Any]:
    """Module → spread of its receipts' durations."""
    with psycopg.connect(info.database_url) as connection:
        rows = connection.execute("SELECT module, array_agg(duration) FROM core.action_receipts GROUP BY 1").fetchall()
    return {module: spread(list(durations)) for module, durations in sorted(rows)}


def run(folder: Path, short: bool) -> dict[str, Any]:
    """Everything on a fresh stack that is removed afterwards."""
    Stack(folder).remove()
    stack = Stack(folder)
    try:
        info = stack.up()
        result: dict[str, Any] = {"cold door": cold_door(stack, 2 if short else 5)}
        _settle(info, [])
        for rate, seconds in ((1, 10), (5, 6)) if short else ((1, 30), (5, 30), (20, 15)):
            result[f"{rate} mails/s"] = at_rate(info, rate, seconds)
            _rest(info)
        result["burst"] = burst(info, 50 if short else 300)
        _rest(info)
        result["steady"] = steady(info, 300 if short else 700)
        result["stages"] = stages(info)
        _rest(info)
        result["busy endpoint"] = busy.measure(lambda: answers_at(info, 20, 5 if short else 15)[1])
        result["idle chain"] = _idle_chain(stack, short)
        return result
    finally:
        stack.remove()


def shares(folder: Path) -> dict[str, Any]:
    """The rows that compare with the emulator and a busy machine alone: `python -m infra.bench.pipeline`."""
    Stack(folder).remove()
    stack = Stack(folder)
    try:
        info = stack.up()
        result: dict[str, Any] = {"5 mails/s": at_rate(info, 5, 15), "burst": burst(info, 300)}
        _rest(info)
        result["busy endpoint"] = busy.measure(lambda: answers_at(info, 20, 15)[1])
        result["idle chain"] = _idle_chain(stack, short=False)
        return result
    finally:
        stack.remove()


def _idle_chain(stack: Stack, short: bool) -> dict[str, Any]:
    """Once the last mails have left the queues, whose functions are replaced then."""
    wait_until(lambda: not any(d.waiting + d.in_flight + d.delayed for d in depths(stack.info())), PATIENCE, pause=1.0)
    return chain.measure(stack, pushes, 50 if short else 300, 5 if short else 15)


def _settle(info: Info, ids: Sequence[str]) -> list[Fate]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        known = fates(info, ids)
        if len(known) == len(set(ids)) and all(map(settled, known)):
            return known
        time.sleep(0.5)
    return fates(info, ids)


def _rest(info: Info) -> None:
    """Forget what "Telegram" counted, so that one series does not pay for the other's messages."""
    control(info.telegram_url, "clear", {"all": True})
    with psycopg.connect(info.database_url) as connection:
        connection.execute("UPDATE core.chats SET recent = '{}', next_at = 0")


def _latency(known: Sequence[Fate]) -> dict[str, Any]:
    notified = [fate.seconds for fate in known if fate.notified]
    return spread(notified) | {"unfinished": sum(not settled(fate) for fate in known)} if notified else {"n": 0}


if __name__ == "__main__":
    print(json.dumps(shares(ROOT / ".mailroom" / "bench-shares"), indent=1))
