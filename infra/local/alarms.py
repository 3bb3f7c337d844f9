"""Plays CloudWatch for the queue alarms: on AWS, SQS publishes its metrics and CloudWatch judges each queue's own.

The emulator does neither: SQS publishes nothing there, and its alarms mix the data points of all queues,
because it looks at a metric's name and not at its dimensions. So this process reads the queues, judges each
alarm of the deployed template as CloudWatch would, and sets its state; the emulator does the rest
(alarm → topic → queue). Run as `python -m infra.local.alarms ENDPOINT REGION`, with the emulator's secret in
`AWS_SECRET_ACCESS_KEY`.
"""

from __future__ import annotations

import operator
import os
import sys
import threading
import time
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.aws.queue_ages import METRIC
from infra.cloudformation.deploy import client

STARTED = "watching the alarms"
"""What this process writes first."""
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


LATE = 400
"""Seconds by which ages are dated back: the emulator would judge newer ones itself, mixing all queues' (the age alarms
look at five minutes), and `adapters.aws.queue_ages` reads those of ten minutes. SQS's own are some minutes late too."""


def judge(aws: dict[str, str], since: dict[str, float] | None = None, now: float | None = None) -> dict[str, str]:
    """Judge every queue alarm once; alarm name → state. Alarms on other metrics are left alone.

    `since` is kept by the caller from look to look: alarm → Unix time from which on its metric breaches. An alarm over
    several periods needs a breach that lasts as long.
    """
    since = {} if since is None else since
    now = time.time() if now is None else now
    cloudwatch, sqs = client("cloudwatch", aws), client("sqs", aws)
    states: dict[str, str] = {}
    ages: dict[str, float] | None = None
    for alarm in cloudwatch.describe_alarms()["MetricAlarms"]:
        if alarm.get("Namespace") != "AWS/SQS" or alarm.get("MetricName") not in (*ATTRIBUTES, METRIC):
            continue
        if alarm["MetricName"] == METRIC:
            ages = _ages(aws) if ages is None else ages
            value = ages.get(alarm["Dimensions"][0]["Value"], 0.0)
        else:
            value = _value(sqs, alarm)
        name = alarm["AlarmName"]
        if COMPARE[alarm["ComparisonOperator"]](value, alarm["Threshold"]):
            since.setdefault(name, now)
        else:
            since.pop(name, None)
        patience = alarm["Period"] * (alarm["EvaluationPeriods"] - 1)
        state = "ALARM" if name in since and now - since[name] >= patience else "OK"
        if state != alarm["StateValue"]:
            reason = f"Threshold Crossed: {value}"
            cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)
        states[name] = state
    return states


def publish_ages(aws: dict[str, str]) -> None:
    """Publish the age of each queue's oldest message as SQS does, some minutes late; nothing for an empty queue."""
    at = time.time() - LATE
    data = [
        {
            "MetricName": METRIC,
            "Dimensions": [{"Name": "QueueName", "Value": name}],
            "Value": age,
            "Unit": "Seconds",
            "Timestamp": at,
        }
        for name, age in _ages(aws).items()
    ]
    if data:
        client("cloudwatch", aws).put_metric_data(Namespace="AWS/SQS", MetricData=data)


def _ages(aws: dict[str, str]) -> dict[str, float]:
    """Queue → age of its oldest message in seconds, for those that hold one."""
    url, key = f"{aws['AWS_ENDPOINT_URL']}/_ministack/sqs/messages", aws["AWS_SECRET_ACCESS_KEY"]
    page = requests.get(url, headers={"Authorization": f"Bearer {key}"}, timeout=10).json()
    now = time.time()
    ages = {}
    for regions in page["messages"].values():
        for queues in regions.values():
            for url, messages in queues.items():
                if sent := [int(message["SentTimestamp"]) for message in messages]:
                    ages[url.rsplit("/", 1)[-1]] = now - min(sent)
    return ages


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
        "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
    }
    print(STARTED, flush=True)
    ended = threading.Event()
    since: dict[str, float] = {}
    while not ended.wait(INTERVAL):
        try:
            judge(aws, since)
            publish_ages(aws)
        except (
            BotoCoreError,
            ClientError,
            requests.RequestException,
        ) as error:  # an emulator that is stopped in a failure test comes back
            print(f"{time.strftime('%H:%M:%S')} {type(error).__name__}", flush=True)


if __name__ == "__main__":
    main()
