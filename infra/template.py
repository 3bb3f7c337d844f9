"""Writes the template that `chalice package --merge-template` merges: everything Chalice cannot say.

Queues, dead-letter queues, redrive both ways, alarms, topic, bucket, key, and for each function its batch
size *with* `FunctionResponseTypes`, its visibility (from the one time-out in `.chalice/config.json`), its
environment and its rights. Run as `python -m infra.template OUT`.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from chalicelib.pipeline.stages import ALERT, STAGES, Stage
from chalicelib.rules.retry import MAX_RECEIVE_COUNT
from infra import alarms, door_alarms, policies
from infra.rights import DOOR, name_of

ROOT = Path(__file__).resolve().parent.parent
VISIBILITY_FACTOR = 6
"""Visibility time-out ≥ 6 × the function's time-out (AWS Lambda guide, SQS event sources)."""
CRASH_SECONDS = 3600
"""A function that dies at its start (a broken deployment) gets its messages back after the visibility time-out, until
`maxReceiveCount`: for at least so long none of them may reach a dead-letter queue (requirements: Resilience)."""
DAY = 24 * 3600
SOURCE_RETENTION = 4 * DAY
DEAD_RETENTION = 14 * DAY
"""A dead-lettered message keeps its original enqueue time, so its queue must keep it much longer."""

