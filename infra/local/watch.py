"""What the stack is doing with its mail: progress per stage, and what became of each mail."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import requests

from chalicelib.adapters.aws.queue_ages import QueueAges
from chalicelib.adapters.aws.sqs_queues import SqsQueues
from chalicelib.core.stages import PIPELINE, STAGES
from chalicelib.ports import QueueDepth
from infra.cloudformation.deploy import client
from infra.local.patience import Deadline
from infra.local.stack import Info

TERMINAL = ("stored", "excluded", "quarantined")


@dataclass(frozen=True)
class Fate:
    """One mail in the ledger. `seconds` from receipt to notification (to storage where none is sent)."""

    mail_id: str
    account: str
    state: str
    reason: str
    received_at: datetime
    language: str
    category: str
    urgency: str
    subject: str
    notified: bool
    seconds: float


FATES = """
SELECT l.mail_id::text, l.account_id, l.state, l.reason, l.received_at, coalesce(e.language, ''),
       coalesce(e.category, ''), coalesce(e.urgency, ''), coalesce(e.subject, ''), o.sent_at IS NOT NULL,
       extract(epoch FROM coalesce(o.sent_at, l.updated_at) - l.received_at)::float8
FROM core.ledger l
LEFT JOIN ingestion.emails e USING (mail_id)
LEFT JOIN core.outbox o ON o.mail_id = l.mail_id
WHERE l.mail_id = ANY(%s::uuid[]) ORDER BY l.received_at, l.mail_id
"""


def fates(info: Info, mail_ids: Sequence[str]) -> list[Fate]:
    """What the ledger says of these mails; a mail that is still on its way is not in the answer."""
    with psycopg.connect(info.database_url, connect_timeout=5) as connection:
        return [Fate(*row) for row in connection.execute(FATES, (list(mail_ids),))]


def lying(info: Info, queue: str) -> list[dict[str, Any]]:
    """What lies in a queue, hidden messages too: `Body`, `MessageAttributes`, `ReceiveCount`, …

    By the emulator's own page, because it receives nothing: a look must not hide a message from its
    function, nor an alarm from its queue.
    """
    url = client("sqs", info.aws).get_queue_url(QueueName=queue)["QueueUrl"]
    page = f"{info.aws['AWS_ENDPOINT_URL']}/_ministack/sqs/messages"
    asked = {"QueueUrl": url, "region": info.aws["AWS_DEFAULT_REGION"]}
    bearer = {"Authorization": f"Bearer {info.aws['AWS_SECRET_ACCESS_KEY']}"}
    answer = requests.get(page, params=asked, headers=bearer, timeout=10)
    answer.raise_for_status()
    accounts: dict[str, Any] = answer.json()["messages"]
    queues = [held for regions in accounts.values() for held in regions.values()]
    return [message for held in queues for messages in held.values() for message in messages]


def depths(info: Info) -> list[QueueDepth]:
    """All queues and dead-letter queues."""
    sqs = client("sqs", info.aws)
    urls, dead = (
        {stage.name: sqs.get_queue_url(QueueName=getattr(stage, kind))["QueueUrl"] for stage in STAGES}
        for kind in ("queue", "dead_letter_queue")
    )
    clients = {"sqs": sqs, "cloudwatch": client("cloudwatch", info.aws)}
    return SqsQueues(clients.__getitem__, urls, dead, QueueAges(clients.__getitem__)).depths()


def passed(accepted: int, given_up: int, queues: Sequence[QueueDepth]) -> dict[str, int]:
    """Stage → mails that have left it, from what still waits at it and before it."""
    waiting = {depth.name: depth.waiting + depth.in_flight + depth.delayed for depth in queues}
    result, before = {}, 0
    for stage in PIPELINE:
        before += waiting.get(stage.name, 0)
        result[stage.name] = max(accepted - given_up - before, 0)
    return result


def settled(fate: Fate) -> bool:
    """Whether nothing more will happen to the mail."""
    return fate.state in TERMINAL and (fate.state != "stored" or fate.notified)


def follow(
    info: Info, mail_ids: Sequence[str], report: Callable[[dict[str, int], list[Fate]], None], timeout: float
) -> list[Fate]:
    """Wait until every mail is settled or `timeout` seconds are over (more on a busy machine); report the progress."""
    deadline = Deadline(timeout)
    while True:
        known = fates(info, mail_ids)
        given_up = sum(fate.state == "quarantined" for fate in known)
        report(passed(len(mail_ids), given_up, depths(info)), known)
        if len(known) == len(set(mail_ids)) and all(map(settled, known)):
            return known
        if deadline.passed():
            return known
        time.sleep(0.25)


def latest(info: Info, number: int) -> list[Fate]:
    """The mails that came last, oldest of them first."""
    with psycopg.connect(info.database_url, connect_timeout=5) as connection:
        rows = connection.execute(
            "SELECT mail_id::text FROM core.ledger ORDER BY received_at DESC LIMIT %s", (number,)
        ).fetchall()
    return fates(info, [mail_id for (mail_id,) in rows])
