"""The sealed spool's part of the template."""

from __future__ import annotations

from typing import Any

from infra.cloudformation import policies


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
