"""The queue and schedule handlers of the app, over twins: a mail from the door to the notification."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.bootstrap import handlers
from chalicelib.bootstrap.parts.operations import auditor
from chalicelib.bootstrap.schedules.sweep import send_outbox
from chalicelib.classification.categories import load as load_categories
from chalicelib.classification.classifier import RulesClassifier
from chalicelib.core import stages
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import Retryable
from chalicelib.core.mail_ids import MailRef
from chalicelib.core.messages import Envelope, Routing, decode, encode
from chalicelib.delivery.deliver import DeliverWorker
from chalicelib.delivery.offload import OffloadWorker
from chalicelib.intake.apply_policy import seal_links
from chalicelib.operations import alert
from chalicelib.pipeline.classify import ClassifyWorker
from chalicelib.pipeline.notify import NotifyWorker
from chalicelib.pipeline.runner import BatchFailed
from chalicelib.pipeline.store import StoreWorker
from chalicelib.policy.document import Destination
from chalicelib.resilience.rates import MemoryLimiter
from chalicelib.sources.emailengine import schedule
from chalicelib.telegram.notice import NoticeRenderer
from tests.app.world import ADMIN, World, installed
from tests.twins.delivery import (
    MemoryBucket,
    MemoryDeliveryStore,
    MemoryDownloads,
    MemoryLinkStore,
    MemoryReceiver,
    Source,
)
from tests.unit.pipeline import world as pipeline

MAIL = {"id": "1", "sender": "Ada <ada@example.com>", "subject": "Results", "body": "Dear Bob"}


EVERY_MINUTE = {
    "version": "0",
    "account": "000000000000",
    "region": "eu-west-3",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2025-03-03T09:00:00Z",
    "id": "1",
    "resources": [],
}


class Context:
    """What Lambda tells of an invocation."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 45_000


class Patient(Context):
    """What Lambda tells of one that may take five minutes."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 300_000


class Stack(World):
    """A world whose stages work; `deliver` is what Lambda's poller does."""

    def __init__(self, **environment: str) -> None:
        super().__init__(**environment)
        source = pipeline.World(spool=self.spool, cache=self.cache)
        self.links, self.bucket, self.downloads = MemoryLinkStore(self.store), MemoryBucket(), MemoryDownloads()
        self.deliveries, self.receiver = MemoryDeliveryStore(self.store, self.links), MemoryReceiver()
        self.destinations = {name: Destination(name, f"https://{name}.example/") for name in ("desk", "shop")}
        parts = self.container
        workers: dict[str, Any] = {
            "anonymize": source.worker,
            "classify": ClassifyWorker(RulesClassifier(load_categories()), self.spool, self.cache),
            "store": StoreWorker(self.store, self.spool, self.cache, source.telemetry),
            "notify": NotifyWorker(
                *(self.outbox, self.store, self.messenger),
                lambda: parts.flags.on("notifications_enabled"),
                NoticeRenderer("en"),
                source.telemetry,
            ),
            "offload": OffloadWorker(
                *(self.spool, self.links, self.store, self.downloads, self.bucket, lambda _: ("files.example",)),
                *(source.telemetry, 1_000_000, 240.0),
            ),
            "deliver": DeliverWorker(
                *(self.deliveries, self.receiver, lambda: self.destinations),
                *(lambda: {"default": ("key",)}, lambda: parts.flags.on("webhook_sending_enabled"), source.telemetry),
            ),
            "alert": alert.AlertWorker(self.messenger, self.cache, MemoryLimiter(time.monotonic), "en"),
        }
        parts.workers |= workers
        parts.__dict__["notifier"] = workers["notify"]

    def deliver(self, stage: str) -> dict[str, Any] | None:
        """One invocation; what it does not report is acknowledged."""
        records = self.queues.receive(stage)
        answer = handlers.run_stage(stage, {"Records": records}, Context())
        failed = {entry["itemIdentifier"] for entry in (answer or {"batchItemFailures": []})["batchItemFailures"]}
        self.queues.acknowledge(stage, {record["messageId"] for record in records} - failed)
        return answer

    def run(self) -> None:
        """All stages once."""
        for stage in stages.PIPELINE:
            self.deliver(stage.name)

    def routed(self, routing: Routing, *links: tuple[str, str]) -> str:
        """A pushed mail at the store stage, with what the rules said; its id."""
        mail_id: str = self.push(MAIL).json_body["mail_id"]
        self.deliver("anonymize")
        self.deliver("classify")
        [queued] = self.queues.queues["store"]
        message = decode(queued.body)
        assert isinstance(message, Envelope)
        queued.body = encode(message.changed(routing=routing))
        if links:
            seal_links(self.spool, message, links)
        return mail_id

    def left(self) -> int:
        """Messages in all queues."""
        return sum(len(queue) for queue in self.queues.queues.values())


