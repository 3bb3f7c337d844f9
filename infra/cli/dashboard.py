"""`mailroom dashboard`: where the operator's pages are, and how to sign in. Prints no token."""

from __future__ import annotations

from pathlib import Path

import click

from infra.cli.common import running, told
from infra.cli.recovery import on_aws
from infra.local.stack import Stack

LOCAL = "one of admin_tokens in {file}"
ON_AWS = (
    "one of admin_tokens in the doors' secret:\n"
    "           aws secretsmanager get-secret-value --secret-id mailroom/door --query SecretString --output text"
)


def lines(url: str, token: str) -> list[str]:
    """The address, and what to type there."""
    return [
        f"dashboard  {url.rstrip('/')}/dashboard",
        "name       yours: it is recorded with what you change",
        f"token      {token}",
    ]


@click.command()
@click.option("--open", "browser", is_flag=True, help="Also open it in the browser.")
@on_aws
@click.pass_obj
@told
def dashboard(folder: Path, browser: bool, aws: bool) -> None:
    """Where the operator's pages are, and how to sign in."""
    if aws:
        from infra.cli.parts import ambient
        from infra.cloudformation.deploy import outputs

        url, token = outputs(ambient())["EndpointURL"], ON_AWS
    else:
        stack = Stack(folder, persist=True)
        url, token = running(stack).api, LOCAL.format(file=stack.folder / "credentials.json")
    told_lines = lines(url, token)
    click.echo("\n".join(told_lines))
    if browser:
        click.launch(told_lines[0].split()[-1])
