"""`mailroom`: the operator's one command."""

from __future__ import annotations

from pathlib import Path

import click

from chalicelib import __version__
from infra.cli.groups import WIDTH, LazyGroup

ROOT = Path(__file__).resolve().parents[2]
PLACES = {
    "On this machine": {
        "demo": "demo:demo",
        "up": "local:up",
        "restart": "local:restart",
        "down": "local:down",
        "send": "send:send",
        "anonymize": "anonymize:anonymize",
    },
    "Watch": {
        "status": "local:status",
        "logs": "logs:logs",
        "dashboard": "dashboard:dashboard",
        "settings": "local:settings",
    },
    "Prove and recover": {
        "verify": "proof:verify",
        "reconcile": "reconcile:reconcile",
        "dlq": "dead_letters:dlq",
        "reconsider": "excluded:reconsider",
    },
    "Change": {
        "rules": "rules:rules",
        "flag": "flags:flag",
    },
    "Personal data": {
        "retention": "retention:retention",
        "export": "person:export",
        "erase": "person:erase",
    },
    "Deploy": {
        "migrate": "migrate:migrate",
        "secrets": "secrets:secrets_group",
        "package": "package:package",
    },
}


@click.group(
    cls=LazyGroup,
    places=PLACES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
)
@click.version_option(__version__, "--version", "-V", message="%(prog)s %(version)s")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=ROOT / ".mailroom" / "up",
    envvar="MAILROOM_FOLDER",
    show_default="the project's .mailroom/up",
    help="Use the local stack whose data is in this folder.",
)
@click.pass_context
def mailroom(context: click.Context, folder: Path) -> None:
    """Run and operate Mailroom, on this machine or, with --aws, in the current AWS profile.

    Mailroom takes in every mail, applies your rules, removes personal data, classifies, stores and notifies.
    `mailroom COMMAND --help` explains each command.
    """
    context.obj = folder
