"""Finds webhooks whose message no queue can hold any more, and sends it again: a lost send, an emptied queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.core.clock import Now, utc_now
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
queue keeps a message; what was sent in vain so often is left to the operator."""

BY_HAND = (REST,) * 1000
"""For an operator, who may try as often as he likes, but not twice in an hour."""

LIMIT = 200
"""Webhooks that are sent again at a time."""


@dataclass(frozen=True, slots=True)
class Resent:
    """(mail id, destination) of the webhooks that were sent on their way again, and of those that were not."""

    sent: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@dataclass
class OverdueWebhooks:
    """`sending` is the flag: what is switched off waits, and is not overdue."""

    deliveries: OpenDeliveries
    queues: Queues
    sending: Callable[[], bool] = lambda: True
    now: Now = utc_now
    _side: frozenset[str] = field(default=frozenset(stage.name for stage in SIDE), init=False)

    def find(self) -> int:
        """How many webhooks wait for too long and can be in no queue. `Retryable`.

        A queue is only counted: while *offload* and *deliver* hold as many messages as webhooks wait, each may be one
        of them. Their dead letters are of no account: a webhook that was given up does not wait.
        """
        if not self.sending():
            return 0
        waiting, overdue = self.deliveries.count(self.now(), WAITS)
        if not overdue:
            return 0
        held = sum(d.waiting + d.in_flight + d.delayed for d in self.queues.depths() if d.name in self._side)
        return overdue if held < waiting else 0

    def resend(self, limit: int = LIMIT, rests: Sequence[float] = RESTS) -> Resent:
        """Send at most `limit` overdue ones again, oldest first, each once in a rest. To be asked after `find`.

        A mail whose files were asked for and that no receiver was told of yet goes to *offload*, which hands on:
        *deliver* alone would tell of files that nobody fetched. Whatever is sent twice is delivered once. `Retryable`.
        """
        now = self.now()
        due = self.deliveries.due(now, WAITS, rests, limit)
        addressed = _messages(due)
        lost = send_grouped(self.queues, addressed)
        sent: list[tuple[str, str]] = []
        failed: list[tuple[str, str]] = []
        for index, (_, message) in enumerate(addressed):
            pairs = [(message.mail_id, name) for name in message.routing.webhooks] if message.routing else []
            (failed if index in lost else sent).extend(pairs)
        self.deliveries.resent(sent, now)
        return Resent(tuple(sent), tuple(failed))


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
