"""Questions about what the roles of a packaged template allow."""

from __future__ import annotations

import re

from chalicelib.core.stages import STAGES
from tests.stack.conftest import Resource, Template, strings

SPOOL = "${Spool.Arn}/"
FILES = "arn:${AWS::Partition}:s3:::${OffloadBucket}/*"
"""The bucket of off-loaded files."""
DEAD_LETTER_QUEUES = {f"{stage.name.capitalize()}Dlq" for stage in STAGES}


def role_of(template: Template, function: str) -> str:
    """Logical id of a function's role."""
    name: str = template.properties(function)["Role"]["Fn::GetAtt"][0]
    return name


def statements(template: Template, function: str) -> list[Resource]:
    """What a function's role says itself; AWS's managed policy for logs and network comes on top."""
    role = template.properties(role_of(template, function))
    said = [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]
    return [statement.get("Fn::If", [None, statement])[1] for statement in said]  # with every condition met


def may(template: Template, function: str) -> set[str]:
    """The actions of a function."""
    return {action for statement in statements(template, function) for action in strings(statement["Action"])}


def resources(template: Template, function: str, action: str) -> set[str]:
    """Names and patterns of the resources on which a function may do something."""
    return {
        text
        for statement in statements(template, function)
        if action in strings(statement["Action"])
        for text in strings(statement["Resource"])
        if text != "Arn"
    }


def secrets_of(template: Template, function: str) -> set[str]:
    """Names of the secrets that a function may read."""
    arns = resources(template, function, "secretsmanager:GetSecretValue")
    pattern = re.compile(r".*:secret:\$\{SecretPrefix\}/([a-z]+)-\?{6}")
    return {found[1] for found in map(pattern.fullmatch, arns) if found} if all(map(pattern.fullmatch, arns)) else arns
