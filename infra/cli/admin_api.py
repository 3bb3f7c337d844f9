"""The API's routes for operators, of the local stack or of one on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import click
import requests

from infra.cli.codes import sentence
from infra.cli.common import running
from infra.cli.parts import ambient, parts
from infra.cloudformation.deploy import outputs
from infra.local.stack import Stack

TIMEOUT = 60
TRACE = "trace_id"
"""Where the trace id of a failed answer is added to its JSON."""


class Caller(Protocol):
    """Calls a route of the API."""

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
        silent = f"{self.url} does not answer as the API does"
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = requests.request(method, self.url + path, headers=headers, json=body, timeout=TIMEOUT)
            content = answer.json()
        except requests.RequestException as error:
            raise click.ClickException(f"{silent} ({type(error).__name__}).") from None
        if not isinstance(content, dict):
            raise click.ClickException(f"{silent} (HTTP {answer.status_code}).")
        if not answer.ok:
            content |= {TRACE: answer.headers.get("X-Correlation-Id", "")}
        return answer.status_code, content


def admin_api(folder: Path, aws: bool) -> AdminApi:
    """The API of the local stack or, with `aws`, of the one in the current AWS profile."""
    if not aws:
        info = running(Stack(folder, persist=True))
        return AdminApi(info.api, info.aws, info.credentials["admin_tokens"][0])
    environment = ambient()
    url = outputs(environment)["EndpointURL"].rstrip("/")
    with parts(environment) as made:
        tokens = made.door_secrets.texts("admin_tokens")
    if not tokens:
        raise click.ClickException("The secret of the API has no admin_tokens: add one.")
    return AdminApi(url, environment, tokens[0])


def expect(answer: tuple[int, dict[str, Any]], what: str) -> dict[str, Any]:
    """The body of a good answer. Raises `click.ClickException`: `what`, why, and what to do."""
    code, body = answer
    if 200 <= code < 300:
        return body
    status = str(body.get("status", f"http_{code}"))
    details = (("field", "field"), ("limit", "limit"), ("version", "version in force"), ("unknown", "ids"))
    named = "; ".join(f"{label}: {shown(body[name])}" for name, label in details if body.get(name) is not None)
    trace = str(body.get("correlation_id") or body.get(TRACE) or "")
    parts = [f"{what}: {sentence(status, trace)}", f"({named})" if named else ""]
    if status == "internal_error" and trace:
        parts.append(f"The trace id is {trace}.")
    raise click.ClickException(" ".join(filter(None, parts)))


def shown(value: Any) -> str:
    """A detail of an answer as text."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
