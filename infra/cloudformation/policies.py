"""Who may do what: one role a function, with the rights that its row in the table of functions names and no others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.bootstrap.function_types import Access, Function, Http
from chalicelib.bootstrap.functions import FUNCTIONS
from chalicelib.core.stages import LEDGER, PIPELINE, STAGES, Stage, targets
from infra.database.rights import DOOR


def roles() -> dict[str, Any]:
    """A role for each function."""
    return {role_name(row): _role(_statements(row)) for row in FUNCTIONS}


def role_name(row: Function) -> str:
    """Logical id of a function's role: Chalice's own, so that its role is replaced and none is left over."""
    return "ApiHandlerRole" if isinstance(row.trigger, Http) else f"{row.logical}Role"


def role_of(row: Function) -> dict[str, Any]:
    """Reference to a function's role."""
    return {"Fn::GetAtt": [role_name(row), "Arn"]}


def key_policy() -> dict[str, Any]:
    """The account administers the key; who may use it is in the roles."""
    root = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    statement = {"Sid": "Account", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _statements(row: Function) -> list[dict[str, Any]]:
    statements = [_secrets(DOOR, row.name) if isinstance(row.trigger, Http) else _secrets(row.name)]
    sends = set(row.access.sends)
    to_dead: list[Stage] = []
    if row.stage:
        receive = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
        statements.append(_allow(receive, _queue(row.stage)))
        # To itself goes the copy of a message that waits for an open breaker.
        sends |= {row.name, *(following.name for following in targets(row.name))}
        sends |= {LEDGER} if row.stage in PIPELINE else set()  # the note of a quarantine
        to_dead.append(row.stage)
    if sends:
        queues = [_queue(stage) for stage in STAGES if stage.name in sends]
        statements.append(_allow(["sqs:SendMessage"], [*queues, *map(_dlq, to_dead)]))
    return [*statements, *_spool(row.access), *_operations(row.access)]


def _spool(access: Access) -> Iterable[dict[str, Any]]:
    """Rights on the spool's folders, with those on bucket and key that they need."""
    reads, writes, deletes = access.reads, access.writes, access.deletes
    for action, folders in (("s3:GetObject", reads), ("s3:PutObject", writes), ("s3:DeleteObject", deletes)):
        if folders:
            yield _allow([action], [_objects(folder) for folder in folders])
    if reads or writes or deletes:
        # Without it S3 answers 403 and not 404 for an object that is gone: a mail would be retried for days.
        yield _allow(["s3:ListBucket"], {"Fn::GetAtt": ["Spool", "Arn"]})
    if keys := [*(["kms:GenerateDataKey"] if writes else []), *(["kms:Decrypt"] if reads else [])]:
        yield _allow(keys, {"Fn::GetAtt": ["SpoolKey", "Arn"]})


def _operations(access: Access) -> Iterable[dict[str, Any]]:
    queues, dlqs = [_queue(stage) for stage in STAGES], [_dlq(stage) for stage in STAGES]
    if access.depths:
        yield _allow(["sqs:GetQueueAttributes"], [*queues, *dlqs])
        yield _allow(["cloudwatch:GetMetricData"], "*")  # knows no resources
    if access.dead_letters:
        take = ["sqs:DeleteMessage", "sqs:StartMessageMoveTask"] if access.dead_letters == "take" else []
        yield _allow(["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", *take], dlqs)
    if access.models:
        models = ["arn:aws:bedrock:*::foundation-model/*", "arn:aws:bedrock:*:*:inference-profile/*"]
        yield _allow(["bedrock:InvokeModel"], models)
    if access.files:
        # GetObject is what asking for a file's size needs.
        bucket = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${OffloadBucket}/*"}
        files = _allow(["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"], bucket)
        yield {"Fn::If": ["OffloadHere", files, {"Ref": "AWS::NoValue"}]}


def _role(statements: list[dict[str, Any]]) -> dict[str, Any]:
    base = "arn:${AWS::Partition}:iam::aws:policy/service-role/"
    managed = {
        "Fn::If": [
            "InVpc",
            {"Fn::Sub": f"{base}AWSLambdaVPCAccessExecutionRole"},
            {"Fn::Sub": f"{base}AWSLambdaBasicExecutionRole"},
        ]
    }
    assume = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assume]},
            "ManagedPolicyArns": [managed],
            "Policies": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}],
        },
    }


def _allow(actions: list[str], resource: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _secrets(*names: str) -> dict[str, Any]:
    """Its own secret. The six characters are those that Secrets Manager puts behind a name."""
    arn = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${SecretPrefix}/%s-??????"
    return _allow(["secretsmanager:GetSecretValue"], [{"Fn::Sub": arn % name} for name in names])


def _queue(stage: Stage) -> dict[str, Any]:
    return {"Fn::GetAtt": [f"{stage.name.capitalize()}Queue", "Arn"]}


def _dlq(stage: Stage) -> dict[str, Any]:
    return {"Fn::GetAtt": [f"{stage.name.capitalize()}Dlq", "Arn"]}


def _objects(folder: str) -> dict[str, Any]:
    return {"Fn::Sub": "${Spool.Arn}/" + (folder if folder == "*" else f"{folder}/*")}
