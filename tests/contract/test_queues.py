"""What the stage queues do, in memory and in SQS."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from chalicelib.adapters.aws.session import Aws
from chalicelib.adapters.aws.sqs_queues import SqsQueues
from chalicelib.core.errors import Retryable
from chalicelib.ports import Queues
from infra.local.servers import Emulator
from tests.aws_at import aws_at, closed_port
from tests.twins.queues import MemoryQueues

STAGE_NAMES = ("anonymize", "store")
MIB = 1024 * 1024
_names = itertools.count(1)


class Bench(Protocol):
    """Queues, and a look behind them."""

    @property
    def queues(self) -> Queues: ...

    def received(self, stage: str) -> list[tuple[str, str, str]]:
        """(body, group, receipt handle) of up to 10 messages."""

    def dead(self, stage: str) -> list[tuple[str, dict[str, str]]]:
        """(body, attributes) of the dead-letter queue."""

    def copies(self, stage: str) -> list[tuple[str, str, dict[str, str], int]]:
        """(body, group, attributes, receive count) of up to 10 messages."""


@dataclass
class MemoryBench:
    queues: MemoryQueues

    def received(self, stage: str) -> list[tuple[str, str, str]]:
        records = self.queues.receive(stage)
        return [(r["body"], r["attributes"]["MessageGroupId"], r["receiptHandle"]) for r in records]

    def dead(self, stage: str) -> list[tuple[str, dict[str, str]]]:
        return [(message.body, message.attributes) for message in self.queues.dead[stage]]

    def copies(self, stage: str) -> list[tuple[str, str, dict[str, str], int]]:
        self.queues.receive(stage)
        return [(m.body, m.group, m.attributes, m.receives) for m in self.queues.queues[stage] if m.receives]


@dataclass
class SqsBench:
    queues: SqsQueues
    sqs: Any
    urls: dict[str, str]
    dead_urls: dict[str, str]

    def _take(self, url: str) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def received(self, stage: str) -> list[tuple[str, str, str]]:
        taken = self._take(self.urls[stage])
        return [(m["Body"], m["Attributes"]["MessageGroupId"], m["ReceiptHandle"]) for m in taken]

    def dead(self, stage: str) -> list[tuple[str, dict[str, str]]]:
        return [
            (m["Body"], {name: value["StringValue"] for name, value in m.get("MessageAttributes", {}).items()})
            for m in self._take(self.dead_urls[stage])
        ]

    def copies(self, stage: str) -> list[tuple[str, str, dict[str, str], int]]:
        return [
            (
                m["Body"],
                m["Attributes"].get("MessageGroupId", ""),
                {name: value["StringValue"] for name, value in m.get("MessageAttributes", {}).items()},
                int(m["Attributes"]["ApproximateReceiveCount"]),
            )
            for m in self._take(self.urls[stage])
        ]


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Iterator[Aws]:
    with aws_at(emulator.url, ["sqs"], secret=emulator.secret) as aws:
        yield aws


@pytest.fixture(params=["memory", "sqs"])
def bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "memory":
        return MemoryBench(MemoryQueues(STAGE_NAMES))
    aws: Aws = request.getfixturevalue("aws")
    sqs, run = aws.client("sqs"), next(_names)
    urls = {name: sqs.create_queue(QueueName=f"contract-{run}-{name}")["QueueUrl"] for name in STAGE_NAMES}
    dead = {name: sqs.create_queue(QueueName=f"contract-{run}-{name}-dlq")["QueueUrl"] for name in STAGE_NAMES}
    return SqsBench(SqsQueues(aws.client, urls, dead), sqs, urls, dead)


@pytest.fixture(params=["memory", "sqs"])
def unreachable(request: pytest.FixtureRequest) -> Iterator[Queues]:
    if request.param == "memory":
        twin = MemoryQueues(STAGE_NAMES)
        twin.down = True
        yield twin
    else:
        url = f"http://127.0.0.1:{closed_port()}"
        with aws_at(url, ["sqs"]) as aws:
            urls = {name: f"{url}/000000000000/{name}" for name in STAGE_NAMES}
            yield SqsQueues(aws.client, urls, urls)


def test_a_sent_body_arrives_as_it_was(bench: Bench) -> None:
    body = '{"text":"\\u00e9 < & > \U0001f4e8"}'
    assert bench.queues.send("anonymize", [body], "practice") == frozenset()
    assert [received[0] for received in bench.received("anonymize")] == [body]


def test_the_account_is_the_fair_queue_s_group(bench: Bench) -> None:
    bench.queues.send("anonymize", ["one"], "research.lab-1")
    assert [received[1] for received in bench.received("anonymize")] == ["research.lab-1"]


def test_stages_have_queues_of_their_own(bench: Bench) -> None:
    bench.queues.send("store", ["one"], "practice")
    assert bench.received("anonymize") == []


def test_more_bodies_than_a_batch_holds_are_all_sent(bench: Bench) -> None:
    assert bench.queues.send("anonymize", [f"body {n}" for n in range(25)], "practice") == frozenset()
    assert bench.queues.depths()[0].waiting == 25


def test_bodies_of_more_than_a_mebibyte_together_are_all_sent(bench: Bench) -> None:
    assert bench.queues.send("anonymize", ["x" * 400_000] * 5, "practice") == frozenset()
    assert bench.queues.depths()[0].waiting == 5


def test_a_body_of_exactly_one_mebibyte_is_sent(bench: Bench) -> None:
    assert bench.queues.send("anonymize", ["x" * MIB], "practice") == frozenset()


def test_a_body_above_a_mebibyte_is_named_and_the_others_are_sent(bench: Bench) -> None:
    assert bench.queues.send("anonymize", ["one", "é" * (MIB // 2 + 1), "three"], "practice") == frozenset({1})
    assert bench.queues.depths()[0].waiting == 2


def test_a_body_with_a_character_outside_xml_is_named(bench: Bench) -> None:
    assert 0 in bench.queues.send("anonymize", ["NUL \x00"], "practice")


def test_sending_nothing_is_no_error(bench: Bench) -> None:
    assert bench.queues.send("anonymize", [], "practice") == frozenset()


def test_a_failed_message_keeps_its_body_and_attributes(bench: Bench) -> None:
    bench.queues.send_dead("store", "body", {"reason": "malformed_message", "error": "", "attempts": "3"})
    assert bench.dead("store") == [("body", {"reason": "malformed_message", "attempts": "3"})]


def test_a_failed_message_of_the_largest_size_is_kept(bench: Bench) -> None:
    bench.queues.send_dead("store", "x" * MIB, {"reason": "malformed_message"})
    assert [len(body) for body, _ in bench.dead("store")] == [MIB]


@pytest.mark.parametrize(("room", "kept"), [(45, {"reason", "stage"}), (44, {"reason"}), (14, set())])
def test_a_large_failed_message_keeps_its_reason_and_stage_before_all_else(
    bench: Bench, room: int, kept: set[str]
) -> None:
    shown = {
        "error": "Permanent",
        "attempts": "3",
        "first_at": "x" * 32,
        "reason": "malformed_message",
        "stage": "store",
    }
    bench.queues.send_dead("store", "x" * (MIB - room), shown)
    [(body, attributes)] = bench.dead("store")
    assert (len(body), set(attributes) - {"attempts"}) == (MIB - room, kept)


def test_a_repeated_message_arrives_with_its_group_and_attributes_as_if_for_the_first_time(bench: Bench) -> None:
    bench.queues.repeat("store", "body", "practice", 0, {"carried_attempts": "3", "empty": ""})
    assert bench.copies("store") == [("body", "practice", {"carried_attempts": "3"}, 1)]


def test_a_repeated_message_may_have_no_group(bench: Bench) -> None:
    bench.queues.repeat("store", "body", "", 0, {})
    assert bench.copies("store") == [("body", "", {}, 1)]


@pytest.mark.parametrize("seconds", [0.4, 600, 10_000_000])
def test_a_repeated_message_is_not_seen_before_its_time(bench: Bench, seconds: float) -> None:
    bench.queues.repeat("anonymize", "body", "practice", seconds, {})
    depth = bench.queues.depths()[0]
    assert (depth.waiting, depth.in_flight, depth.delayed) == (0, 0, 1)


def test_a_message_that_does_not_fit_with_its_attributes_is_not_repeated(bench: Bench) -> None:
    with pytest.raises(Retryable, match="queue_unavailable"):
        bench.queues.repeat("anonymize", "x" * MIB, "practice", 1, {"carried_attempts": "3"})


def test_a_removed_message_is_gone_and_its_neighbour_stays(bench: Bench) -> None:
    bench.queues.send("anonymize", ["one", "two"], "practice")
    taken = {body: handle for body, _, handle in bench.received("anonymize")}
    bench.queues.remove("anonymize", [taken["one"]])
    depth = bench.queues.depths()[0]
    assert (depth.waiting, depth.in_flight) == (0, 1)


def test_more_messages_than_a_batch_holds_are_all_removed(bench: Bench) -> None:
    bench.queues.send("anonymize", [f"body {n}" for n in range(14)], "practice")
    handles = [handle for _ in range(6) for _, _, handle in bench.received("anonymize")]
    bench.queues.remove("anonymize", handles)
    depth = bench.queues.depths()[0]
    assert (len(handles), depth.waiting, depth.in_flight) == (14, 0, 0)


def test_a_message_that_was_never_received_cannot_be_removed(bench: Bench) -> None:
    with pytest.raises(Retryable, match="queue_unavailable"):
        bench.queues.remove("anonymize", ["garbage"])


def test_a_postponed_message_is_not_seen_before_its_time(bench: Bench) -> None:
    bench.queues.send("anonymize", ["one"], "practice")
    [(_, _, handle)] = bench.received("anonymize")
    bench.queues.postpone("anonymize", handle, 600)
    depth = bench.queues.depths()[0]
    assert (depth.waiting, depth.in_flight) == (0, 1)


def test_a_message_postponed_by_nothing_is_seen_at_once(bench: Bench) -> None:
    bench.queues.send("anonymize", ["one"], "practice")
    [(_, _, handle)] = bench.received("anonymize")
    bench.queues.postpone("anonymize", handle, 0)
    assert [body for body, _, _ in bench.received("anonymize")] == ["one"]


@pytest.mark.parametrize("seconds", [-5, 43_200, 10_000_000])
def test_any_time_to_postpone_is_taken(bench: Bench, seconds: float) -> None:
    bench.queues.send("anonymize", ["one"], "practice")
    [(_, _, handle)] = bench.received("anonymize")
    bench.queues.postpone("anonymize", handle, seconds)


def test_an_unknown_receipt_handle_is_a_passing_failure(bench: Bench) -> None:
    with pytest.raises(Retryable, match="queue_unavailable"):
        bench.queues.postpone("anonymize", "garbage", 10)


def test_depths_come_in_pipeline_order_with_their_failed_messages(bench: Bench) -> None:
    bench.queues.send("anonymize", ["one", "two"], "practice")
    bench.queues.send_dead("store", "body", {"reason": "spool_missing"})
    depths = bench.queues.depths()
    assert [(d.name, d.waiting, d.dead) for d in depths] == [("anonymize", 2, 0), ("store", 0, 1)]


def test_queues_that_answer_can_be_pinged(bench: Bench) -> None:
    bench.queues.ping()


def test_nothing_is_durable_in_unreachable_queues(unreachable: Queues) -> None:
    assert unreachable.send("anonymize", ["one", "two"], "practice") == frozenset({0, 1})


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("send_dead", ("store", "body", {})),
        ("repeat", ("store", "body", "practice", 1, {})),
        ("remove", ("store", ["handle"])),
        ("postpone", ("store", "handle", 1)),
        ("depths", ()),
        ("ping", ()),
    ],
)
def test_unreachable_queues_are_a_passing_failure(
    unreachable: Queues, call: str, arguments: tuple[object, ...]
) -> None:
    with pytest.raises(Retryable, match="queue_unavailable"):
        getattr(unreachable, call)(*arguments)
