"""Deploys the packaged template through CloudFormation: the same two AWS CLI calls for AWS and the laptop."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from infra.local.patience import scaled

STACK = "mailroom"
TIMEOUT = 900


class DeployFailed(RuntimeError):
    """CloudFormation refused; the text is its own."""


def deploy(template: Path, bucket: str, parameters: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """Upload the zip, then create or update the stack. Idempotent. Raises `DeployFailed`.

    `environment` carries the AWS variables (for the emulator: the endpoint); `bucket` is for the zip.
    """
    packaged = template.with_name("packaged.json")
    upload = ["--template-file", str(template), "--s3-bucket", bucket, "--use-json"]
    _aws(["cloudformation", "package", *upload, "--output-template-file", str(packaged)], environment)
    overrides = template.with_name("parameters.json")
    overrides.write_text(json.dumps([f"{name}={value}" for name, value in sorted(parameters.items())]))
    what = ["--template-file", str(packaged), "--stack-name", STACK, "--s3-bucket", bucket]
    how = ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--no-fail-on-empty-changeset"]
    _aws(["cloudformation", "deploy", *what, *how, "--parameter-overrides", f"file://{overrides}"], environment)


def outputs(environment: Mapping[str, str]) -> dict[str, str]:
    """The stack's outputs by name."""
    stacks = client("cloudformation", environment).describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}


def stack_resource(environment: Mapping[str, str], logical: str) -> str:
    """The physical name of one of the stack's resources."""
    cloudformation = client("cloudformation", environment)
    detail = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical)
    physical: str = detail["StackResourceDetail"]["PhysicalResourceId"]
    return physical


def client(service: str, environment: Mapping[str, str], timeout: float = 90) -> Any:
    """A boto3 client for an AWS environment given as variables, whatever this process's own ones say."""
    files = environment.get("AWS_CONFIG_FILE"), environment.get("AWS_SHARED_CREDENTIALS_FILE")
    return _session(*files).client(
        service,
        endpoint_url=environment.get("AWS_ENDPOINT_URL"),
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=environment.get("AWS_SESSION_TOKEN"),
        config=Config(read_timeout=timeout, retries={"total_max_attempts": 1}),
    )


@functools.cache
def _session(config_file: str | None, credentials_file: str | None) -> boto3.Session:
    """Where an environment names its own files, this process's profile and its home folder's files do not count."""
    if config_file is None:
        return boto3.Session()
    session = botocore.session.Session({"profile": (None, None, None, None)})
    session.set_config_variable("config_file", config_file)
    session.set_config_variable("credentials_file", credentials_file)
    return boto3.Session(botocore_session=session)


def _aws(arguments: list[str], environment: Mapping[str, str]) -> None:
    command = [str(Path(sys.executable).parent / "aws"), *arguments]
    merged = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")} | dict(environment)
    limit = scaled(TIMEOUT)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=merged | {"AWS_PAGER": ""}, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        raise DeployFailed(f"aws {' '.join(arguments[:2])} did not end within {limit:.0f} seconds") from None
    if done.returncode:
        raise DeployFailed(f"aws {' '.join(arguments[:2])} failed:\n{done.stdout}{done.stderr}".strip())
