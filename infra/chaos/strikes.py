"""Injects the faults of the schedule into a running stack, each for its time, and ends them again."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import requests

from chalicelib.core.stages import PIPELINE
from infra.chaos.killer import Killer, wait_unless
from infra.chaos.plan import BY_NAME, Strike
from infra.chaos.pusher import Pusher
from infra.chaos.tables import AWS, PATHS, UNDISTURBED, VENDOR
from infra.chaos.workers import soon_visible
from infra.cloudformation.deploy import client
from infra.local.fault_proxy import FaultProxy
from infra.local.rehearsal import control
from infra.local.stack import Info, Stack
from infra.local.watch import lying


@dataclass(frozen=True)
class Fault:
    """What was done: seconds since 1970 of its begin and end, how many were hit (workers, messages, calls)."""

    kind: str
    family: str
    began: float
    ended: float
    hit: int
    detail: str = ""


@dataclass
class Striker:
    """Works the schedule off. The judge and the report read `faults` and `kills` (time, function, how many).

    `visible` as in `Options`; `hurried` ends the lease of a killed notify worker's notices at once, where the run has
    no minute to wait for it.
    """

    stack: Stack
    info: Info
    pusher: Pusher
    visible: int
    hurried: bool = False
    faults: list[Fault] = field(default_factory=list)
    now: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.stack.proxy is not None
        self.proxy: FaultProxy = self.stack.proxy
        self._over = threading.Event()
        self.killer = Killer(self.stack, self.info, self._over, self.hurried)
        self._locks: dict[str, threading.Lock] = {kind.target: threading.Lock() for kind in BY_NAME.values()}
        self._threads: list[threading.Thread] = []

    def run(self, strikes: Sequence[Strike]) -> None:
        """Begin each at its time; returns when the last one has ended."""
        started = time.monotonic()
        for strike in strikes:
            if self._over.wait(max(0.0, started + strike.at - time.monotonic())):
                break
            thread = threading.Thread(target=self._inflict, args=(strike,), name=strike.kind, daemon=True)
            thread.start()
            self._threads.append(thread)
        for thread in self._threads:
            thread.join(120)

    @property
    def kills(self) -> list[tuple[float, str, int]]:
        """Time, function, how many of its workers."""
        return self.killer.kills

    def stop(self) -> None:
        """No more faults, and the present ones end."""
        self._over.set()

    def heal(self) -> None:
        """Whatever is broken is whole again. Waits for the faults that are being made: they heal what they broke."""
        self.stop()
        for thread in self._threads:
            thread.join(60)
        self.proxy.start()
        self.proxy.clear()
        for url in (self.info.telegram_url, self.info.emailengine_url, self.info.llm_url, self.info.outside_url):
            control(url, "clear", {})
        self.stack.postgres.start()
        self._signal_valkey(signal.SIGCONT)
        self.stack.valkey.start()
        self.pusher.clock_offset = 0.0

    def _inflict(self, strike: Strike) -> None:
        kind = BY_NAME[strike.kind]
        with ExitStack() as held:
            for target in sorted({kind.target} | UNDISTURBED.get(strike.kind, set())):
                held.enter_context(self._locks[target])
            if self._over.is_set():
                return
            began = time.time()
            self.now.add(strike.kind)
            try:
                hit, detail = self._action(strike)(strike)
            except Exception as error:  # noqa: BLE001 - the report shows it: a fault that could not be made is no proof
                hit, detail = 0, f"{type(error).__name__}: {error}"[:200]
                self.problems.append(f"{strike.kind}: {detail}")
            finally:
                self.now.discard(strike.kind)
            self.faults.append(Fault(strike.kind, kind.family, began, time.time(), hit, detail))

    def _action(self, strike: Strike) -> Callable[[Strike], tuple[int, str]]:
        kind, target = strike.kind, BY_NAME[strike.kind].target
        exact = {
            "valkey hangs": self._valkey_hangs,
            "secrets away": self._secrets_away,
            "clock skewed": self._clock,
            "messages doubled": self._double_messages,
            "webhooks doubled": self._double_webhooks,
            "queue emptied": self._empty,
            "redeploy": self._redeploy,
        }
        if kind in exact:
            return exact[kind]
        if kind in AWS:
            return self._aws
        if target in ("postgres", "valkey"):
            return self._server
        if target in ("telegram", "emailengine", "llm", "webhook"):
            return self._vendor
        return self.killer.strike

    # servers

    def _server(self, strike: Strike) -> tuple[int, str]:
        server = self.stack.postgres if strike.kind.startswith("postgres") else self.stack.valkey
        (server.kill if strike.kind.endswith("crashed") else server.stop)()
        try:
            self._over.wait(strike.seconds)
        finally:
            server.start()
        return 1, ""

    def _valkey_hangs(self, strike: Strike) -> tuple[int, str]:
        self._signal_valkey(signal.SIGSTOP)
        try:
            self._over.wait(strike.seconds)
        finally:
            self._signal_valkey(signal.SIGCONT)
        return 1, ""

    def _signal_valkey(self, number: int) -> None:
        pid = self.stack.valkey.pid
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _redeploy(self, _strike: Strike) -> tuple[int, str]:
        self.stack.deploy()
        soon_visible(self.info, self.visible)
        return 1, ""

    # vendors and AWS

    def _vendor(self, strike: Strike) -> tuple[int, str]:
        service, _, way = strike.kind.partition(" ")
        url = getattr(self.info, "outside_url" if service == "webhook" else f"{service}_url")
        fault = {"times": None, "path": PATHS[service]} | VENDOR[way]
        if service == "webhook" and way == "garbage":
            fault["status"] = 500  # a receiver that answers 200 has taken it, whatever else it says
        before = len(requests.get(f"{url}/_control/requests", timeout=30).json())
        control(url, "fail", fault)
        try:
            self._over.wait(strike.seconds)
        finally:
            control(url, "clear", {})
        return len(requests.get(f"{url}/_control/requests", timeout=30).json()) - before, "calls while it lasted"

    def _aws(self, strike: Strike) -> tuple[int, str]:
        rule = self.proxy.add(AWS[strike.kind] | {"ttl_s": strike.seconds})
        self._over.wait(strike.seconds)
        return self.proxy.fired(rule), "calls spoiled"

    def _secrets_away(self, strike: Strike) -> tuple[int, str]:
        """Workers that live have their secrets: end them, so that the next ones must ask."""
        rule = self.proxy.add(AWS[strike.kind] | {"ttl_s": strike.seconds})
        for function in ("classify", "store", "notify", "door"):
            self.killer.kill(function)
        self._over.wait(strike.seconds)
        return self.proxy.fired(rule), "calls spoiled, workers ended before"

    # senders and queues

    def _clock(self, strike: Strike) -> tuple[int, str]:
        offset = (400 + 80_000 * strike.dice) * (1 if strike.dice < 0.5 else -1)
        before = self.pusher.answers["unauthorized"]
        self.pusher.clock_offset = offset
        try:
            self._over.wait(strike.seconds)
        finally:
            self.pusher.clock_offset = 0.0
        return self.pusher.answers["unauthorized"] - before, f"pushes refused, {offset:+.0f} s"

    def _double_messages(self, _strike: Strike) -> tuple[int, str]:
        """Copies of what lies in the queues, as SQS's at-least-once delivery may give."""
        queues = client("sqs", self.info.aws)
        done = 0
        until = time.monotonic() + 2
        while done < 20 and time.monotonic() < until and not self._over.is_set():
            for stage in PIPELINE:
                url = queues.get_queue_url(QueueName=stage.queue)["QueueUrl"]
                for message in lying(self.info, stage.queue)[:5]:
                    queues.send_message(QueueUrl=url, MessageBody=message["Body"])
                    done += 1
        return done, "copies"

    def _double_webhooks(self, strike: Strike) -> tuple[int, str]:
        events = self.pusher.events()
        chosen = events[int(strike.dice * len(events)) :][:10]
        for event in chosen:
            control(self.info.emailengine_url, "redeliver", {"eventId": event})
        return len(chosen), "replays"

    def _empty(self, _strike: Strike) -> tuple[int, str]:
        """An operator's mistake: what is in the first queue is gone. The sweep must find it."""
        queues = client("sqs", self.info.aws)
        name = PIPELINE[0].queue
        wait_unless(self._over, lambda: len(lying(self.info, name)) > 0, 5)
        number = len(lying(self.info, name))
        queues.purge_queue(QueueUrl=queues.get_queue_url(QueueName=name)["QueueUrl"])
        return number, "messages gone"
