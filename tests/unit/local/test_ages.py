"""The age of a queue's oldest message: published on the laptop, read by the adapter as on AWS."""

from __future__ import annotations

import time

from chalicelib.adapters.aws.queue_ages import QueueAges
from infra.cloudformation.deploy import client
from infra.local.alarms import publish_ages
from infra.local.emulator import Emulator
from tests.aws_at import aws_at, closed_port


def test_the_age_of_a_waiting_message_is_known_and_that_of_an_empty_queue_is_not(emulator: Emulator) -> None:
    aws = emulator.client_environment()
    sqs = client("sqs", aws)
    url = sqs.create_queue(QueueName="aged")["QueueUrl"]
    sqs.create_queue(QueueName="empty")
    sqs.send_message(QueueUrl=url, MessageBody="waits")
    time.sleep(1.1)  # an age in whole seconds
    publish_ages(aws)
    with aws_at(emulator.url, ("cloudwatch",), secret=emulator.secret) as clients:
        ages = QueueAges(clients.client).oldest(["aged", "empty", "of-no-such-name"])
    assert list(ages) == ["aged"]
    assert 1 <= ages["aged"] < 60
    sqs.delete_queue(QueueUrl=url)


def test_without_cloudwatch_no_age_is_known() -> None:
    with aws_at(f"http://127.0.0.1:{closed_port()}", ("cloudwatch",)) as clients:
        assert QueueAges(clients.client).oldest(["aged"]) == {}
