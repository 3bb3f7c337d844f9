"""The secret as the emulator's Secrets Manager keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.adapters.aws.session import Aws
from chalicelib.core.errors import ConfigurationError
from infra.local.servers import Emulator
from tests.aws_at import aws_at


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Iterator[Aws]:
    with aws_at(emulator.url, ["secretsmanager"], secret=emulator.secret) as aws:
        yield aws


def test_a_stored_secret_is_read_by_its_arn(aws: Aws) -> None:
    stored = aws.client("secretsmanager").create_secret(Name="contract", SecretString='{"key": "é", "keys": ["a"]}')
    secrets = Secrets(aws.client, stored["ARN"])
    assert (secrets.text("key"), secrets.texts("keys")) == ("é", ("a",))


def test_a_secret_that_is_not_there_is_a_broken_set_up(aws: Aws) -> None:
    with pytest.raises(ConfigurationError):
        Secrets(aws.client, "arn:aws:secretsmanager:us-east-1:000000000000:secret:none-abcdef").text("key")
