"""What every command shares: expected errors in one line, the running stack or how to start it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.errors import ConfigurationError, MailroomError
from infra.cli.mailfiles import NoMail
from infra.cloudformation.deploy import DeployFailed
from infra.local.process import StartFailed
from infra.local.stack import Info, Stack

EXPECTED = (NoMail, DeployFailed, StartFailed, ConfigurationError, MailroomError, BotoCoreError, ClientError)
"""What a user can cause: told in one line, without a trace."""


class NotRunning(click.ClickException):
    """The stack is not there; says how to start it."""

    def __init__(self) -> None:
        super().__init__("Mailroom is not running here. Start it with `make up`.")


def told(command: Callable[..., Any]) -> Callable[..., Any]:
    """Tell expected errors in one line; exit code 1."""

    @wraps(command)
    def safe(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except EXPECTED as error:
            raise click.ClickException(str(error)) from None

    return safe


def running(stack: Stack) -> Info:
    """The running stack's addresses. Raises `NotRunning`."""
    try:
        info = stack.info()
    except (FileNotFoundError, RuntimeError):
        raise NotRunning from None
    if not all(stack.alive().values()):
        raise NotRunning
    return info


def confirm_environment(
    what: str,
    environment: Mapping[str, str],
    *,
    yes: bool,
    dry_run: bool = False,
    always: bool = False,
    named: Callable[[Mapping[str, str]], str] | None = None,
) -> None:
    """Ask before something is changed on AWS, naming account and region (`named` finds them); aborts on no.

    The stack on this machine is changed without asking, unless `always` (what cannot be undone). `environment` are
    the AWS variables of the stack that the command works on.
    """
    if yes or dry_run or not (always or "AWS_ENDPOINT_URL" not in environment):
        return
    if named is None:
        from infra.cli.parts import where as named

    click.confirm(f"{what} in {named(environment)}?", abort=True)
