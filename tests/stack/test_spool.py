"""The spool holds raw mail: sealed with the stack's own key, closed to the public, kept when the stack goes."""

from __future__ import annotations

import pytest

from infra.cloudformation.template import DAY, DEAD_RETENTION
from tests.stack.conftest import Template


def test_the_bucket_seals_with_the_stacks_own_key(template: Template) -> None:
    [rule] = template.properties("Spool")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    sealed = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["SpoolKey", "Arn"]}}
    assert rule["ServerSideEncryptionByDefault"] == sealed


def test_nothing_of_the_bucket_is_public(template: Template) -> None:
    block = template.properties("Spool")["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )


@pytest.mark.parametrize(
    ("sid", "action", "condition"),
    [
        ("OnlyTls", "s3:*", {"Bool": {"aws:SecureTransport": "false"}}),
        ("OnlySealed", "s3:PutObject", {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}),
    ],
)
def test_the_bucket_denies(template: Template, sid: str, action: str, condition: object) -> None:
    statements = template.properties("SpoolPolicy")["PolicyDocument"]["Statement"]
    [found] = [statement for statement in statements if statement["Sid"] == sid]
    assert (found["Effect"], found["Principal"]) == ("Deny", "*")
    assert (found["Action"], found["Condition"]) == (action, condition)


@pytest.mark.parametrize("name", ["Spool", "SpoolKey"])
def test_mail_and_its_key_outlive_the_stack(template: Template, name: str) -> None:
    resource = template.resources[name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_key_is_rotated(template: Template) -> None:
    assert template.properties("SpoolKey")["EnableKeyRotation"] is True


def test_sealed_mail_outlives_every_failed_message_that_points_to_it(template: Template) -> None:
    assert template.json["Parameters"]["SpoolDays"]["MinValue"] * DAY > DEAD_RETENTION
