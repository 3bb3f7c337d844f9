"""The alarms: mail in quarantine, a backlog, a message that is too old, files of links that time out."""

from __future__ import annotations

from typing import Any

from chalicelib.adapters.observability import NAMESPACE, SERVICE
from chalicelib.core.stages import ALERT, OFFLOAD, Stage

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


def offload() -> dict[str, Any]:
    """Files of links that time out in more than a tenth of the tries (requirements: gmail-push).

    Each try counts 0 or 1, so the average is the share: the emulator deploys no alarm on metric mathematics.
    """
    return {
        "OffloadTimeoutAlarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "mailroom-offload-timeouts",
                "AlarmDescription": "Over 10 % of off-loads time out: see docs/operating.md, Files of links",
                "Namespace": NAMESPACE,
                "MetricName": "OffloadTimeout",
                "Dimensions": [{"Name": "service", "Value": SERVICE}, {"Name": "stage", "Value": OFFLOAD.name}],
                "Statistic": "Average",
                "Period": 300,
                "EvaluationPeriods": 2,
                "DatapointsToAlarm": 2,
                "Threshold": 0.1,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": "AlarmTopic"}],
                "OKActions": [{"Ref": "AlarmTopic"}],
            },
        }
    }


def stuck() -> dict[str, Any]:
    """Telegram refuses what nobody's mail can be the reason of: its chat is gone, or the bot was expelled.

    The alert cannot be told in that chat: whoever must hear of it subscribes to the topic (docs/operating.md).
    """
    return {
        "NotifyStuckAlarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "mailroom-notify-stuck",
                "AlarmDescription": "Telegram refuses notices for good: see docs/operating.md, Refused notices",
                "Namespace": NAMESPACE,
                "MetricName": "NotifyStuck",
                "Dimensions": [{"Name": "service", "Value": SERVICE}, {"Name": "stage", "Value": "notify"}],
                "Statistic": "Sum",
                "Period": 300,
                "EvaluationPeriods": 12,
                "DatapointsToAlarm": 1,
                "Threshold": 0,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": "AlarmTopic"}],
                "OKActions": [{"Ref": "AlarmTopic"}],
            },
        }
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
