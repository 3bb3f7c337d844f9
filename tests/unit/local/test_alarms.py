"""CloudWatch's part of the alarms on the emulator: each is judged by its own queue, and reported when it changes."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.aws.queue_ages import METRIC
from infra.cloudformation.deploy import client
from infra.local.alarms import judge, publish_ages
from infra.local.companions import Alarms
from infra.local.process import wait_until
from infra.local.servers import Emulator
from infra.local.stack import Info
from infra.local.watch import lying


@dataclass
class Queue:
    """A queue with an alarm on its messages, as the template has one for each dead-letter queue."""

    aws: dict[str, str]
    name: str
    url: str

    @classmethod
    def make(cls, aws: dict[str, str], actions: list[str], **alarm: Any) -> Queue:
        name = f"alarmed-{uuid.uuid4().hex[:8]}"
        url = client("sqs", aws).create_queue(QueueName=name)["QueueUrl"]
        described = {
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{"Name": "QueueName", "Value": name}],
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
            "AlarmActions": actions,
            "OKActions": actions,
        }
        client("cloudwatch", aws).put_metric_alarm(AlarmName=name, **(described | alarm))
        return cls(aws, name, url)

    def put(self) -> None:
        client("sqs", self.aws).send_message(QueueUrl=self.url, MessageBody="{}")

    def purge(self) -> None:
        client("sqs", self.aws).purge_queue(QueueUrl=self.url)

    @property
    def alarm(self) -> dict[str, Any]:
        [found] = client("cloudwatch", self.aws).describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        return dict(found)


@pytest.fixture
def aws(emulator: Emulator) -> dict[str, str]:
    return emulator.client_environment()


def test_a_message_raises_the_alarm_of_its_queue(aws: dict[str, str]) -> None:
    queue = Queue.make(aws, [])
    queue.put()
    assert judge(aws)[queue.name] == queue.alarm["StateValue"] == "ALARM"


def test_a_message_raises_no_other_alarm(aws: dict[str, str]) -> None:
    queue, other = Queue.make(aws, []), Queue.make(aws, [])
    queue.put()
    judge(aws)
    assert other.alarm["StateValue"] == "OK"


def test_the_alarm_ends_when_its_queue_is_empty(aws: dict[str, str]) -> None:
    queue = Queue.make(aws, [])
    queue.put()
    judge(aws)
    queue.purge()
    assert judge(aws)[queue.name] == "OK"


def test_the_threshold_itself_is_no_alarm(aws: dict[str, str]) -> None:
    queue = Queue.make(aws, [], Threshold=1)
    queue.put()
    assert judge(aws)[queue.name] == "OK"


def test_an_alarm_that_stays_is_set_once(aws: dict[str, str]) -> None:
    queue = Queue.make(aws, [])
    queue.put()
    judge(aws)
    since = queue.alarm["StateUpdatedTimestamp"]
    judge(aws)
    assert queue.alarm["StateUpdatedTimestamp"] == since


def test_an_alarm_on_something_else_is_left_alone(aws: dict[str, str]) -> None:
    queue = Queue.make(aws, [], Namespace="AWS/Lambda", MetricName="Errors")
    queue.put()
    assert queue.name not in judge(aws)


def test_a_backlog_is_one_when_it_lasts(aws: dict[str, str]) -> None:
    queue = Queue.make(aws, [], EvaluationPeriods=5)
    queue.put()
    since: dict[str, float] = {}
    states = [judge(aws, since, now)[queue.name] for now in (1000.0, 1239.0, 1240.0)]
    assert states == ["OK", "OK", "ALARM"]


def test_a_burst_that_was_worked_off_meanwhile_begins_anew(aws: dict[str, str]) -> None:
    queue = Queue.make(aws, [], EvaluationPeriods=5)
    since: dict[str, float] = {}
    queue.put()
    judge(aws, since, 1000.0)
    queue.purge()
    judge(aws, since, 1100.0)
    queue.put()
    assert judge(aws, since, 1240.0)[queue.name] == "OK"


def test_the_age_of_the_oldest_message_is_judged_by_its_own_queue(aws: dict[str, str]) -> None:
    old, empty = (Queue.make(aws, [], MetricName=METRIC, Threshold=-1, EvaluationPeriods=5) for _ in range(2))
    fresh = Queue.make(aws, [], MetricName=METRIC, Threshold=900)
    old.put()
    fresh.put()
    since: dict[str, float] = {}
    judge(aws, since, 1000.0)
    empty_is_zero = since.keys() & {old.name, empty.name, fresh.name}
    assert empty_is_zero == {old.name, empty.name}
    assert judge(aws, since, 2000.0)[fresh.name] == "OK"


def test_ages_that_are_published_change_no_alarm_by_themselves(aws: dict[str, str]) -> None:
    """The emulator would judge them without looking at the queue that they are of."""
    queue = Queue.make(aws, [], MetricName=METRIC, Threshold=-1, EvaluationPeriods=5)
    queue.put()
    before = queue.alarm["StateValue"]
    publish_ages(aws)
    assert queue.alarm["StateValue"] == before != "ALARM"


def test_a_change_is_told_to_the_topic(aws: dict[str, str]) -> None:
    listener = Queue.make(aws, [])
    topic = client("sns", aws).create_topic(Name=listener.name)["TopicArn"]
    arn = f"arn:aws:sqs:{aws['AWS_REGION']}:000000000000:{listener.name}"
    client("sns", aws).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    queue = Queue.make(aws, [topic])
    queue.put()
    judge(aws)
    alarms = [json.loads(json.loads(message["Body"])["Message"]) for message in lying(info(aws), listener.name)]
    assert (queue.name, "ALARM") in [(alarm["AlarmName"], alarm["NewStateValue"]) for alarm in alarms]


def test_neither_judging_nor_looking_counts_as_a_receive(aws: dict[str, str]) -> None:
    queue = Queue.make(aws, [])
    queue.put()
    judge(aws)
    lying(info(aws), queue.name)
    [message] = lying(info(aws), queue.name)
    assert message["ReceiveCount"] == 0


def test_the_judge_outlives_an_emulator_that_is_away(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    emulator.start()
    emulator.stop()
    with Alarms(tmp_path, emulator) as alarms:
        assert wait_until(lambda: "EndpointConnectionError" in alarms.log.read_text(), 10)
        assert alarms.alive()


def info(aws: dict[str, str]) -> Info:
    """As much of a stack as `lying` asks for."""
    return Info(api="", aws=aws, database_url="", redis_url="", telegram_url="", emailengine_url="", credentials={})