@pytest.fixture
def stack() -> Any:
    with installed(Stack(report_failures="true")) as made:
        yield made


def test_a_mail_goes_from_the_door_to_the_notification(stack: Stack) -> None:
    stack.push(MAIL)
    stack.run()
    assert [topic for topic, _ in stack.messenger.sent] == ["email"]


def test_a_mail_ends_stored(stack: Stack) -> None:
    [mail_id] = [stack.push(MAIL).json_body["mail_id"]]
    stack.run()
    assert stack.store.ledger_state([mail_id]) == {mail_id: ("stored", "")}


def test_nothing_is_left_in_the_queues(stack: Stack) -> None:
    stack.push({"messages": [MAIL | {"id": str(number)} for number in range(5)]})
    stack.run()
    assert stack.left() == 0


def test_the_correlation_id_goes_from_the_door_to_the_notice(stack: Stack) -> None:
    trace = stack.push(MAIL).headers["X-Correlation-Id"]
    stack.run()
    [row] = stack.outbox.rows.values()
    assert row.notice.fields["trace_id"] == trace


def test_a_mail_whose_seal_is_gone_ends_quarantined(stack: Stack) -> None:
    mail_id = stack.push(MAIL).json_body["mail_id"]
    stack.spool.objects.clear()
    stack.deliver("anonymize")
    stack.deliver("store")
    assert stack.store.ledger_state([mail_id]) == {mail_id: ("quarantined", "spool_missing")}


def test_a_mail_that_was_delivered_twice_is_notified_once(stack: Stack) -> None:
    stack.push(MAIL)
    [queued] = stack.queues.queues["anonymize"]
    stack.queues.send("anonymize", [queued.body], "praxis")
    stack.run()
    assert (len(stack.messenger.sent), stack.left()) == (1, 0)


def test_without_redis_a_repeat_is_stored_once(stack: Stack) -> None:
    stack.cache.down = True
    stack.push(MAIL)
    stack.push(MAIL)
    stack.run()
    assert len(stack.store.emails) == 1


def test_a_failure_is_reported_where_reports_are_on(stack: Stack) -> None:
    stack.push(MAIL)
    stack.spool.down = True
    answer = stack.deliver("anonymize")
    assert answer is not None
    assert len(answer["batchItemFailures"]) == 1


def test_a_failure_is_raised_where_reports_are_off() -> None:
    stack = Stack()
    with installed(stack):
        stack.push(MAIL)
        stack.spool.down = True
        with pytest.raises(BatchFailed):
            stack.deliver("anonymize")


def test_notifications_switched_off_wait_for_the_sweep(stack: Stack) -> None:
    stack.container.flags.switch("notifications_enabled", False, "ada")
    stack.push(MAIL)
    stack.run()
    assert (stack.messenger.sent, stack.left(), send_outbox(stack.container)) == ([], 0, 0)
    stack.container.flags.switch("notifications_enabled", True, "ada")
    assert send_outbox(stack.container) == 1


def test_while_telegram_is_away_the_pointer_waits(stack: Stack) -> None:
    stack.push(MAIL)
    stack.messenger.failures.append(Retryable("telegram_unavailable"))
    stack.run()
    assert [message.receives for message in stack.queues.queues["notify"]] == [1]


