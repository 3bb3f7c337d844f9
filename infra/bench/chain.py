"""What the emulator can do: the same template, queues and concurrency, with four functions that do nothing.

Received → stored passes four functions: the endpoint, anonymize, classify, store. Their code is replaced by
`idle_functions.py` on the stack that was measured, which serves for nothing else afterwards.
"""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import requests

from infra.bench.machine import spread
from infra.cli.api_client import post, push_all
from infra.cloudformation.deploy import client, stack_resource
from infra.local.process import wait_until
from infra.local.stack import DOORS, Info, Stack
from infra.local.warm import Function, by_invocation, warm

IDLE = Path(__file__).with_name("idle_functions.py")
FUNCTIONS = {"APIHandler": DOORS, "Anonymize": 2, "Classify": 2, "Store": 2}
RATE_TARGET, TIME_TARGET = 0.7, 1.5
STORED = "SELECT extract(epoch FROM created_at - received_at)::float8 FROM core.ledger WHERE mail_id = ANY(%s::uuid[])"
Push = dict[str, Any]


def stored(info: Info, mail_ids: Sequence[str]) -> dict[str, float]:
    """Spread of received → stored, the notification left out."""
    with psycopg.connect(info.database_url, connect_timeout=10) as connection:
        return spread([seconds for (seconds,) in connection.execute(STORED, (list(mail_ids),))])


def measure(stack: Stack, pushes: Callable[[int, str], list[Push]], number: int, seconds: float) -> dict[str, Any]:
    """Mails a second of a burst of `number`, and received → end at 5 mails a second for `seconds`."""
    info, ends = stack.info(), stack.folder / "ends.jsonl"
    replace_code(stack, ends)
    _paced(info, pushes(10, "idle-warm"), 5.0)
    first = _after(ends, lambda: _all(info, pushes(number, "idle-burst")))
    slow = _after(ends, lambda: _paced(info, pushes(round(5 * seconds), "idle-rate"), 5.0))
    rate = len(first) / (max(end for _, end in first) - min(begin for begin, _ in first))
    times = spread([end - begin for begin, end in slow])
    return {"burst": number, "ended_per_s": round(rate, 1), "5 mails/s": times}


def rows(flow: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(what, value, target) of the chain and of ours as a share of it; none for numbers of an older version."""
    idle = flow.get("idle chain")
    if not idle:
        return []
    times = idle["5 mails/s"]
    value = f"{idle['ended_per_s']} mails/s  at 5 mails/s p50 {times['p50_ms'] / 1000:.2f} s"
    found = [("same template, four functions that do nothing", value, "")]
    share = flow["burst"]["stored_per_s"] / idle["ended_per_s"]
    found.append(("ours: share of its rate", f"{share:.0%}", f"≥ {RATE_TARGET:.0%}"))
    if ours := flow["5 mails/s"].get("stored"):
        ratio = ours["p50_ms"] / times["p50_ms"]
        found.append(("ours: received → stored / its time", f"{ratio:.2f}", f"≤ {TIME_TARGET}"))
    return found


def replace_code(stack: Stack, ends: Path) -> None:
    """Give the four functions code that does nothing, and start them."""
    aws = stack.emulator.client_environment()
    lambdas = client("lambda", aws)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(IDLE, "app.py")
    physical = {name: stack_resource(aws, name) for name in FUNCTIONS}
    for function in physical.values():
        held = lambdas.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        variables = held | {"MAILROOM_BENCH_ENDS": str(ends)}
        lambdas.update_function_configuration(FunctionName=function, Environment={"Variables": variables})
        lambdas.update_function_code(FunctionName=function, ZipFile=packed.getvalue())
    starts = [Function(n, FUNCTIONS[n], by_invocation(lambdas, f)) for n, f in physical.items() if n != "APIHandler"]
    warm(starts, lambda *_: None)


def _all(info: Info, mails: list[Push]) -> int:
    return len(list(push_all(info, mails)))


def _paced(info: Info, mails: list[Push], rate: float) -> int:
    started, threads = time.monotonic(), []
    for index, mail in enumerate(mails):
        time.sleep(max(0.0, started + index / rate - time.monotonic()))
        threads.append(threading.Thread(target=_pushed, args=(info, mail)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return len(mails)


def _pushed(info: Info, mail: Push) -> None:
    answer = post(info, mail)
    if answer.status_code != requests.codes.accepted:
        raise RuntimeError(f"the endpoint that does nothing answered {answer.status_code}: {answer.text[:200]}")


def _after(ends: Path, push: Callable[[], int]) -> list[tuple[float, float]]:
    """(received, ended) of what a push brought. Raises RuntimeError for a chain that does not end."""
    ends.unlink(missing_ok=True)
    number = push()
    if not wait_until(lambda: len(_lines(ends)) >= number, 60, pause=0.2):
        raise RuntimeError(f"{len(_lines(ends))} of {number} messages passed the chain that does nothing")
    return [(begin, end) for _, begin, end in map(json.loads, _lines(ends))]


def _lines(ends: Path) -> list[str]:
    return ends.read_text().splitlines() if ends.exists() else []
