"""SQS when it misbehaves, and its partial answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.adapters.aws.sqs_queues import MAX_BYTES, MAX_ENTRIES, SqsQueues, _batches, _size
from chalicelib.core.errors import Retryable
from infra.local.standins.control import Reply
from tests.aws_at import aws_at
from tests.unit.adapters.broken import MISBEHAVIOURS, Anything

BROKEN = {name: fields for name, fields in MISBEHAVIOURS.items() if name != "an oversized answer"}


@pytest.fixture(scope="module")
def server() -> Iterator[Anything]:
    with Anything() as server:
        yield server


@pytest.fixture(scope="module")
def _queues(server: Anything) -> Iterator[SqsQueues]:
    with aws_at(server.url, ["sqs"], timeout=(0.5, 0.3)) as aws:
        url = f"{server.url}/000000000000/queue"
        yield SqsQueues(aws.client, {"anonymize": url}, {"anonymize": url})


@pytest.fixture
def queues(_queues: SqsQueues, server: Anything) -> SqsQueues:
    server.control.clear(requests=True)
    server.reply = Reply.of({})
    return _queues


@pytest.mark.parametrize("fields", BROKEN.values(), ids=list(BROKEN))
def test_what_sqs_did_not_confirm_is_not_durable(queues: SqsQueues, server: Anything, fields: dict[str, Any]) -> None:
    server.fail(times=None, **fields)
    assert queues.send("anonymize", ["one", "two"], "practice") == frozenset({0, 1})


@pytest.mark.parametrize("fields", BROKEN.values(), ids=list(BROKEN))
def test_depths_that_cannot_be_had_are_a_passing_failure(
    queues: SqsQueues, server: Anything, fields: dict[str, Any]
) -> None:
    server.fail(times=None, **fields)
    with pytest.raises(Retryable, match="queue_unavailable"):
        queues.depths()


def test_entries_that_failed_within_a_200_are_named(queues: SqsQueues, server: Anything) -> None:
    done = [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "x"}]
    failed = [{"Id": "1", "SenderFault": False, "Code": "InternalError"}]
    server.reply = Reply.of({"Successful": done, "Failed": failed})
    assert queues.send("anonymize", ["one", "two"], "practice") == frozenset({1})


def test_an_entry_that_the_answer_does_not_mention_is_named(queues: SqsQueues, server: Anything) -> None:
    server.reply = Reply.of({"Successful": [{"Id": "1", "MessageId": "m", "MD5OfMessageBody": "x"}], "Failed": []})
    assert queues.send("anonymize", ["one", "two"], "practice") == frozenset({0})


def test_a_dead_letter_that_sqs_did_not_confirm_is_a_passing_failure(queues: SqsQueues) -> None:
    with pytest.raises(Retryable, match="queue_unavailable"):
        queues.send_dead("anonymize", "body", {})


@pytest.mark.parametrize(("seconds", "asked"), [(-1, 0), (0.2, 1), (59.5, 60), (43_200, 42_300), (1e9, 42_300)])
def test_seconds_are_rounded_up_and_kept_in_sqs_s_bounds(
    queues: SqsQueues, server: Anything, seconds: float, asked: int
) -> None:
    queues.postpone("anonymize", "handle", seconds)
    assert json.loads(server.control.requests[-1]["body"])["VisibilityTimeout"] == asked


@example([1] * 25)
@given(st.lists(st.sampled_from([1, 5, 1000, 300_000, 700_000, MAX_BYTES, MAX_BYTES + 1]), max_size=40))
def test_batches_keep_the_limits_and_lose_nothing(sizes: list[int]) -> None:
    bodies = [BODIES[size] for size in sizes]
    batches = list(_batches(bodies))
    assert all(0 < len(batch) <= MAX_ENTRIES for batch in batches)
    assert all(sum(_size(bodies[i]) for i in batch) <= MAX_BYTES for batch in batches)
    assert [i for batch in batches for i in batch] == [i for i, size in enumerate(sizes) if size <= MAX_BYTES]


BODIES = {size: "x" * size for size in (1, 5, 1000, 300_000, 700_000, MAX_BYTES, MAX_BYTES + 1)}
