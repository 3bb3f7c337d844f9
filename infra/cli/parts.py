"""The deployed stack's own adapters in the operator's hands: its settings, the operator's credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import click

from chalicelib.adapters.aws.session import Aws
from chalicelib.bootstrap.container import Container
from infra.cloudformation.deploy import client, stack_resource
from infra.database.rights import OPERATOR

VARIABLE = "MAILROOM_BACKEND_SECRET"
"""Where a function's configuration names its secret, `<prefix>/<function>`."""


class OperatorAws(Aws):
    """Clients of the environment that a command works on, whatever this process's own variables say."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__()
        self._environment = environment

    def client(self, service: str) -> Any:
        """The client of a service, always the same one."""
        if service not in self._clients:
            self._clients[service] = client(service, self._environment)
        return self._clients[service]


@contextmanager
def parts(environment: Mapping[str, str]) -> Iterator[Container]:
    """The sweep's deployed configuration with the operator's own secret; connections end with the block."""
    name = stack_resource(environment, "Sweep")
    configuration = client("lambda", environment).get_function_configuration(FunctionName=name)
    variables = configuration["Environment"]["Variables"]
    prefix = variables[VARIABLE].rpartition("/")[0]
    made = Container(variables | {VARIABLE: f"{prefix}/{OPERATOR}"})
    made.aws = OperatorAws(environment)
    try:
        yield made
    finally:
        made.aws.close()
        if "database" in vars(made):  # made on first use
            made.database.close()


def ambient() -> dict[str, str]:
    """The AWS environment that the shell's credentials and profile name. Raises `click.UsageError` without a region."""
    region = boto3.session.Session().region_name
    if not region:
        raise click.UsageError("--aws needs a region: set AWS_REGION, AWS_DEFAULT_REGION or AWS_PROFILE")
    return {"AWS_DEFAULT_REGION": region}


def where(environment: Mapping[str, str]) -> str:
    """Which environment a command would change, for a question to the operator."""
    if "AWS_ENDPOINT_URL" in environment:
        return "the stack on this machine"
    account = client("sts", environment).get_caller_identity()["Account"]
    return f"AWS account {account}, region {environment['AWS_DEFAULT_REGION']}"
