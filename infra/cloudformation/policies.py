"""Who may do what: one role a function, with the rights that its code uses and no others."""

from __future__ import annotations

from typing import Any

from chalicelib.core.spool_keys import EVERYTHING, UPLOADS
from chalicelib.core.stages import PIPELINE, SIDE, STAGES, Stage, targets
from infra.database.rights import API, DOOR, name_of

REPAIRED = ("anonymize", "store", *(stage.name for stage in SIDE))
"""The stages that the sweep sends to: lost mail to the first, notes to the ledger's, overdue webhooks beside them."""


def roles() -> dict[str, Any]:
    """A role for the API, for each stage and for each schedule."""
    queues, dlqs = [_queue(stage) for stage in STAGES], [_dlq(stage) for stage in STAGES]
    counted = _allow(["sqs:GetQueueAttributes"], [*queues, *dlqs])
    aged = _allow(["cloudwatch:GetMetricData"], "*")  # knows no resources
    look = ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"]
    api = [
        _allow(["sqs:SendMessage"], queues),  # the doors to the first stage, the operator's redrive to each
        counted,
        aged,
        _allow([*look, "sqs:DeleteMessage", "sqs:StartMessageMoveTask"], dlqs),
        _allow(["s3:PutObject"], [_objects("sealed/*"), _objects("uploads/*")]),  # a presigned PUT is the door's own
        _bucket(),
        _secrets(DOOR, API),
        _key("kms:GenerateDataKey"),
    ]
    sweep = [
        _secrets(name_of("Sweep")),
        counted,
        aged,
        _allow(look, dlqs),
        _allow(["sqs:SendMessage"], [_queue(stage) for stage in STAGES if stage.name in REPAIRED]),
        # Header lines only are read, and S3 cannot grant the first bytes of an object alone.
        _allow(["s3:GetObject"], _objects("sealed/*")),
        _bucket(),
        _key("kms:Decrypt"),
    ]
    retention = [
        _secrets(name_of("Retention")),
        _allow(["s3:DeleteObject"], [_objects(f"{prefix}/*") for prefix in (*EVERYTHING, UPLOADS)]),
        _bucket(),
    ]
    reconcile = [
        _secrets(name_of("Reconcile")),
        _allow(["sqs:SendMessage"], _queue(PIPELINE[0])),
        # It asks whether a mail is sealed already, and S3 cannot grant that without its content.
        _allow(["s3:PutObject", "s3:GetObject"], _objects("sealed/*")),
        _bucket(),
        _key("kms:GenerateDataKey", "kms:Decrypt"),
    ]
    made = {"APIHandler": api, "Sweep": sweep, "Retention": retention, "Reconcile": reconcile}
    made |= {stage.name.capitalize(): _stage(stage) for stage in STAGES}
    return {role_name(function): _role(statements) for function, statements in made.items()}


def role_name(function: str) -> str:
    """Logical id of a function's role: Chalice's own, so that its role is replaced and none is left over."""
    return {"APIHandler": "ApiHandlerRole"}.get(function, f"{function}Role")


def role_of(function: str) -> dict[str, Any]:
    """Reference to a function's role."""
    return {"Fn::GetAtt": [role_name(function), "Arn"]}


def key_policy() -> dict[str, Any]:
    """The account administers the key; who may use it is in the roles."""
    root = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    statement = {"Sid": "Account", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _stage(stage: Stage) -> list[dict[str, Any]]:
    receive = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
    sends = [_dlq(stage), _queue(stage)]  # itself: the copy of a message that waits for an open breaker
    sends += [_queue(following) for following in targets(stage.name)]
    if stage in PIPELINE and stage.name != "store":
        sends.append(_queue(next(s for s in PIPELINE if s.name == "store")))  # the note of a quarantine
    statements = [_allow(receive, _queue(stage)), _allow(["sqs:SendMessage"], sends), _secrets(stage.name)]
    if stage.name == "anonymize":
        statements += [_allow(["s3:PutObject"], [_objects("fetched/*"), _objects("text/*"), _objects("links/*")])]
        statements += [_allow(["s3:GetObject"], [_objects("sealed/*"), _objects("uploads/*"), _objects("fetched/*")])]
        statements += [_bucket()]
        statements += [_key("kms:GenerateDataKey", "kms:Decrypt")]
    if stage.name == "classify":
        models = ["arn:aws:bedrock:*::foundation-model/*", "arn:aws:bedrock:*:*:inference-profile/*"]
        statements += [_allow(["s3:GetObject"], _objects("text/*")), _bucket(), _key("kms:Decrypt")]
        statements += [_allow(["bedrock:InvokeModel"], models)]
    if stage.name == "store":
        statements += [_allow(["s3:GetObject"], _objects("*")), _bucket(), _key("kms:Decrypt")]
    if stage.name == "offload":
        statements += [_allow(["s3:GetObject"], _objects("links/*")), _bucket(), _key("kms:Decrypt")]
        statements += [{"Fn::If": ["OffloadHere", _files(), {"Ref": "AWS::NoValue"}]}]
    return statements


def _files() -> dict[str, Any]:
    """The off-load bucket, where it is one of this account; GetObject is what asking for a file's size needs."""
    bucket = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${OffloadBucket}/*"}
    return _allow(["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"], bucket)


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


def _bucket() -> dict[str, Any]:
    """Without it S3 answers 403 and not 404 for an object that is gone: a mail would be retried for days."""
    return _allow(["s3:ListBucket"], {"Fn::GetAtt": ["Spool", "Arn"]})


def _key(*actions: str) -> dict[str, Any]:
    return _allow(list(actions), {"Fn::GetAtt": ["SpoolKey", "Arn"]})


def _queue(stage: Stage) -> dict[str, Any]:
    return {"Fn::GetAtt": [f"{stage.name.capitalize()}Queue", "Arn"]}


def _dlq(stage: Stage) -> dict[str, Any]:
    return {"Fn::GetAtt": [f"{stage.name.capitalize()}Dlq", "Arn"]}


def _objects(pattern: str) -> dict[str, Any]:
    return {"Fn::Sub": f"${{Spool.Arn}}/{pattern}"}
