"""The queue metrics that AWS publishes by itself and the emulator does not."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Self

from infra.local.emulator import REGION


def publish_queue_metrics(endpoint: str, queue_names: Iterable[str], region: str = REGION) -> int:
    """Publish each queue's visible messages and the age of the oldest; the number of queues that exist.

    Namespace, names and dimension as in Amazon SQS's own metrics ("Available CloudWatch metrics for
    Amazon SQS"), one data point a call. The age comes from the emulator's inspection page, which
    receives nothing and so leaves the receive counts alone; 0 for an empty queue.
    """
    sqs, cloudwatch = (_client(service, endpoint, region) for service in ("sqs", "cloudwatch"))
    data: list[dict[str, Any]] = []
    known = 0
    for name in queue_names:
        try:
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except sqs.exceptions.QueueDoesNotExist:
            continue
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        known += 1
        visible = float(attributes["ApproximateNumberOfMessages"])
        in_flight = float(attributes["ApproximateNumberOfMessagesNotVisible"])
        age = _oldest_seconds(endpoint, url, region) if visible + in_flight else 0.0
        data.append(_point(name, "ApproximateNumberOfMessagesVisible", visible, "Count"))
        data.append(_point(name, "ApproximateNumberOfMessagesNotVisible", in_flight, "Count"))
        data.append(_point(name, "ApproximateAgeOfOldestMessage", age, "Seconds"))
    if data:
        cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=data)
    return known


class CloudWatch:
    """A thread that publishes the queue metrics every `interval` seconds while it is started."""

    def __init__(self, endpoint: str, queue_names: Iterable[str], interval: float = 5.0, region: str = REGION) -> None:
        self._endpoint, self._names, self._interval, self._region = endpoint, tuple(queue_names), interval, region
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start; harmless when it runs."""
        if not self.alive():
            self._ended.clear()
            self._thread = threading.Thread(target=self.run, name="queue-metrics", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop and wait for the end of a running round; harmless when it does not run."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self) -> None:
        """Publish until `stop` is called from another thread."""
        from botocore.exceptions import BotoCoreError, ClientError

        while True:
            # An emulator that is stopped in a failure test comes back: the next round publishes again.
            with contextlib.suppress(BotoCoreError, ClientError, OSError):
                publish_queue_metrics(self._endpoint, self._names, self._region)
            if self._ended.wait(self._interval):
                return


def _oldest_seconds(endpoint: str, queue_url: str, region: str) -> float:
    query = urllib.parse.urlencode({"QueueUrl": queue_url, "region": region})
    with urllib.request.urlopen(f"{endpoint}/_ministack/sqs/messages?{query}", timeout=5) as answer:  # noqa: S310
        accounts = json.load(answer)["messages"]
    sent = [
        message["SentTimestamp"]
        for regions in accounts.values()
        for queues in regions.values()
        for messages in queues.values()
        for message in messages
    ]
    return max(0.0, time.time() - min(sent)) if sent else 0.0


def _point(queue: str, name: str, value: float, unit: str) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
        "Timestamp": datetime.now(UTC),
        "Value": value,
        "Unit": unit,
    }


def _client(service: str, endpoint: str, region: str) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
        config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}),
    )


if __name__ == "__main__":
    CloudWatch(sys.argv[1], sys.argv[2:]).run()
