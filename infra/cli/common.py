"""What every command shares: expected errors in one line, the running stack or how to start it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.runtime.errors import ConfigurationError, MailroomError
from infra.cli.mailfiles import NoMail
from infra.deploy import DeployFailed
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
