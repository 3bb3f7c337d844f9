"""How old the oldest message of each queue is: a CloudWatch metric that SQS publishes, not a queue attribute."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from chalicelib.adapters.aws.session import AwsFailure, ClientFactory, ask

METRIC = "ApproximateAgeOfOldestMessage"
PERIOD = 60
WINDOW = timedelta(minutes=10)
"""SQS publishes once a minute, some minutes late, and nothing for a queue that was idle for hours."""


class QueueAges:
    """Reads the ages of several queues in one call (`GetMetricData`)."""

    def __init__(self, client_factory: ClientFactory, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._client_factory = client_factory
        self._now = now

    def oldest(self, queues: Iterable[str]) -> dict[str, float]:
        """Queue name → seconds, as last published; a queue without a recent value, or no CloudWatch, is left out."""
        names = list(queues)
        queries = [
            {
                "Id": f"q{index}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SQS",
                        "MetricName": METRIC,
                        "Dimensions": [{"Name": "QueueName", "Value": name}],
                    },
                    "Period": PERIOD,
                    "Stat": "Maximum",
                },
            }
            for index, name in enumerate(names)
        ]
        now = self._now()
        client = self._client_factory("cloudwatch")
        try:
            answer = ask(
                lambda: client.get_metric_data(
                    MetricDataQueries=queries, StartTime=now - WINDOW, EndTime=now, ScanBy="TimestampDescending"
                )
            )
        except AwsFailure:  # an age that is not known is shown as such; the depths do not depend on it
            return {}
        found = {result["Id"]: result["Values"] for result in answer.get("MetricDataResults", [])}
        values = {name: found.get(f"q{index}") for index, name in enumerate(names)}
        return {name: float(value[0]) for name, value in values.items() if value}
