"""Plays CloudWatch for the queue alarms: on AWS, SQS publishes its metrics and CloudWatch judges each queue's own.

The emulator does neither: SQS publishes nothing there, and its alarms mix the data points of all queues,
because it looks at a metric's name and not at its dimensions. So this process reads the queues, judges each
alarm of the deployed template as CloudWatch would, and sets its state; the emulator does the rest
(alarm → topic → queue). Run as `python -m infra.local.alarms ENDPOINT REGION`.
"""

from __future__ import annotations

import operator
import sys
import threading
import time
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.queue_ages import METRIC
from infra.deploy import client

COMPARE = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
ATTRIBUTES = {
    "ApproximateNumberOfMessagesVisible": "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
}
"""SQS metric → the queue attribute that it is published from."""
INTERVAL = 2.0


def judge(aws: dict[str, str]) -> dict[str, str]:
    """Judge every queue alarm once; alarm name → state. Alarms on other metrics are left alone."""
    cloudwatch, sqs = client("cloudwatch", aws), client("sqs", aws)
    states = {}
    for alarm in cloudwatch.describe_alarms()["MetricAlarms"]:
        if alarm.get("Namespace") != "AWS/SQS" or alarm.get("MetricName") not in ATTRIBUTES:
            continue
        value = _value(sqs, alarm)
        breaching = COMPARE[alarm["ComparisonOperator"]](value, alarm["Threshold"])
        state = "ALARM" if breaching else "OK"
        if state != alarm["StateValue"]:
            reason = f"Threshold Crossed: {value}"
            cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue=state, StateReason=reason)
        states[alarm["AlarmName"]] = state
    return states


def publish_ages(aws: dict[str, str]) -> None:
    """Publish the age of each queue's oldest message as SQS does; nothing for an empty queue.

    No alarm looks at this metric, so the emulator's mixing of dimensions does no harm.
    """
    page = requests.get(f"{aws['AWS_ENDPOINT_URL']}/_ministack/sqs/messages", timeout=10).json()
    now = time.time()
    data = []
    for regions in page["messages"].values():
        for queues in regions.values():
            for url, messages in queues.items():
                sent = [int(message["SentTimestamp"]) for message in messages]
                if sent:
                    dimensions = [{"Name": "QueueName", "Value": url.rsplit("/", 1)[-1]}]
                    age = {"MetricName": METRIC, "Dimensions": dimensions, "Value": now - min(sent), "Unit": "Seconds"}
                    data.append(age)
    if data:
        client("cloudwatch", aws).put_metric_data(Namespace="AWS/SQS", MetricData=data)


def _value(sqs: Any, alarm: dict[str, Any]) -> float:
    [dimension] = alarm["Dimensions"]
    url = sqs.get_queue_url(QueueName=dimension["Value"])["QueueUrl"]
    attribute = ATTRIBUTES[alarm["MetricName"]]
    return float(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"][attribute])


def main() -> None:
    """Judge every two seconds until the process is ended."""
    aws = {
        "AWS_ENDPOINT_URL": sys.argv[1],
        "AWS_DEFAULT_REGION": sys.argv[2],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    ended = threading.Event()
    while not ended.wait(INTERVAL):
        try:
            judge(aws)
            publish_ages(aws)
        except (
            BotoCoreError,
            ClientError,
            requests.RequestException,
        ) as error:  # an emulator that is stopped in a failure test comes back
            print(f"{time.strftime('%H:%M:%S')} {type(error).__name__}", flush=True)


if __name__ == "__main__":
    main()