def test_no_queue_message_carries_what_was_replaced(stack: Stack) -> None:
    stack.push(MAIL)
    bodies = [message.body for message in stack.queues.queues["anonymize"]]
    for stage in ("anonymize", "classify", "store"):
        stack.deliver(stage)
        bodies += [message.body for queue in stack.queues.queues.values() for message in queue]
    assert not [body for body in bodies if "ada@example.com" in body]


BOTH = Routing(1, ("files",), webhooks=("desk", "shop"))


def test_a_stored_mail_goes_to_each_destination_of_its_rules(stack: Stack) -> None:
    stack.routed(BOTH)
    for stage in ("store", "deliver"):
        stack.deliver(stage)
    assert sorted(url for url, _, _ in stack.receiver.got) == ["https://desk.example/", "https://shop.example/"]


def test_a_mail_without_routing_goes_to_nobody(stack: Stack) -> None:
    stack.push(MAIL)
    stack.run()
    assert (stack.left(), stack.receiver.got) == (0, [])


def test_a_receiver_that_is_down_does_not_repeat_the_others_webhook(stack: Stack) -> None:
    stack.routed(BOTH)
    stack.deliver("store")
    stack.receiver.answers = [Retryable("target_unreachable")]
    stack.deliver("deliver")
    for queued in stack.queues.queues["deliver"]:
        queued.visible_at = 0
    stack.deliver("deliver")
    urls = [url for url, _, _ in stack.receiver.got]
    assert (len(urls), len(set(urls)), stack.queues.queues["deliver"]) == (3, 2, [])


def test_files_of_links_are_off_loaded_before_the_webhook_tells_of_them(stack: Stack) -> None:
    stack.downloads.sources["https://files.example/a"] = Source(b"content", "a.zip")
    mail_id = stack.routed(replace(BOTH, offload=True, webhooks=("desk",)), ("files", "https://files.example/a"))
    for stage in ("store", "offload", "deliver"):
        stack.deliver(stage)
    assert stack.bucket.files == {f"praxis/{mail_id}/0/a.zip": b"content"}
    assert b'"status":"stored"' in stack.receiver.got[0][2]


def test_a_mail_whose_webhook_is_given_up_stays_stored(stack: Stack) -> None:
    mail_id = stack.routed(replace(BOTH, webhooks=("nobody",)))
    for stage in ("store", "deliver"):
        stack.deliver(stage)
    assert stack.store.ledger_state([mail_id]) == {mail_id: ("stored", "")}
    assert stack.queues.queues["store"] == []  # no note for the ledger
    [dead] = stack.queues.dead["deliver"]
    assert dead.attributes["reason"] == "destination_unknown"


def test_a_webhook_that_was_given_up_is_sent_again_by_the_desk(stack: Stack) -> None:
    mail_id = stack.routed(replace(BOTH, webhooks=("late",)))
    for stage in ("store", "deliver"):
        stack.deliver(stage)
    stack.destinations["late"] = Destination("late", "https://late.example/")
    stack.container.desk.redrive([mail_id], "ann")
    stack.deliver("deliver")
    assert [url for url, _, _ in stack.receiver.got] == ["https://late.example/"]


def test_a_webhook_that_is_discarded_leaves_the_mail_stored(stack: Stack) -> None:
    mail_id = stack.routed(replace(BOTH, webhooks=("nobody",)))
    for stage in ("store", "deliver"):
        stack.deliver(stage)
    stack.container.desk.discard([mail_id], "left_us", "ann")
    assert (stack.queues.dead["deliver"], stack.store.ledger_state([mail_id])) == ([], {mail_id: ("stored", "")})


def test_webhooks_that_are_switched_off_wait_without_counting(stack: Stack) -> None:
    stack.container.flags.switch("webhook_sending_enabled", False, "ada")
    stack.routed(replace(BOTH, webhooks=("desk",)))
    for stage in ("store", "deliver"):
        stack.deliver(stage)
    [waiting] = stack.queues.queues["deliver"]
    assert (waiting.receives, waiting.attributes["carried_attempts"], stack.receiver.got) == (0, "0", [])


