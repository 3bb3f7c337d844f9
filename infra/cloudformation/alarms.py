"""The alarms: on each stage's queues, on loops that Lambda drops, and on our own metrics (table of functions)."""

from __future__ import annotations

from typing import Any

from chalicelib.adapters.observability import NAMESPACE, SERVICE
from chalicelib.bootstrap.function_types import Alarm, Function
from chalicelib.core.stages import Stage

PATIENCE_MINUTES = 5
"""A burst that is worked off in this time is no backlog."""


def of(row: Function) -> dict[str, Any]:
    """All alarms of a function."""
    queues = _dead_letters(row.stage) if row.stage else {}
    if row.stage and row.backlog:
        queues |= _backlog(row.stage)
    return queues | _recursion(row) | {f"{alarm.name}Alarm": _own(alarm) for alarm in row.alarms}


def _recursion(row: Function) -> dict[str, Any]:
    """Lambda drops an invocation as a recursive loop. Nothing of ours runs then: only AWS's own metric shows it."""
    alarm = _alarm(
        AlarmName=f"{SERVICE}-{row.name}-recursion",
        AlarmDescription=f"Lambda drops invocations of {row.name} as a loop: see docs/recovery.md, Recursive loops",
        Namespace="AWS/Lambda",
        MetricName="RecursiveInvocationsDropped",
        Dimensions=[{"Name": "FunctionName", "Value": {"Ref": row.logical}}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    return {f"{row.name.capitalize()}RecursionAlarm": alarm}


def _dead_letters(stage: Stage) -> dict[str, Any]:
    alarm = _queue(
        f"{stage.dead_letter_queue}-not-empty",
        f"Mail in quarantine at stage {stage.name}: see docs/recovery.md, Failed messages",
        stage.dead_letter_queue,
        "ApproximateNumberOfMessagesVisible",
        0,
        1,
    )
    return {f"{stage.name.capitalize()}DlqAlarm": alarm}


def _backlog(stage: Stage) -> dict[str, Any]:
    name, about = stage.name.capitalize(), "see docs/recovery.md, Backlog"
    return {
        f"{name}BacklogAlarm": _queue(
            f"{stage.queue}-backlog",
            f"More mail waits at stage {stage.name} than it takes: {about}",
            stage.queue,
            "ApproximateNumberOfMessagesVisible",
            {"Ref": "BacklogMessages"},
            PATIENCE_MINUTES,
        ),
        f"{name}OldestAlarm": _queue(
            f"{stage.queue}-oldest",
            f"Mail waits too long at stage {stage.name}: {about}",
            stage.queue,
            "ApproximateAgeOfOldestMessage",
            {"Ref": "BacklogSeconds"},
            PATIENCE_MINUTES,
        ),
    }


def _own(alarm: Alarm) -> dict[str, Any]:
    """An alarm on a metric that the functions write themselves (EMF)."""
    dimensions = {"service": SERVICE, **alarm.dimensions}
    made = _alarm(
        AlarmName=f"{SERVICE}-{alarm.title}",
        AlarmDescription=alarm.description,
        Namespace=NAMESPACE,
        MetricName=alarm.metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        Statistic=alarm.statistic,
        Period=alarm.period,
        EvaluationPeriods=alarm.periods,
        DatapointsToAlarm=alarm.datapoints,
        Threshold=alarm.threshold,
        ComparisonOperator=alarm.comparison,
        TreatMissingData=alarm.missing,
    )
    return made | ({"Condition": alarm.condition} if alarm.condition else {})


def _queue(name: str, description: str, queue: str, metric: str, threshold: Any, minutes: int) -> dict[str, Any]:
    return _alarm(
        AlarmName=name,
        AlarmDescription=description,
        Namespace="AWS/SQS",
        MetricName=metric,
        Dimensions=[{"Name": "QueueName", "Value": queue}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=minutes,
        Threshold=threshold,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )


def _alarm(**properties: Any) -> dict[str, Any]:
    """An alarm that reports when it begins and when it ends."""
    reported = {"AlarmActions": [{"Ref": "AlarmTopic"}], "OKActions": [{"Ref": "AlarmTopic"}]}
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties | reported}
