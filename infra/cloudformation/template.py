"""Writes the template that `chalice package --merge-template` merges: everything Chalice cannot say.

Queues, dead-letter queues, redrive both ways, alarms, topic, bucket, key, and for each function of the table its batch
size *with* `FunctionResponseTypes`, its queue's visibility, its environment and its rights. Run as
`python -m infra.cloudformation.template OUT`.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from chalicelib import __version__
from chalicelib.bootstrap.alarms import HEARTBEAT
from chalicelib.bootstrap.function_types import Function
from chalicelib.bootstrap.functions import FUNCTIONS
from chalicelib.core.stages import ALERT, STAGES, Stage
from chalicelib.resilience.retry import MAX_RECEIVE_COUNT
from infra.cloudformation import alarms, policies
from infra.cloudformation.parameters import PARAMETERS as PARAMETERS
from infra.cloudformation.parameters import SETTINGS as SETTINGS
from infra.cloudformation.spool import spool
from infra.database.rights import DOOR

ROOT = Path(__file__).resolve().parents[2]
VISIBILITY_FACTOR = 6
"""Visibility time-out ≥ 6 × the function's time-out (AWS Lambda guide, SQS event sources)."""
CRASH_SECONDS = 3600
"""A function that dies at its start (a broken deployment) gets its messages back after the visibility time-out, until
`maxReceiveCount`: for at least so long none of them may reach a dead-letter queue."""
DAY = 24 * 3600
SOURCE_RETENTION = 4 * DAY
DEAD_RETENTION = 14 * DAY
"""A dead-lettered message keeps its original enqueue time, so its queue must keep it much longer."""

NOT_LINTED = {
    "W3005": "DependsOn a queue that the environment refers to anyway: the event source must not hang on a variable",
    "W1033": "an empty SecurityGroupIds, split: the condition InVpc keeps it from being used",
}
"""cfn-lint's rules that the template breaks on purpose, and why; the template carries their names."""


def visibility(timeout: int) -> int:
    """Seconds that a received message is hidden, by its function's time-out."""
    return max(VISIBILITY_FACTOR * timeout, math.ceil(CRASH_SECONDS / MAX_RECEIVE_COUNT))


def logical(stage: Stage, kind: str) -> str:
    """CloudFormation's name of a stage's resource."""
    return f"{stage.name.capitalize()}{kind}"


def template() -> dict[str, Any]:
    """The whole merge template."""
    resources = spool() | alarms_topic() | policies.roles()
    for row in FUNCTIONS:
        resources |= alarms.of(row)
        if row.stage:
            resources |= queues(row.stage, row.timeout) | {row.logical: consumer(row, row.stage)}
        else:
            resources[row.logical] = function(row)
    return {
        "Metadata": {
            "Mailroom": {"Version": __version__},
            "cfn-lint": {"config": {"ignore_checks": list(NOT_LINTED)}},
        },
        "Parameters": PARAMETERS,
        "Conditions": {
            "HasLayers": _given("LanguageLayers"),
            "InVpc": _given("SubnetIds"),
            "OffloadHere": {
                "Fn::And": [_given("OffloadBucket"), {"Fn::Equals": [{"Ref": "OffloadEndpoint"}, ""]}],
            },
            HEARTBEAT: {"Fn::Equals": [{"Ref": "GmailHeartbeat"}, "yes"]},
        },
        "Resources": resources,
        "Outputs": {
            "SpoolBucket": {"Value": {"Ref": "Spool"}},
            "AlarmTopic": {"Value": {"Ref": "AlarmTopic"}},
        },
    }


def _given(parameter: str) -> dict[str, Any]:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}


def _listed(parameter: str) -> dict[str, Any]:
    """A list parameter. Of type String, because the emulator's conditions take a list parameter as given."""
    return {"Fn::Split": [",", {"Ref": parameter}]}


def queues(stage: Stage, timeout: int) -> dict[str, Any]:
    """A stage's queue and dead-letter queue, bound to each other both ways."""
    source_arn = {"Fn::Sub": f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{stage.queue}"}
    return {
        logical(stage, "Queue"): {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": stage.queue,
                "VisibilityTimeout": visibility(timeout),
                "MessageRetentionPeriod": SOURCE_RETENTION,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": [logical(stage, "Dlq"), "Arn"]},
                    "maxReceiveCount": MAX_RECEIVE_COUNT,
                },
            },
        },
        logical(stage, "Dlq"): {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": stage.dead_letter_queue,
                "MessageRetentionPeriod": DEAD_RETENTION,
                "SqsManagedSseEnabled": True,
                # By its string: a reference would make a circle with the RedrivePolicy above.
                "RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": [source_arn]},
            },
        },
    }


def consumer(row: Function, stage: Stage) -> dict[str, Any]:
    """What the packaged route adds to Chalice's function: batch size and partial answers, always together."""
    extra = function(row, {"MAILROOM_REPORT_FAILURES": "true"})
    extra["DependsOn"] = [logical(stage, "Queue"), *(["AlarmSubscription"] if stage is ALERT else [])]
    extra["Properties"]["Events"] = {
        f"{row.logical}SqsEventSource": {
            "Properties": {
                "BatchSize": stage.batch,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": stage.concurrency},
            }
        }
    }
    if row.requeues:
        extra["Properties"]["RecursiveLoop"] = "Allow"
    if row.layers:
        layers = {"Fn::If": ["HasLayers", _listed("LanguageLayers"), {"Ref": "AWS::NoValue"}]}
        extra["Properties"]["Layers"] = layers
    return extra


def function(row: Function, more: dict[str, str] | None = None) -> dict[str, Any]:
    """Environment, role and network that every function has."""
    environment: dict[str, Any] = {variable: {"Ref": source} for variable, source in SETTINGS.items()}
    for variable, secret in (("DOOR", DOOR), ("BACKEND", row.name)):
        environment[f"MAILROOM_{variable}_SECRET"] = {"Fn::Sub": f"${{SecretPrefix}}/{secret}"}
    for stage in STAGES:
        environment[f"MAILROOM_QUEUE_{stage.name.upper()}"] = {"Ref": logical(stage, "Queue")}
        environment[f"MAILROOM_DLQ_{stage.name.upper()}"] = {"Ref": logical(stage, "Dlq")}
    vpc = {"SubnetIds": _listed("SubnetIds"), "SecurityGroupIds": _listed("SecurityGroupIds")}
    return {
        "Properties": {
            "Role": policies.role_of(row),
            "Environment": {"Variables": environment | (more or {})},
            "VpcConfig": {"Fn::If": ["InVpc", vpc, {"Ref": "AWS::NoValue"}]},
        }
    }


def alarms_topic() -> dict[str, Any]:
    """Alarm → topic → the alert queue (a queue, so that an alert has retries and a DLQ as mail has)."""
    queue_arn = {"Fn::GetAtt": [logical(ALERT, "Queue"), "Arn"]}
    return {
        "AlarmTopic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "mailroom-alarms"}},
        "AlarmSubscription": {
            "Type": "AWS::SNS::Subscription",
            "DependsOn": ["AlertQueuePolicy"],
            "Properties": {"TopicArn": {"Ref": "AlarmTopic"}, "Protocol": "sqs", "Endpoint": queue_arn},
        },
        "AlertQueuePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": logical(ALERT, "Queue")}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "sns.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": queue_arn,
                            "Condition": {"ArnEquals": {"aws:SourceArn": {"Ref": "AlarmTopic"}}},
                        }
                    ],
                },
            },
        },
    }


def main() -> None:
    """Write the merge template to the path given."""
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(template(), indent=1))


if __name__ == "__main__":
    main()