def test_the_proof_counts_a_mail_once_whatever_its_webhooks_do(stack: Stack) -> None:
    stack.routed(replace(BOTH, webhooks=("nobody", "desk")))
    for stage in ("store", "deliver", "notify"):
        stack.deliver(stage)
    findings = auditor(stack.container).examine().findings
    assert (findings.seen, findings.stored, findings.quarantined, findings.balanced) == (1, 1, 0, True)


def test_an_alarm_reaches_the_system_topic(stack: Stack) -> None:
    stack.queues.send("alert", ['{"AlarmName":"a","NewStateValue":"ALARM"}'], "alarms")
    stack.deliver("alert")
    assert stack.messenger.sent == [("system", "🔴 Problem: a")]


def test_an_alarm_that_is_none_becomes_a_failed_message(stack: Stack) -> None:
    stack.queues.send("alert", ["garbage"], "alarms")
    stack.deliver("alert")
    [dead] = stack.queues.dead["alert"]
    assert dead.attributes["reason"] == "malformed_alarm"


def records(bodies: list[str]) -> dict[str, Any]:
    """As the event source mapping sends them."""
    made = [
        {
            "messageId": f"m{number}",
            "receiptHandle": f"h{number}",
            "body": body,
            "attributes": {},
            "eventSource": "aws:sqs",
        }
        for number, body in enumerate(bodies)
    ]
    return {"Records": made}


@pytest.mark.parametrize("name", [stage.name for stage in stages.STAGES])
def test_each_function_of_the_app_runs_its_stage(stack: Stack, name: str) -> None:
    stack.client.lambda_.invoke(name, records(["garbage"]))
    assert {stage: len(dead) for stage, dead in stack.queues.dead.items() if dead} == {name: 1}


def test_the_sweep_is_a_function_of_the_app(stack: Stack) -> None:
    stack.push(MAIL)
    for stage in ("anonymize", "classify", "store"):
        stack.deliver(stage)
    stack.client.lambda_.invoke("sweep", EVERY_MINUTE)
    assert len(stack.messenger.sent) == 1


MISSED = b"Date: Mon, 5 Jan 2026 09:00:00 +0000\r\nFrom: ada@x.example\r\n\r\nText"


def test_the_reconciler_is_a_function_of_the_app(stack: Stack) -> None:
    stack.mailbox.accounts.add("praxis")
    assert stack.client.lambda_.invoke("reconcile", EVERY_MINUTE).payload == []  # a test's function has too little time
    schedule.run(stack.container, EVERY_MINUTE, Patient)
    stack.mailbox.add("praxis", MISSED, received=utc_now())
    found = schedule.run(stack.container, EVERY_MINUTE, Patient)
    assert {look["account"]: (look["outcome"], look["gaps"]) for look in found}["praxis"] == ("complete", 1)
    assert len(stack.queues.queues["anonymize"]) == 1
    shown = stack.request("GET", "/status", headers=ADMIN).json_body["mailboxes"]
    assert [look["gaps_total"] for look in shown if look["account"] == "praxis"] == [1]


def test_with_the_door_switched_off_no_mail_is_fetched(stack: Stack) -> None:
    stack.container.flags.switch("emailengine_ingress_enabled", False, "ann")
    assert stack.client.lambda_.invoke("reconcile", EVERY_MINUTE).payload == []


def test_the_retention_is_a_function_of_the_app(stack: Stack) -> None:
    class Nothing:
        """An archive in which nothing is over its time."""

        def returned(self, since: object, limit: int) -> list[MailRef]:
            return []

        def expired(self, account: str, before: object, limit: int) -> list[MailRef]:
            return []

        originals = expired

    parts = stack.container
    parts.__dict__["archive"] = Nothing()
    answer = stack.client.lambda_.invoke("retention", EVERY_MINUTE).payload
    assert answer == {"returned": 0}
