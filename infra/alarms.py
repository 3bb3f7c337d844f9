"""The queues' alarms: mail in quarantine, a backlog, an oldest message that is too old (requirements: Resilience)."""

from __future__ import annotations

from typing import Any

from chalicelib.pipeline.stages import ALERT, Stage

PATIENCE_MINUTES = 5
"""A burst that is worked off meanwhile is no backlog."""


def of(stage: Stage) -> dict[str, Any]:
    """A stage's alarms. The alert stage has none on its backlog: it is the one that would have to tell of it."""
    name = stage.name.capitalize()
    made = {
        f"{name}DlqAlarm": _alarm(
            f"{stage.dead_letter_queue}-not-empty",
            f"Mail in quarantine at stage {stage.name}: see docs/operating.md, Quarantine",
            stage.dead_letter_queue,
            "ApproximateNumberOfMessagesVisible",
            0,
            1,
        )
    }
    if stage.name == ALERT.name:
        return made
    about = "see docs/operating.md, Backlog"
    return made | {
        f"{name}BacklogAlarm": _alarm(
            f"{stage.queue}-backlog",
            f"More mail waits at stage {stage.name} than it takes: {about}",
            stage.queue,
            "ApproximateNumberOfMessagesVisible",
            {"Ref": "BacklogMessages"},
            PATIENCE_MINUTES,
        ),
        f"{name}OldestAlarm": _alarm(
            f"{stage.queue}-oldest",
            f"Mail waits too long at stage {stage.name}: {about}",
            stage.queue,
            "ApproximateAgeOfOldestMessage",
            {"Ref": "BacklogSeconds"},
            PATIENCE_MINUTES,
        ),
    }


def _alarm(name: str, description: str, queue: str, metric: str, threshold: Any, minutes: int) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": name,
            "AlarmDescription": description,
            "Namespace": "AWS/SQS",
            "MetricName": metric,
            "Dimensions": [{"Name": "QueueName", "Value": queue}],
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": minutes,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": "AlarmTopic"}],
            "OKActions": [{"Ref": "AlarmTopic"}],
        },
    }
