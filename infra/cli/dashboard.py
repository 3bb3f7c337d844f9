"""`mailroom dashboard`: the address of the dashboard, and how to sign in. Prints no token."""

from __future__ import annotations

from pathlib import Path

import click

from infra.cli.common import ON_AWS, expected, running
from infra.cli.parts import ambient
from infra.cloudformation.deploy import outputs
from infra.local.stack import Stack

LOCAL = "one of admin_tokens in {file}"
ELSEWHERE = (
    "one of admin_tokens in the secret of the API:\n"
    "           aws secretsmanager get-secret-value --secret-id mailroom/door --query SecretString --output text"
)


def lines(url: str, token: str) -> list[str]:
    """The address, and what to type there."""
    return [
        f"dashboard  {url.rstrip('/')}/dashboard",
        "name       your own: it is recorded with what you change",
        f"token      {token}",
    ]


@click.command()
@click.option("--open", "browser", is_flag=True, help="Also open it in the browser.")
@ON_AWS
@click.pass_obj
@expected
def dashboard(folder: Path, browser: bool, aws: bool) -> None:
    """Print the address of the dashboard and how to sign in."""
    if aws:
        url, token = outputs(ambient())["EndpointURL"], ELSEWHERE
    else:
        stack = Stack(folder, persist=True)
        url, token = running(stack).api, LOCAL.format(file=stack.folder / "credentials.json")
    shown = lines(url, token)
    click.echo("\n".join(shown))
    if browser:
        click.launch(shown[0].split()[-1])
