"""Kills the workers of functions with SIGKILL: at rest, at work, and between an effect and its acknowledgement."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import psycopg
import requests

from chalicelib.bootstrap.functions import SCHEDULED
from chalicelib.core.stages import PIPELINE, SERVICE
from chalicelib.pipeline.notify import LEASE
from infra.chaos import rules
from infra.chaos.plan import Strike
from infra.chaos.workers import Workers
from infra.cloudformation.deploy import client, stack_resource
from infra.local.fault_proxy import FaultProxy
from infra.local.rehearsal import control, telegram
from infra.local.stack import Info, Stack

HELD_KBPS = 0.03
"""An answer at this speed takes some seconds: its work is done, and the function that waits for it can be killed."""

EMAIL_TOPIC = 2
FOLLOWING = {"door": PIPELINE[0].name, "offload": "deliver"} | {
    before.name: after.name for before, after in pairwise(PIPELINE)
}
"""Function → the stage whose queue it sends to."""

SCHEDULE = {"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-01-01T00:05:00Z", "detail": {}}
SCHEDULE |= {"version": "0", "id": "chaos", "account": "000000000000", "region": "us-east-1", "resources": []}


def scheduled(info: Info, function: str, wait: bool = True) -> None:
    """Call a scheduled function (its logical name) as its schedule does."""
    name = stack_resource(info.aws, function)
    how = "RequestResponse" if wait else "Event"
    client("lambda", info.aws, 310).invoke(FunctionName=name, InvocationType=how, Payload=json.dumps(SCHEDULE).encode())


def wait_unless(over: threading.Event, condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Poll until it holds; False after `seconds`, or when the run is over."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until or over.wait(pause):
            return False
    return True


@dataclass
class Killer:
    """`kills` has what was killed: time, function, how many. `hurried` as in `Striker`."""

    stack: Stack
    info: Info
    over: threading.Event
    hurried: bool = False
    kills: list[tuple[float, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.stack.proxy is not None
        self.proxy: FaultProxy = self.stack.proxy
        self.workers = Workers(self.stack, self.info)

    def strike(self, strike: Strike) -> tuple[int, str]:
        """Kill as the schedule says: how many, and when."""
        kind = strike.kind
        function = kind.split()[1]
        if kind == "kill notify after its effect":
            return self._after_telegram(strike)
        if kind == "kill deliver after its effect":
            return self._after_receiver(strike)
        if "effect" in kind or "between" in kind:
            return self._at_effect(function, strike)
        if function in {row.name for row in SCHEDULED}:
            scheduled(self.info, function.capitalize(), wait=False)
            self.over.wait(strike.dice)
        return self.kill(function), ""

    def kill(self, function: str) -> int:
        """SIGKILL every worker of a function; how many there were."""
        at = time.time()
        number = self.workers.kill(function)
        if number:
            self.kills.append((at, function, number))
        return number

    def _at_effect(self, function: str, strike: Strike) -> tuple[int, str]:
        """Let a function send to the next stage (or, "between", be about to), hold the answer back, and kill it."""
        hold: dict[str, Any] = {"response": {"bandwidth_kbps": HELD_KBPS}}
        if "between" in strike.kind:
            hold = {"latency": {"min": 4000, "max": 4000}}
        rule = {
            "service": "sqs",
            "operation": "SendMessageBatch",
            "body": f"ends_with(QueueUrl, '{SERVICE}-{FOLLOWING[function]}')",
            "times": 1,
            "ttl_s": strike.seconds,
        }
        number = self.proxy.add(rule | hold)
        if not wait_unless(self.over, lambda: self.proxy.fired(number) > 0, strike.seconds):
            return 0, "no mail came by"
        self.over.wait(0.2)  # the call goes through
        return self.kill(function), "after it was sent on" if "response" in hold else "sealed, not yet sent"

    def _after_telegram(self, strike: Strike) -> tuple[int, str]:
        """Let Telegram take a message, hold its answer back, and kill the function that waits for it."""
        url = self.info.telegram_url
        before = len(telegram(self.info))
        control(url, "fail", {"times": None, "path": "/sendMessage", "hold": 5.0})
        try:
            if not wait_unless(self.over, lambda: _any_mail(telegram(self.info)[before:]), strike.seconds, 0.3):
                return 0, "no message came by"
            at = time.time()
            killed = self.kill("notify") + self.kill("sweep")
            return killed, "after Telegram had the message" + (self._end_leases(at) if self.hurried else "")
        finally:
            control(url, "clear", {})

    def _after_receiver(self, strike: Strike) -> tuple[int, str]:
        """Let a receiver take a webhook, hold its answer back, and kill the function that waits for it."""
        url = self.info.outside_url
        before = self._received()
        control(url, "fail", {"times": None, "path": rules.PATH, "hold": 5.0})
        try:
            if not wait_unless(self.over, lambda: self._received() > before, strike.seconds, 0.3):
                return 0, "no webhook came by"
            return self.kill("deliver"), "after the receiver had the webhook"
        finally:
            control(url, "clear", {})

    def _received(self) -> int:
        return len(requests.get(f"{self.info.outside_url}/_control/messages", timeout=30).json())

    def _end_leases(self, at: float) -> str:
        """End the leases of the killed workers now: no worker that claimed before is alive."""
        with psycopg.connect(self.info.database_url, connect_timeout=2) as connection:
            connection.execute(
                "UPDATE core.outbox SET claimed_until = now()"
                " WHERE sent_at IS NULL AND claimed_until < to_timestamp(%s)",
                (at + LEASE,),
            )
        return ", its lease ended"


def _any_mail(messages: Sequence[dict[str, Any]]) -> bool:
    """Whether one of them is of the topic Email."""
    return any(message["message_thread_id"] == EMAIL_TOPIC for message in messages)
