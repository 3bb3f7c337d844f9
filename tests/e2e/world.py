"""What the end-to-end tests do to a running stack, and what they ask of it."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
import requests

from chalicelib.core.stages import STAGES, stage
from chalicelib.ports import Notice
from chalicelib.telegram.notice import compose
from infra.cli.api_client import admin
from infra.cloudformation.deploy import client, stack_resource
from infra.local.process import wait_until
from infra.local.rehearsal import Sent, control, send, telegram
from infra.local.samples import Sample
from infra.local.samples.model import MailDraft
from infra.local.stack import Info, Stack
from infra.local.watch import Fate, depths, follow, lying

PATIENCE = 60.0
"""Seconds until a mail that can be delivered must be; an hour's outage is not played here."""
NUMBERS = itertools.count(1000)


@dataclass
class World:
    """A running stack and the mails that its doors accepted from the tests."""

    stack: Stack
    info: Info
    accepted: list[str] = field(default_factory=list)

    # mails in

    def sample(self, subject: str, via: Any = "gmail raw", account: str = "personal", text: str = "") -> Sample:
        """An invented mail that no other test sends."""
        number = next(NUMBERS)
        sender, text = "Workshop <desk@workshop.example>", text or f"Please note: {subject.lower()}."
        draft = MailDraft(f"e2e-{number}", via, account, "en", sender, subject, text)
        return draft.sample(number, datetime.now(UTC))

    def send(self, *samples: Sample) -> list[str]:
        """Through the doors; the ids of those that were accepted."""
        sent: list[Sent] = send(self.info, samples, lambda _: None)
        ids = [one.mail_id for one in sent if one.status == "accepted"]
        self.accepted += [mail_id for mail_id in ids if mail_id not in self.accepted]
        return ids

    def mail(self, subject: str, via: Any = "gmail raw") -> str:
        """Send one invented mail, which must be accepted; its id."""
        [mail_id] = self.send(self.sample(subject, via))
        return mail_id

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """A call to the API."""
        return requests.request(method, self.info.api + path, timeout=30, **options)

    # mails out

    def ends(self, *mail_ids: str, timeout: float = PATIENCE) -> dict[str, Fate]:
        """What became of the mails, as soon as nothing more will happen to them or the patience is over."""
        return {fate.mail_id: fate for fate in follow(self.info, mail_ids, lambda *_: None, timeout)}

    def lost(self, *mail_ids: str) -> list[str]:
        """Of these mails, once the queues are empty: those not stored exactly once or not notified exactly once."""
        ends = self.ends(*mail_ids)
        self.wait(self.idle, "the queues to run empty")
        rows = Counter(self.rows("SELECT mail_id::text FROM ingestion.emails WHERE mail_id = ANY(%s)", list(mail_ids)))
        shown = Counter(self.notice_texts())
        return [
            f"{mail_id}: {getattr(ends.get(mail_id), 'state', 'in flight')}, rows {rows[mail_id,]}"
            for mail_id in mail_ids
            if rows[mail_id,] != 1 or not self.is_notified_once(mail_id, shown)
        ]

    def notice_texts(self) -> list[str]:
        """What stands in "Telegram", notice by notice; the head of a message is not a notice."""
        return [block for message in telegram(self.info) for block in message["text"].split("\n\n")]

    def is_notified_once(self, mail_id: str, shown: Counter[str]) -> bool:
        """Whether the mail's notice stands in Telegram as often as mails have one like it (mostly once)."""
        notices = self.notices()
        expected = Counter(notices.values())
        return shown[notices.get(mail_id, "")] == expected[notices.get(mail_id, "")] > 0

    def notices(self) -> dict[str, str]:
        """Mail id → text of its notice in the outbox, as it stands in a message."""
        rows = self.rows(
            "SELECT id, topic, mail_id::text, urgency, fields, created_at FROM core.outbox WHERE mail_id IS NOT NULL"
        )
        notices = [Notice(*row) for row in rows]
        return {one.mail_id or "": compose([one], "en")[0].text.partition("\n\n")[2] for one in notices}

    def rows(self, query: Any, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with psycopg.connect(self.info.database_url, connect_timeout=5) as connection:
            return connection.execute(query, values).fetchall()

    def idle(self) -> bool:
        """Whether no stage has anything to do."""
        return not any(depth.waiting + depth.in_flight + depth.delayed for depth in depths(self.info))

    # the world against it

    def fail(self, service: str, **fault: Any) -> None:
        """Let a stand-in (`telegram`, `emailengine`) misbehave, see `infra/local/standins/control.py`."""
        control(getattr(self.info, f"{service}_url"), "fail", fault)

    def restore(self) -> None:
        """No stand-in misbehaves any more."""
        for url in (self.info.telegram_url, self.info.emailengine_url, self.info.outside_url):
            control(url, "clear", {})

    def asked(self, service: str, path: str = "") -> list[dict[str, Any]]:
        """What a stand-in was asked, oldest first."""
        url = f"{getattr(self.info, f'{service}_url')}/_control/requests"
        return [entry for entry in requests.get(url, timeout=10).json() if path in entry["path"]]

    def sends(self) -> list[dict[str, Any]]:
        """Calls that were to put something into the topic Email."""
        return [call for call in self.asked("telegram", "/sendMessage") if _thread(call["body"]) == 2]

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Keep a stage from taking messages."""
        functions = client("lambda", self.info.aws)
        function = stack_resource(self.info.aws, name.capitalize())
        [source] = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=source["UUID"], Enabled=True)

    @contextmanager
    def soon_visible(self, name: str, seconds: int = 3) -> Iterator[None]:
        """A stage's messages come back after seconds, not after minutes, when their worker dies."""
        queues = client("sqs", self.info.aws)
        url = queues.get_queue_url(QueueName=stage(name).queue)["QueueUrl"]
        attribute = "VisibilityTimeout"
        before = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"][attribute]
        queues.set_queue_attributes(QueueUrl=url, Attributes={attribute: str(seconds)})
        try:
            yield
        finally:
            queues.set_queue_attributes(QueueUrl=url, Attributes={attribute: before})

    def retried(self, name: str) -> bool:
        """Whether a stage has taken a message more than once that it still holds."""
        return any(held["ReceiveCount"] > 1 for held in lying(self.info, stage(name).queue))

    def dead(self, name: str) -> list[dict[str, Any]]:
        """What lies in a stage's dead-letter queue: `Body`, and the reason among the attributes."""
        return lying(self.info, stage(name).dead_letter_queue)

    def forget_the_dead(self) -> None:
        """Discard the failed messages, as an operator does after a fix, and empty their queues of the rest."""
        records = admin(self.info, "GET", "/admin/dlq").json()["messages"]
        if mails := sorted({record["mail_id"] for record in records if record["mail_id"]}):
            order = {"mail_ids": mails, "reason": "dealt_with", "author": "e2e"}
            assert admin(self.info, "POST", "/admin/dlq/discard", order).json()["failed"] == []
        queues = client("sqs", self.info.aws)
        for name in (one.dead_letter_queue for one in STAGES):
            queues.purge_queue(QueueUrl=queues.get_queue_url(QueueName=name)["QueueUrl"])

    def put(self, name: str, body: str) -> None:
        """Put a message of any content into a stage's queue."""
        queues = client("sqs", self.info.aws)
        queues.send_message(QueueUrl=queues.get_queue_url(QueueName=stage(name).queue)["QueueUrl"], MessageBody=body)

    def wait(self, condition: Callable[[], bool], what: str, timeout: float = PATIENCE) -> None:
        """Poll until it holds. Raises AssertionError that says what was waited for."""
        assert wait_until(condition, timeout, pause=0.1), f"waited {timeout:.0f} s for {what}"


def reason(message: dict[str, Any]) -> str:
    """Why a message lies in a dead-letter queue."""
    found: str = message["MessageAttributes"]["reason"]["StringValue"]
    return found


def states(fates: dict[str, Fate], mail_ids: Sequence[str]) -> list[tuple[str, str]]:
    """(state, reason) of each mail."""
    return [(fates[mail_id].state, fates[mail_id].reason) if mail_id in fates else ("", "") for mail_id in mail_ids]


def _thread(body: str) -> int:
    try:
        return int(json.loads(body).get("message_thread_id", 0))
    except ValueError:
        return 0