PARAMETERS: dict[str, dict[str, Any]] = {
    "SecretPrefix": {
        "Type": "String",
        "Default": "mailroom",
        "AllowedPattern": "[A-Za-z0-9/_+=.@-]{1,100}",
        "Description": "Name before the slash of each function's secret, such as mailroom/notify",
    },
    "Accounts": {"Type": "String", "Description": "Account ids that the doors know, comma-separated"},
    "GmailAccount": {"Type": "String", "Default": "", "Description": "Account of a Gmail push that names none"},
    "GmailAuth": {"Type": "String", "Default": "hmac", "AllowedValues": ["bearer", "hmac", "either", "both"]},
    "EmailEngineUrl": {"Type": "String", "Description": "Base URL of EmailEngine"},
    "EmailEngineFolders": {"Type": "String", "Default": "\\Inbox"},
    "TelegramUrl": {"Type": "String", "Default": "https://api.telegram.org"},
    "TelegramChat": {"Type": "String", "Description": "Chat id of the forum group"},
    "TelegramTopics": {"Type": "String", "Default": "email=2,system=3"},
    "Language": {"Type": "String", "Default": "en", "AllowedValues": ["fr", "en"]},
    "Classifier": {"Type": "String", "Default": "rules", "AllowedValues": ["rules", "bedrock", "anthropic"]},
    "LlmModel": {"Type": "String", "Default": ""},
    "LlmUrl": {"Type": "String", "Default": "https://api.anthropic.com"},
    "LanguageLayers": {"Type": "String", "Default": "", "Description": "ARNs of the anonymize layers, with commas"},
    "SubnetIds": {"Type": "String", "Default": "", "Description": "Private subnets with commas, when in a VPC"},
    "SecurityGroupIds": {"Type": "String", "Default": "", "Description": "Security groups with commas"},
    "OffloadBucket": {
        "Type": "String",
        "Default": "",
        "AllowedPattern": "([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?",
        "Description": "Bucket that files of links go to; empty: mail keeps its original links",
    },
    "OffloadEndpoint": {
        "Type": "String",
        "Default": "",
        "Description": "Endpoint of that bucket where it is not S3 of this account (R2, for one)",
    },
    "OffloadMax": {"Type": "String", "Default": "2147483648", "Description": "Bytes of an off-loaded file"},
    "PrivateTargets": {
        "Type": "String",
        "Default": "",
        "Description": "Hosts of webhooks and links that may be private: host or host:port[=address:port], with commas",
    },
    "MissingMinutes": {
        "Type": "String",
        "Default": "15",
        "Description": "Minutes that a sealed mail may be without an end before the sweep looks for it",
    },
    "BacklogMessages": {
        "Type": "Number",
        "Default": 100,
        "MinValue": 1,
        "Description": "Messages that wait in one queue before its backlog alarm",
    },
    "BacklogSeconds": {
        "Type": "Number",
        "Default": 900,
        "MinValue": 60,
        "Description": "Age of a queue's oldest message before its alarm",
    },
    "RetentionDays": {
        "Type": "String",
        "Default": "",
        "Description": "Days of mail by account: practice=365,personal=90",
    },
    "OriginalRetentionDays": {
        "Type": "String",
        "Default": "",
        "Description": "The same for the sealed originals alone",
    },
    "GmailHeartbeat": door_alarms.PARAMETER,
    "RateSender": {"Type": "String", "Default": "600:1000", "Description": "Mails a minute and at once, one sender"},
    "RateTotal": {"Type": "String", "Default": "6000:6000", "Description": "Mails a minute and at once, all doors"},
    "SpoolDays": {"Type": "Number", "Default": 30, "MinValue": 15, "Description": "Days that sealed mail is kept"},
}
SETTINGS = {
    "MAILROOM_ACCOUNTS": "Accounts",
    "MAILROOM_GMAIL_ACCOUNT": "GmailAccount",
    "MAILROOM_GMAIL_AUTH": "GmailAuth",
    "MAILROOM_EMAILENGINE_URL": "EmailEngineUrl",
    "MAILROOM_EMAILENGINE_FOLDERS": "EmailEngineFolders",
    "MAILROOM_TELEGRAM_URL": "TelegramUrl",
    "MAILROOM_TELEGRAM_CHAT": "TelegramChat",
    "MAILROOM_TELEGRAM_TOPICS": "TelegramTopics",
    "MAILROOM_LANGUAGE": "Language",
    "MAILROOM_CLASSIFIER": "Classifier",
    "MAILROOM_LLM_MODEL": "LlmModel",
    "MAILROOM_LLM_URL": "LlmUrl",
    "MAILROOM_OFFLOAD_BUCKET": "OffloadBucket",
    "MAILROOM_OFFLOAD_ENDPOINT": "OffloadEndpoint",
    "MAILROOM_OFFLOAD_MAX": "OffloadMax",
    "MAILROOM_PRIVATE_TARGETS": "PrivateTargets",
    "MAILROOM_MISSING_MINUTES": "MissingMinutes",
    "MAILROOM_RETENTION": "RetentionDays",
    "MAILROOM_ORIGINAL_RETENTION": "OriginalRetentionDays",
    "MAILROOM_RATE_SENDER": "RateSender",
    "MAILROOM_RATE_TOTAL": "RateTotal",
    "MAILROOM_BUCKET": "Spool",
    "MAILROOM_KMS_KEY": "SpoolKey",
}
"""Environment variable → the parameter or resource that it refers to."""
NOT_LINTED = {
    "W3005": "DependsOn a queue that the environment refers to anyway: the event source must not hang on a variable",
    "W1033": "an empty SecurityGroupIds, split: the condition InVpc keeps it from being used",
}
"""cfn-lint's rules that the template breaks on purpose, and why; it carries their names for whoever lints it."""


def timeouts() -> dict[str, int]:
    """Function name → time-out in seconds, from the one place that Chalice reads too."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    functions = config["stages"]["mail"]["lambda_functions"]
    return {name: options["lambda_timeout"] for name, options in functions.items()}


def visibility(timeout: int) -> int:
    """Seconds that a received message is hidden, by its function's time-out."""
    return max(VISIBILITY_FACTOR * timeout, math.ceil(CRASH_SECONDS / MAX_RECEIVE_COUNT))


def logical(stage: Stage, kind: str) -> str:
    """CloudFormation's name of a stage's resource."""
    return f"{stage.name.capitalize()}{kind}"


