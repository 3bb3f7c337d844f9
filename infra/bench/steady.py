"""What the chain can keep up for ever: notices a second with a backlog, for the mail that `make load` sends."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

from chalicelib.resilience.pacing import BURST
from infra.chaos.mails import load
from infra.cli.api_client import push_all, raw_push
from infra.local.stack import Info
from infra.local.watch import follow

PATIENCE = 240.0
MESSAGES = """
    SELECT extract(epoch FROM sent_at)::float8, count(*) FROM core.outbox
    WHERE mail_id = ANY(%s::uuid[]) AND sent_at IS NOT NULL GROUP BY sent_at ORDER BY sent_at
"""


def steady(info: Info, number: int) -> dict[str, Any]:
    """Push a backlog of `number` mails; the rate is that of the messages between the quick first ones and the last."""
    made = load(int(time.time()), number, datetime.now(UTC), unannounced=0.0)
    mails = {shipment.number: raw_push(shipment.raw, shipment.account) for shipment in made.shipments}
    ids = [answer.mail_id for answer in push_all(info, mails.values())]
    follow(info, ids, lambda *_: None, PATIENCE)
    with psycopg.connect(info.database_url) as connection:
        messages = connection.execute(MESSAGES, (ids,)).fetchall()
    return {"mails": number, "messages": len(messages), "notified_per_s": rate(messages)}


def rate(messages: Sequence[tuple[float, int]]) -> float:
    """Notices a second of (time, notices) in order of time; 0 for fewer than two that count.

    The quick first ones do not count, nor the last, which is not full.
    """
    kept = messages[BURST:-1]
    if len(kept) < 2:
        return 0.0
    return round(sum(notices for _, notices in kept[1:]) / (kept[-1][0] - kept[0][0]), 1)
