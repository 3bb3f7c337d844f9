"""Alarms of the doors, on metrics that the functions write themselves (EMF): errors, and silence of the pusher."""

from __future__ import annotations

from typing import Any

from chalicelib.adapters.observability import NAMESPACE, SERVICE

DOORS = ("gmail", "emailengine")
ERROR_SHARE = 0.05
SILENCE = 15 * 60
"""Seconds without a push or a heartbeat."""

HEARTBEAT = "HasGmailHeartbeat"
PARAMETER: dict[str, Any] = {
    "Type": "String",
    "Default": "no",
    "AllowedValues": ["yes", "no"],
    "Description": "yes: the pusher sends heartbeats, and 15 minutes without any sign of it are an alarm",
}


def door_alarms() -> dict[str, Any]:
    """An alarm on each door's errors; one on the pusher's silence where it sends heartbeats."""
    made = {f"{door.capitalize()}ErrorsAlarm": _errors(door) for door in DOORS}
    return made | {"GmailSilenceAlarm": {"Condition": HEARTBEAT} | _silence()}


def _errors(door: str) -> dict[str, Any]:
    """Each answer counts 0 or 1, so the average is the share; two periods of three, so that one blip is none."""
    return _alarm(
        f"mailroom-{door}-errors",
        f"Over 5 % of the answers of the {door} door are 5xx: see docs/operating.md, Alarms and metrics",
        door,
        {
            "MetricName": "DoorErrors",
            "Statistic": "Average",
            "Period": 300,
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            "Threshold": ERROR_SHARE,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        },
    )


def _silence() -> dict[str, Any]:
    return _alarm(
        "mailroom-gmail-silence",
        "No push and no heartbeat for 15 minutes: see docs/operating.md, Alarms and metrics",
        "gmail",
        {
            "MetricName": "Sign",
            "Statistic": "Sum",
            "Period": SILENCE,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "LessThanThreshold",
            "TreatMissingData": "breaching",
        },
    )


def _alarm(name: str, about: str, door: str, judged: dict[str, Any]) -> dict[str, Any]:
    dimensions = [{"Name": "door", "Value": door}, {"Name": "service", "Value": SERVICE}]
    told = {"AlarmActions": [{"Ref": "AlarmTopic"}], "OKActions": [{"Ref": "AlarmTopic"}]}
    properties = {"AlarmName": name, "AlarmDescription": about, "Namespace": NAMESPACE, "Dimensions": dimensions}
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties | judged | told}
