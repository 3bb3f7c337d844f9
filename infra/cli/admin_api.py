"""The operator's routes of a deployed stack, on this machine or on AWS, for the commands that change something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import click
import requests

from infra.cli.common import running
from infra.cloudformation.deploy import outputs
from infra.local.stack import Stack

TIMEOUT = 60


class Caller(Protocol):
    """Asks a route of the API."""

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """HTTP status and the JSON of the answer."""


@dataclass(frozen=True)
class AdminApi:
    """Calls with the operator's token. `environment` are the AWS variables of the stack."""

    url: str
    environment: Mapping[str, str] = field(repr=False)
    token: str = field(repr=False)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """HTTP status and the JSON of the answer. Raises `click.ClickException` where there is none."""
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = requests.request(method, self.url + path, headers=headers, json=body, timeout=TIMEOUT)
            told = answer.json()
        except requests.RequestException as error:
            raise click.ClickException(f"{self.url} does not answer as the API does ({type(error).__name__})") from None
        if not isinstance(told, dict):
            raise click.ClickException(f"{self.url} answers {answer.status_code}, but not as the API does")
        return answer.status_code, told


def admin_api(folder: Path, aws: bool) -> AdminApi:
    """The API of the local stack or, with `aws`, of the one that the shell's AWS credentials name."""
    if not aws:
        info = running(Stack(folder, persist=True))
        return AdminApi(info.api, info.aws, info.credentials["admin_tokens"][0])
    from infra.cli.parts import ambient, parts

    environment = ambient()
    url = outputs(environment)["EndpointURL"].rstrip("/")
    with parts(environment) as made:
        tokens = made.door_secrets.texts("admin_tokens")
    if not tokens:
        raise click.ClickException("the door secret has no admin_tokens: add one")
    return AdminApi(url, environment, tokens[0])


def expect(answer: tuple[int, dict[str, Any]], what: str) -> dict[str, Any]:
    """The body of a good answer. Raises `click.ClickException` that says why it is none."""
    code, told = answer
    if 200 <= code < 300:
        return told
    status = str(told.get("status", f"HTTP {code}"))
    hints = {
        "unauthorized": "the API does not take the admin token of the secret (it reads a new one within five minutes)",
        "try_again": "the API cannot reach what it needs just now: see /ready, then try again",
        "version_conflict": f"the rules were changed meanwhile, version {told.get('version')} is in force: "
        "look at it (`mailroom rules show`) and make your change again",
        "unknown_rules": "there is no such version: see `mailroom rules history`",
        "too_large": f"more than the {told.get('limit')} bytes that the API takes",
        "invalid_field": f"the API does not take the field {told.get('field')}",
        "internal_error": f"a bug: the logs know {told.get('correlation_id')}",
    }
    raise click.ClickException(f"{what}: {hints.get(status, status)}")
