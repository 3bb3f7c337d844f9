"""What every command shares: its options, errors in sentences, the running stack, the question before a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click
import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from requests import RequestException

from chalicelib.core.errors import ConfigurationError, MailroomError
from infra.cli.codes import sentence
from infra.cli.parts import ambient, where
from infra.cloudformation.deploy import DeployFailed
from infra.local.folders import NotOurs
from infra.local.interrupt import CODE as INTERRUPTED
from infra.local.process import StartFailed
from infra.local.stack import Info, Stack

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
ON_AWS = click.option("--aws", is_flag=True, help="Use the stack in the current AWS profile, not the local one.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
YES = click.option("--yes", is_flag=True, help="Skip confirmation.")
AUTHOR = click.option(
    "--author", envvar="USER", default="operator", show_default="$USER", help="Record this name with the change."
)


class NotRunning(click.ClickException):
    """There is no running stack; says how to start one."""

    def __init__(self) -> None:
        super().__init__("Mailroom is not running here. Start it with `mailroom up`, or name its --folder.")


class Interrupted(click.ClickException):
    """The operator pressed Ctrl-C; the text says what remains."""

    exit_code = INTERRUPTED


def changing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that changes something: `author`, `dry_run`, `yes`."""
    return AUTHOR(DRY_RUN(YES(command)))


def expected(command: Callable[..., Any]) -> Callable[..., Any]:
    """Report what a user can cause, and Ctrl-C, in a sentence instead of a traceback; exit codes 1, 2 and 130."""

    @wraps(command)
    def safe(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            raise Interrupted("Interrupted. Run the command again to continue.") from None
        except MailroomError as error:
            raise click.ClickException(sentence(error.code)) from None
        except NotOurs as error:
            raise click.UsageError(str(error)) from None
        except (DeployFailed, StartFailed, ConfigurationError, BotoCoreError, ClientError) as error:
            raise click.ClickException(str(error)) from None
        except psycopg.Error as error:
            raise click.ClickException(f"PostgreSQL reports: {first_line(error)}") from None
        except BrokenPipeError:
            raise  # click ends quietly when nobody reads the output any more
        except RequestException as error:  # an OSError too
            raise click.ClickException(f"The API does not answer ({type(error).__name__}).") from None
        except OSError as error:
            raise click.ClickException(
                ": ".join(filter(None, (error.filename, error.strerror or str(error))))
            ) from None

    return safe


def first_line(error: Exception) -> str:
    """The first line of a message, which may have many."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def running(stack: Stack) -> Info:
    """The running stack's addresses. Raises `NotRunning`."""
    try:
        info = stack.info()
    except (FileNotFoundError, RuntimeError):
        raise NotRunning from None
    if not all(stack.alive().values()):
        raise NotRunning
    return info


def environment(folder: Path, aws: bool) -> dict[str, str]:
    """The AWS variables of the stack that a command works on. Raises `NotRunning`, `click.UsageError`."""
    return ambient() if aws else running(Stack(folder, persist=True)).aws


def confirm_environment(
    what: str,
    environment: Mapping[str, str],
    *,
    yes: bool,
    dry_run: bool = False,
    always: bool = False,
    named: Callable[[Mapping[str, str]], str] = where,
) -> None:
    """Ask before a change on AWS, naming the account and the region (`named` finds them); abort on no.

    The stack on this machine is changed without a question, unless `always` (for what cannot be undone).
    `environment` are the AWS variables of the stack that the command works on.
    """
    if yes or dry_run or not (always or "AWS_ENDPOINT_URL" not in environment):
        return
    click.confirm(f"{what} in {named(environment)}?", abort=True)
