"""Finds webhooks whose message no queue can hold any more (a lost send, an emptied queue), and sends it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.core.clock import Now, TimeLeft, unlimited, utc_now
from chalicelib.core.messages import Envelope, send_grouped
from chalicelib.core.stages import DELIVER, OFFLOAD, SIDE
from chalicelib.ports import OpenDeliveries, Overdue, Queues
from chalicelib.resilience import retry

PATIENCE = 30 * retry.MINUTE
"""Seconds that a webhook may wait for its next try beyond the schedule: twice what a message is postponed at most."""

ASKED = retry.HOUR
"""The longest wait that a receiver may ask for."""

WAITS = (
    PATIENCE,
    *(PATIENCE + max(ASKED, min(s * (1 + retry.JITTER), retry.MAX_WAIT)) for s in retry.SCHEDULE),
)
"""By the number of tries so far: seconds after the last sign of life when a webhook is overdue."""

REST = retry.HOUR
RESTS = tuple(REST * 2**times for times in range(8))
"""By the number of times that it was sent again: seconds until the next time. Together over ten days, longer than a
queue keeps a message; what still was not delivered then is left to the operator."""

BY_HAND = (REST,) * 1000
"""For an operator, who may send it again as often as needed, but once an hour."""

BATCH = 10
"""Messages that one call to SQS takes."""

LIMIT = 200
"""Webhooks that are sent again at a time."""


@dataclass(frozen=True, slots=True)
class Resent:
    """(mail id, destination) of the webhooks that were sent again, and of those that the queue did not take."""

    sent: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@dataclass
class OverdueWebhooks:
    """`sending` is the flag `webhook_sending_enabled`: while it is off, webhooks wait and are not overdue."""

    deliveries: OpenDeliveries
    queues: Queues
    sending: Callable[[], bool] = lambda: True
    now: Now = utc_now
    _side: frozenset[str] = field(default=frozenset(stage.name for stage in SIDE), init=False)

    def find(self) -> int:
        """Return how many webhooks have waited for too long and can be in no queue. `Retryable`.

        The messages of a queue can only be counted: while *offload* and *deliver* hold as many messages as there are
        waiting webhooks, each may be one of them. Their failed messages do not matter: a webhook that was given up
        does not wait.
        """
        if not self.sending():
            return 0
        waiting, overdue = self.deliveries.count(self.now(), WAITS)
        if not overdue:
            return 0
        held = sum(d.waiting + d.in_flight + d.delayed for d in self.queues.depths() if d.name in self._side)
        return overdue if held < waiting else 0

    def resend(self, limit: int = LIMIT, rests: Sequence[float] = RESTS, time_left: TimeLeft = unlimited) -> Resent:
        """Send at most `limit` overdue ones again, oldest first, each once in a rest. Call it after `find`.

        A mail whose files were asked for and none of whose receivers was called yet goes to *offload*, which hands it
        on: *deliver* alone would name files that were never fetched. A webhook that is sent twice is delivered once.
        Each batch is recorded as soon as it is sent; what no time is left for is due the next time. `Retryable`.
        """
        now = self.now()
        due = self.deliveries.due(now, WAITS, rests, limit)
        addressed = sorted(_messages(due), key=lambda one: (one[0], one[1].account))
        sent: list[tuple[str, str]] = []
        failed: list[tuple[str, str]] = []
        for start in range(0, len(addressed), BATCH):
            if time_left() <= 0:
                break
            batch = addressed[start : start + BATCH]
            lost = send_grouped(self.queues, batch)
            taken = [pair for index, (_, message) in enumerate(batch) if index not in lost for pair in _pairs(message)]
            failed += [pair for index in sorted(lost) for pair in _pairs(batch[index][1])]
            self.deliveries.resent(taken, now)
            sent += taken
        return Resent(tuple(sent), tuple(failed))


def _pairs(message: Envelope) -> list[tuple[str, str]]:
    return [(message.mail_id, name) for name in message.routing.webhooks] if message.routing else []


def _messages(due: Sequence[Overdue]) -> list[tuple[str, Envelope]]:
    """(stage, message): one for each destination, but one for each mail that goes to *offload*."""
    made: list[tuple[str, Envelope]] = []
    fetched: dict[str, Envelope] = {}
    for one in due:
        message, routing = one.message, one.message.routing
        assert routing is not None
        if not routing.offload or one.attempts:
            made.append((DELIVER.name, message))
            continue
        before = fetched.get(message.mail_id)
        names = (*before.routing.webhooks, *routing.webhooks) if before and before.routing else routing.webhooks
        fetched[message.mail_id] = message.changed(routing=replace(routing, webhooks=names))
    return [*made, *((OFFLOAD.name, message) for message in fetched.values())]
