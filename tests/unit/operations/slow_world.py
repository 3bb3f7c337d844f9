"""A sweep over twins whose calls take time on a clock that the test owns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib.core.clock import TimeLeft, unlimited
from chalicelib.core.messages import decode, encode
from chalicelib.mail import sealed
from chalicelib.operations.auditor import Auditor
from chalicelib.operations.overdue_webhooks import OverdueWebhooks
from chalicelib.operations.report_conditions import ConditionReporter
from chalicelib.operations.sweep import Sweep
from chalicelib.ports import Inspection, SpoolEntry
from tests.contract.mails import envelope, note
from tests.twins.cache import MemoryCache
from tests.twins.dead_letters import MemoryDeadLetterQueues
from tests.twins.ledger import MemoryLedger
from tests.twins.messenger import MemoryMessenger
from tests.twins.overdue import MemoryOpenDeliveries
from tests.twins.queues import MemoryQueues
from tests.twins.spool import MemorySpool
from tests.twins.store import MemoryMailStore
from tests.twins.telemetry import Telemetry

START = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
SEAL = sealed.seal(sealed.Header(sealed.RAW, "practice", "p", START.isoformat(), "trace", source="gmail"), b"mail")
TIME_OUT = 60.0
FAILED = {"reason": "spool_missing", "error": "Permanent", "attempts": "2"}


class Killed(BaseException):
    """The process dies: no handler of errors sees it."""


@dataclass
class Clock:
    """Seconds since 1970; it runs only while something is done. Past `end` Lambda kills the process."""

    at: float = START.timestamp()
    end: float = float("inf")

    def spend(self, seconds: float) -> None:
        self.at += seconds
        if self.at >= self.end:
            raise Killed

    def __call__(self) -> float:
        return self.at

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


@dataclass
class Costs:
    """Seconds of each call."""

    page: float = 0.05
    head: float = 0.03
    receive: float = 0.02
    send: float = 0.03
    query: float = 0.01
    telegram: float = 0.3


class SlowSpool(MemorySpool):
    """Lists 1,000 keys a page, like S3; `fatal` is a key whose seal kills who opens it."""

    def __init__(self, clock: Clock, costs: Costs) -> None:
        super().__init__(clock.now)
        self.clock, self.costs, self.fatal = clock, costs, ""
        self._keys: list[str] = []

    def list(self, prefix: str, after: str = "") -> Iterator[SpoolEntry]:
        for number, entry in enumerate(super().list(prefix, after)):
            if number % 1_000 == 0:
                self.clock.spend(self.costs.page)
            yield entry

    def head(self, key: str, size: int) -> bytes:
        self.clock.spend(self.costs.head)
        if key == self.fatal:
            raise Killed
        return super().head(key, size)


class SlowQueues(MemoryQueues):
    """`send` costs a call for ten messages."""

    def __init__(self, clock: Clock, costs: Costs) -> None:
        super().__init__(clock=clock)
        self.clock, self.costs = clock, costs

    def send(self, stage: str, bodies: Sequence[str], group: str) -> frozenset[int]:
        self.clock.spend(self.costs.send * ((len(bodies) + 9) // 10))
        return super().send(stage, bodies, group)


class SlowDeadLetterQueues(MemoryDeadLetterQueues):
    """Ten messages a call, in either direction."""

    def __init__(self, queues: SlowQueues, clock: Clock, costs: Costs) -> None:
        super().__init__(queues, clock)
        self.clock, self.costs = clock, costs

    def take(self, stage: str, limit: int, seconds: int, time_left: TimeLeft = unlimited) -> Inspection:
        return super().take(stage, limit, seconds, self._paid(self.costs.receive / 10, time_left))

    def give_back(self, messages: Iterable[object], time_left: TimeLeft = unlimited) -> None:
        super().give_back(messages, self._paid(self.costs.receive / 10, time_left))  # type: ignore[arg-type]

    def _paid(self, seconds: float, time_left: TimeLeft) -> TimeLeft:
        def paid() -> float:
            self.clock.spend(seconds)
            return time_left()

        return paid


class SlowStore(MemoryMailStore):
    """`counted` is how often the whole ledger was counted."""

    def __init__(self, clock: Clock, costs: Costs) -> None:
        super().__init__()
        self.clock, self.costs, self.counted = clock, costs, 0

    def ledger_state(self, mail_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        self.clock.spend(self.costs.query)
        return super().ledger_state(mail_ids)

    def ledger_counts(self) -> dict[str, int]:
        self.counted += 1
        return super().ledger_counts()


class SlowMessenger(MemoryMessenger):
    """Telegram, answering after a while."""

    def __init__(self, clock: Clock, costs: Costs) -> None:
        super().__init__()
        self.clock, self.costs = clock, costs

    def send(self, topic: str, text: str) -> None:
        self.clock.spend(self.costs.telegram)
        super().send(topic, text)


@dataclass
class World:
    """A sweep over twins whose calls take time."""

    costs: Costs = field(default_factory=Costs)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.spool = SlowSpool(self.clock, self.costs)
        self.queues = SlowQueues(self.clock, self.costs)
        self.dead = SlowDeadLetterQueues(self.queues, self.clock, self.costs)
        self.store = SlowStore(self.clock, self.costs)
        self.ledger = MemoryLedger(self.store, self.clock)
        self.cache, self.telemetry = MemoryCache(self.clock), Telemetry()
        self.messenger = SlowMessenger(self.clock, self.costs)
        self.auditor = Auditor(
            self.spool, self.queues, self.dead, self.store, self.ledger, notifying=lambda: False, now=self.clock.now
        )
        self.webhooks = OverdueWebhooks(MemoryOpenDeliveries(self.store), self.queues, now=self.clock.now)
        self.processed: set[str] = set()
        self.sweep = self.container()

    def container(self) -> Sweep:
        """A new process: it knows only what Redis does."""
        reporter = ConditionReporter(
            self.queues, lambda: (), self.cache, lambda: self.messenger, self.telemetry, 10**6, "en", self.clock.now
        )
        return Sweep(self.auditor, self.webhooks, self.cache, reporter, self.telemetry)

    def lose(self, number: int, accounts: Sequence[str] = ("practice",)) -> list[str]:
        """Sealed mails whose pointers were lost an hour ago; their ids."""
        ids = [str(UUID(int=(5 << 76) | (2 << 62) | n)) for n in range(number)]
        for n, mail_id in enumerate(ids):
            key = f"sealed/{accounts[n % len(accounts)]}/{mail_id}"
            self.spool.objects[key] = SEAL
            self.spool.modified[key] = START - timedelta(hours=1)
        return ids

    def bury(self, stage: str, number: int) -> None:
        """Failed messages with their ledger rows."""
        for n in range(number):
            self.queues.send_dead(stage, encode(envelope(f"{stage} {n}")), FAILED)
            self.store.quarantine(note(f"{stage} {n}"))

    def run(self) -> dict[str, int]:
        """One invocation, and then the minutes until the next one, in which the first stage does its work."""
        began = self.clock.at
        self.clock.end = began + TIME_OUT
        try:
            return self.sweep.run(lambda: began + TIME_OUT - self.clock.at)
        finally:
            self.clock.end = float("inf")
            self.seconds = self.clock.at - began
            self.clock.at = began + 300
            for message in self.queues.queues["anonymize"]:
                pointer = decode(message.body)
                self.processed.add(pointer.mail_id)
                self.spool.objects.pop(f"sealed/{pointer.account}/{pointer.mail_id}", None)
            self.queues.queues["anonymize"].clear()

    def until(self, done: Callable[[], bool], runs: int) -> int:
        """Run until that holds; how often."""
        for number in range(1, runs + 1):
            self.run()
            if done():
                return number
        raise AssertionError(f"not done after {runs} runs")

    @property
    def reports(self) -> list[str]:
        return [text for topic, text in self.messenger.sent if topic == "system"]