def template() -> dict[str, Any]:
    """The whole merge template."""
    resources = spool() | alarms_topic() | door_alarms.door_alarms() | policies.roles()
    for stage in STAGES:
        resources |= queues(stage, timeouts()[stage.name]) | alarms.of(stage) | consumer(stage)
    resources |= alarms.offload() | alarms.stuck()
    resources |= {name: function(name) for name in ("APIHandler", "Sweep", "Retention")}
    return {
        "Metadata": {"cfn-lint": {"config": {"ignore_checks": list(NOT_LINTED)}}},
        "Parameters": PARAMETERS,
        "Conditions": {
            "HasLayers": _given("LanguageLayers"),
            "InVpc": _given("SubnetIds"),
            "OffloadHere": {
                "Fn::And": [_given("OffloadBucket"), {"Fn::Equals": [{"Ref": "OffloadEndpoint"}, ""]}],
            },
            door_alarms.HEARTBEAT: {"Fn::Equals": [{"Ref": "GmailHeartbeat"}, "yes"]},
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


def spool() -> dict[str, Any]:
    """The sealed spool: its own key, nothing public, TLS only, nothing unsealed, kept for SpoolDays."""
    deny = {"Effect": "Deny", "Principal": "*"}
    everything = {"Fn::Sub": "${Spool.Arn}/*"}
    return {
        "SpoolKey": {
            "Type": "AWS::KMS::Key",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "Description": "Seals the mail that waits in Mailroom's spool",
                "EnableKeyRotation": True,
                "KeyPolicy": policies.key_policy(),
            },
        },
        "Spool": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "ServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": {"Fn::GetAtt": ["SpoolKey", "Arn"]},
                            }
                        }
                    ]
                },
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "LifecycleConfiguration": {
                    "Rules": [{"Id": "spool-days", "Status": "Enabled", "ExpirationInDays": {"Ref": "SpoolDays"}}]
                },
            },
        },
        "SpoolPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Spool"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        deny
                        | {
                            "Sid": "OnlyTls",
                            "Action": "s3:*",
                            "Resource": [{"Fn::GetAtt": ["Spool", "Arn"]}, everything],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        },
                        deny
                        | {
                            "Sid": "OnlySealed",
                            "Action": "s3:PutObject",
                            "Resource": everything,
                            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
                        },
                    ],
                },
            },
        },
    }


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


def consumer(stage: Stage) -> dict[str, Any]:
    """What the packaged route adds to Chalice's function: batch size and partial answers, always together."""
    name = stage.name.capitalize()
    extra = function(name, {"MAILROOM_REPORT_FAILURES": "true"})
    extra["DependsOn"] = [logical(stage, "Queue"), *(["AlarmSubscription"] if stage is ALERT else [])]
    extra["Properties"]["Events"] = {
        f"{name}SqsEventSource": {
            "Properties": {
                "BatchSize": stage.batch,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": stage.concurrency},
            }
        }
    }
    if stage.name == "anonymize":
        layers = {"Fn::If": ["HasLayers", _listed("LanguageLayers"), {"Ref": "AWS::NoValue"}]}
        extra["Properties"]["Layers"] = layers
    return {name: extra}


def function(name: str, more: dict[str, str] | None = None) -> dict[str, Any]:
    """Environment, role and network that every function has."""
    environment: dict[str, Any] = {variable: {"Ref": source} for variable, source in SETTINGS.items()}
    for variable, secret in (("DOOR", DOOR), ("BACKEND", name_of(name))):
        environment[f"MAILROOM_{variable}_SECRET"] = {"Fn::Sub": f"${{SecretPrefix}}/{secret}"}
    for stage in STAGES:
        environment[f"MAILROOM_QUEUE_{stage.name.upper()}"] = {"Ref": logical(stage, "Queue")}
        environment[f"MAILROOM_DLQ_{stage.name.upper()}"] = {"Ref": logical(stage, "Dlq")}
    vpc = {"SubnetIds": _listed("SubnetIds"), "SecurityGroupIds": _listed("SecurityGroupIds")}
    return {
        "Properties": {
            "Role": policies.role_of(name),
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
