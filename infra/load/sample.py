"""One look at a running stack: memory and files of each function's workers, connections, how old the oldest mail is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from infra.chaos.pusher import Pusher
from infra.chaos.workers import FUNCTIONS, Workers
from infra.load.trend import Limit
from infra.local.stack import Info, Stack
from infra.local.watch import depths

MIB = 1024 * 1024
UNITS: Mapping[str, tuple[str, Limit]] = {
    "memory": ("MiB", Limit(8, share=0.05)),
    "files": ("", Limit(3)),
    "connections": ("", Limit(2)),
    "age": ("s", Limit(5)),
    "waiting": ("", Limit(30)),
}
"""Kind of series → unit and what it may climb. Memory and files are those of one worker (the mean of a function's); a
few connections may still be opened for the first time; the oldest mail waits for Telegram's minute to pass."""

SETTLED = """
SELECT l.mail_id::text FROM core.ledger l LEFT JOIN core.outbox o ON o.mail_id = l.mail_id
WHERE l.state <> 'stored' OR o.sent_at IS NOT NULL
"""


@dataclass
class Sampler:
    """Takes the samples of a run. `series`: (kind, name) → (seconds since the start, value)."""

    stack: Stack
    info: Info
    pusher: Pusher
    series: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._workers = Workers(self.stack, self.info)

    def take(self) -> None:
        """Look at everything now."""
        at = time.monotonic() - self.started
        for function in FUNCTIONS:
            seen = [one for worker in self._workers.of(function) if (one := _process(worker.pid)) is not None]
            if seen:
                self._add("memory", function, at, sum(memory for memory, _ in seen) / len(seen) / MIB)
                self._add("files", function, at, sum(files for _, files in seen) / len(seen))
        self._add("connections", "PostgreSQL", at, self._postgres())
        self._add("connections", "Valkey", at, self._valkey())
        self._add("age", "oldest mail in progress", at, self._oldest())
        waiting = sum(depth.waiting + depth.in_flight + depth.delayed for depth in depths(self.info))
        self._add("waiting", "messages in the queues", at, waiting)

    def latest(self) -> dict[str, float]:
        """Name → value of the last sample, for the progress."""
        return {f"{kind} {name}": round(values[-1][1], 1) for (kind, name), values in self.series.items()}

    def _add(self, kind: str, name: str, at: float, value: float) -> None:
        self.series.setdefault((kind, name), []).append((round(at, 1), float(value)))

    def _postgres(self) -> int:
        """All but this look's own."""
        with psycopg.connect(self.info.database_url, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchone()
        return int(row[0]) if row else 0

    def _valkey(self) -> int:
        with redis.Redis.from_url(self.info.redis_url) as client:
            return len(client.client_list()) - 1

    def _oldest(self) -> float:
        """Seconds since the oldest mail was accepted that is neither notified nor ended otherwise."""
        accepted = self.pusher.since()
        with psycopg.connect(self.info.database_url, connect_timeout=5) as connection:
            settled = {mail_id for (mail_id,) in connection.execute(SETTLED)}
        times = [at for mail_id, at in accepted.items() if mail_id not in settled]
        return max(0.0, time.time() - min(times)) if times else 0.0


def _process(pid: int) -> tuple[int, int] | None:
    """(bytes in memory, open files) of a process, None when it has just ended."""
    with suppress(OSError, StopIteration, ValueError):
        status = Path(f"/proc/{pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024, len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return None
